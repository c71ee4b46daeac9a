package json

import (
	"strings"
	"testing"
)

func TestRewriteKeepsEveryOtherByte(t *testing.T) {
	t.Parallel()
	quoted := func(text string) func(Value) Value {
		return func(Value) Value { return Quote(text) }
	}
	remove := func(Value) Value { return nil }
	tests := []struct {
		name, in, path string
		f              func(Value) Value
		want           string
	}{
		{"a member of each element", ` { "m" : [ {"r":"a", "x": 1} , {"r" : "a"} ,{"y":0}] , "z": 1.50 }`, "m.*.r", quoted("b"),
			` { "m" : [ {"r":"b", "x": 1} , {"r" : "b"} ,{"y":0}] , "z": 1.50 }`},
		{"an element", "[1,\n2 ,3]", "*", quoted("x"), "[\"x\",\n\"x\" ,\"x\"]"},
		{"every member of an object", `{"a":{"k":1},"b":{"k":2}}`, "*.k", quoted("x"), `{"a":{"k":"x"},"b":{"k":"x"}}`},
		{"removed members", `{"m":[{"n":1,"r":"u"},{"r":"u", "n":2},{"n":3}]}`, "m.*.n", remove, `{"m":[{"r":"u"},{"r":"u"},{}]}`},
		{"elements stay", `[1,2]`, "*", remove, `[1,2]`},
		{"absent", `{"m":[{"r":1}]}`, "m.*.q", quoted("x"), `{"m":[{"r":1}]}`},
		{"another shape", `{"m":{"r":"a"},"q":"text"}`, "q.*.r", quoted("x"), `{"m":{"r":"a"},"q":"text"}`},
		{"an array where a name is wanted", `{"m":[1]}`, "m.0", quoted("x"), `{"m":[1]}`},
		{"an escaped name", `{"\u006d":[{"r":"a"}]}`, "m.*.r", quoted("b"), `{"\u006d":[{"r":"b"}]}`},
		{"commas inside strings", `{"m":["a,b" , ", ", "c"]}`, "m.*", func(v Value) Value {
			if Unquote(v) == "c" {
				return Quote("d")
			}
			return v
		}, `{"m":["a,b" , ", ", "d"]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Rewrite(Value(tt.in), strings.Split(tt.path, "."), tt.f)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestRewriteRefusesBrokenJSON(t *testing.T) {
	t.Parallel()
	for _, in := range []string{`{"a":`, `{"a":[1,}`, `[1 2]`} {
		if _, err := Rewrite(Value(in), []string{"*", "*"}, func(v Value) Value { return v }); err == nil {
			t.Errorf("%q was accepted", in)
		}
	}
}

func FuzzRewrite(f *testing.F) {
	f.Add([]byte(`{"m":[{"r":"a"},{"r":"b"}]}`))
	f.Add([]byte(` [ {"r" : [1,2]} , 3 ] `))
	f.Add([]byte(`{"m":{"x":{"r":null}}}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		if !Valid(in) {
			return
		}
		same, err := Rewrite(in, []string{"m", "*", "r"}, func(v Value) Value { return v })
		if err != nil || string(same) != string(in) {
			t.Fatalf("changing nothing gave %s, %v", same, err)
		}
		out, err := Rewrite(in, []string{"*", "*"}, func(Value) Value { return Value("0") })
		if err != nil || !Valid(out) {
			t.Fatalf("%s became %s, %v", in, out, err)
		}
	})
}
