package json

import "testing"

func TestUnknownMembersSurvive(t *testing.T) {
	t.Parallel()
	var v struct {
		A    int   `json:"a"`
		Rest Value `json:",embed"`
	}
	if err := Unmarshal([]byte(`{"a":1,"b":{"c":1.50}}`), &v); err != nil {
		t.Fatal(err)
	}
	got, err := Marshal(v)
	if err != nil || string(got) != `{"a":1,"b":{"c":1.50}}` {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestSpliceKeepsEveryOtherByte(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		edits    []Edit
		want     string
	}{
		{"nothing", `{"a": 1}`, nil, `{"a": 1}`},
		{"replace", `{ "a" : 1 , "model" : "x" , "z":[1, 2] }`, []Edit{{"model", Value(`"y"`)}}, `{ "a" : 1 , "model" : "y" , "z":[1, 2] }`},
		{"add", `{"a":1}`, []Edit{{"b", Value(`2`)}}, `{"a":1,"b":2}`},
		{"add to empty", `{}`, []Edit{{"b", Value(`2`)}}, `{"b":2}`},
		{"remove first", `{"a":1, "b":2}`, []Edit{{"a", nil}}, `{ "b":2}`},
		{"remove last", `{"a":1,"b":2}`, []Edit{{"b", nil}}, `{"a":1}`},
		{"remove all", "{\n\"a\":1\n}", []Edit{{"a", nil}}, "{\n}"},
		{"remove absent", `{"a":1}`, []Edit{{"b", nil}}, `{"a":1}`},
		{"escaped name", `{"mo\u0064el":"x"}`, []Edit{{"model", Value(`"y"`)}}, `{"mo\u0064el":"y"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Splice([]byte(tt.in), tt.edits...)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestLookup(t *testing.T) {
	t.Parallel()
	v := Value(`{"a":[{"b":"x"}, 2 ,"y,z"],"":0}`)
	if got := Lookup(v, "a", "0", "b"); string(got) != `"x"` {
		t.Errorf("got %s", got)
	}
	if got := Lookup(v, "a", "2"); Unquote(got) != "y,z" {
		t.Errorf("got %s", got)
	}
	if got := Lookup(v, "a", "7"); got != nil {
		t.Errorf("got %s", got)
	}
	if got := Lookup(v, ""); string(got) != "0" {
		t.Errorf("got %s", got)
	}
}

func TestPickRefusesWhatIsNotOneObject(t *testing.T) {
	t.Parallel()
	for _, in := range []string{``, `[]`, `{"a":1`, `{"a":1}{`, `{"a":1} 2`, `{"a":1,"a":2}`, "{\"a\":\"\xff\"}", `null`} {
		if _, err := Pick([]byte(in), "a"); err == nil {
			t.Errorf("%q was accepted", in)
		}
	}
}
