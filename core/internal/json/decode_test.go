package json

import (
	"errors"
	"testing"
)

func TestProblemNamesThePlace(t *testing.T) {
	t.Parallel()
	type inner struct {
		Content either `json:"content"`
		N       int    `json:"n"`
	}
	tests := []struct{ name, in, path, what string }{
		{"wrong type", `{"a":[{"n":1},{"n":"x"}]}`, "a[1].n", "must not be a string"},
		{"own words", `{"a":[{"content":7}]}`, "a[0].content", "must be a string"},
		{"range", `{"a":[{"n":99999999999999999999}]}`, "a[0].n", "value out of range"},
		{"fraction", `{"a":[{"n":1.5}]}`, "a[0].n", "must be a whole number"},
		{"not an object", `[]`, "", "must not be an array"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var v struct {
				A []inner `json:"a"`
			}
			path, what := Problem(Unmarshal([]byte(tt.in), &v))
			if path != tt.path || what != tt.what {
				t.Errorf("got %q %q, want %q %q", path, what, tt.path, tt.what)
			}
		})
	}
	if path, what := Problem(errors.New("other")); path != "" || what != "other" {
		t.Errorf("got %q %q for an error of somebody else", path, what)
	}
}

type either string

func (e *either) UnmarshalJSONFrom(d *Decoder) error {
	if d.PeekKind() != '"' {
		return errors.New("must be a string")
	}
	return Decode(d, (*string)(e))
}

func TestDecoderTellsWhereValuesEnd(t *testing.T) {
	t.Parallel()
	in := []byte(` ["x" , "yy"]`)
	d := NewDecoder(in)
	if _, err := d.ReadToken(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"x"`, `"yy"`} {
		v, err := d.ReadValue()
		if err != nil {
			t.Fatal(err)
		}
		end := int(d.InputOffset())
		if got := string(in[end-len(v) : end]); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
