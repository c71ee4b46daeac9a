package json

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestMarshalKeepsExactText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		in   any
		want string
	}{
		{"HTML is not escaped", map[string]string{"x": "<a href='b'>&\u2028</a>"}, "{\"x\":\"<a href='b'>&\u2028</a>\"}"},
		{"names are sorted", map[string]int{"b": 1, "a": 2, "c": 3}, `{"a":2,"b":1,"c":3}`},
		{"raw values keep their spelling", struct{ V Value }{Value(`{"id":9223372036854775807, "f":1.50e+2}`)}, `{"V":{"id":9223372036854775807,"f":1.50e+2}}`},
		{"zero values", struct {
			T *float64 `json:"t,omitzero"`
			B *bool    `json:"b,omitzero"`
			N *int     `json:"n,omitzero"`
		}{T: new(0.0), B: new(false)}, `{"t":0,"b":false}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := Marshal(tt.in)
			if err != nil || string(got) != tt.want {
				t.Errorf("got %s, %v; want %s", got, err, tt.want)
			}
			if got, err := Append([]byte("before"), tt.in); err != nil || string(got) != "before"+tt.want {
				t.Errorf("appended: got %s, %v; want %s", got, err, tt.want)
			}
		})
	}
}

func TestOnlyClientsAreReadStrictly(t *testing.T) {
	t.Parallel()
	for _, in := range []string{`{"a":"1","a":"2"}`, "{\"a\":\"\xff\"}"} {
		var strict, loose struct {
			A string `json:"a"`
		}
		if err := Unmarshal([]byte(in), &strict); err == nil {
			t.Errorf("%q was accepted", in)
		}
		if err := UnmarshalLoose([]byte(in), &loose); err != nil || loose.A != "2" && loose.A != "\ufffd" {
			t.Errorf("%q: got %q, %v", in, loose.A, err)
		}
	}
}

func TestElements(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want []string // nil: an error
	}{
		{`[]`, []string{}},
		{` [ 1 ,"a,b" , {"c":[2, 3]},null ] `, []string{`1`, `"a,b"`, `{"c":[2, 3]}`, `null`}},
		{`{}`, nil}, {`[1`, nil}, {`[1,]`, nil}, {`[,1]`, nil}, {``, nil}, {`null`, nil},
	}
	for _, tt := range tests {
		vs, err := Elements([]byte(tt.in))
		if (err == nil) != (tt.want != nil) {
			t.Errorf("%s: got %v, want an error: %v", tt.in, err, tt.want == nil)
		}
		if got := texts(vs); err == nil && !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

func texts(vs []Value) []string {
	out := []string{}
	for _, v := range vs {
		out = append(out, string(v))
	}
	return out
}

func FuzzSplice(f *testing.F) {
	f.Add([]byte(`{"a":1,"model":"x" , "b":[1, 2]}`), "model", "y")
	f.Add([]byte(` { } `), "", "")
	f.Add([]byte(`{"a,":1,"\u0061":{"a":2}}`), "a", "\x00<")
	f.Fuzz(func(t *testing.T, object []byte, name, text string) {
		before, err := Members(object)
		if err != nil || !utf8.ValidString(name) || !utf8.ValidString(text) {
			return
		}
		set, err := Splice(object, Edit{name, Quote(text)})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Pick(set, name); err != nil || Unquote(got[0]) != text {
			t.Errorf("%s: got %s, %v; want %q", set, got, err, text)
		}
		others(t, before, set, name)
		removed, err := Splice(set, Edit{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(Names(removed), name) {
			t.Errorf("%q is still in %s", name, removed)
		}
		others(t, before, removed, name)
	})
}

// others checks that every other member is where and as it was.
func others(t *testing.T, before []Member, object []byte, name string) {
	t.Helper()
	isIt := func(m Member) bool { return m.Name == name }
	after, err := Members(object)
	if err != nil {
		t.Fatalf("%s: %v", object, err)
	}
	same := func(a, b Member) bool { return a.Name == b.Name && bytes.Equal(a.Value, b.Value) }
	if b, a := slices.DeleteFunc(slices.Clone(before), isIt), slices.DeleteFunc(after, isIt); !slices.EqualFunc(b, a, same) {
		t.Errorf("other members changed: got %v, want %v", a, b)
	}
}

func FuzzReaders(f *testing.F) {
	f.Add([]byte(`{"a":[{"b":"x"}, 2 ]}`), "a", "0")
	f.Add([]byte(`[[1],`), "9", "-1")
	f.Add([]byte(`"\ud800"`), "", "")
	f.Fuzz(func(t *testing.T, b []byte, first, second string) {
		if v := Lookup(b, first, second); v != nil && !bytes.Contains(b, v) {
			t.Errorf("%s is not in %s", v, b)
		}
		if !utf8.ValidString(Unquote(b)) {
			t.Errorf("%s becomes broken UTF-8", b)
		}
		if got := Unquote(Quote(first)); got != strings.ToValidUTF8(first, "\ufffd") && utf8.ValidString(first) {
			t.Errorf("got %q, want %q", got, first)
		}
	})
}
