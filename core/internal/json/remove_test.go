package json

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func paths(t testing.TB, texts ...string) []Path {
	t.Helper()
	var out []Path
	for _, text := range texts {
		p, err := ParsePath(text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		out = append(out, p)
	}
	return out
}

func TestRemoveKeepsEveryOtherByte(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, paths, want string }{
		{"the first member", `{"a":1, "b":2}`, "a", `{ "b":2}`},
		{"one in the middle", `{"a":1 , "b":2, "c":3}`, "b", `{"a":1, "c":3}`},
		{"the last", `{"a":1, "b":2 }`, "b", `{"a":1 }`},
		{"the only one", ` { "a":1 } `, "a", ` { } `},
		{"the first two", `{"a":1,"b":2 , "c":3}`, "a b", `{  "c":3}`},
		{"a nested member", `{"m":{"u":1,"v":2}}`, "m.u", `{"m":{"v":2}}`},
		{"what is not there", `{"m":{"u":1}}`, "m.x x m.u.y m[0]", `{"m":{"u":1}}`},
		{"an element", `{"m":[1, 2 ,3]}`, "m[1]", `{"m":[1 ,3]}`},
		{"elements are counted as they came", `[10,11,12,13]`, "[0] [2]", `[11,13]`},
		{"below an element", `{"t":[{"f":{"s":true,"n":"x"}},{"f":{"s":true}}]}`, "t[0].f.s", `{"t":[{"f":{"n":"x"}},{"f":{"s":true}}]}`},
		{"below every element", `{"t":[{"f":{"s":true,"n":"x"}}, 1 ,{"f":{"s":true}}]}`, "t[*].f.s", `{"t":[{"f":{"n":"x"}}, 1 ,{"f":{}}]}`},
		{"two wildcards", `{"m":[{"c":[{"k":1},{"l":2}]},{"c":"text"},{"c":[{"k":3,"l":4}]}]}`, "m[*].c[*].k", `{"m":[{"c":[{},{"l":2}]},{"c":"text"},{"c":[{"l":4}]}]}`},
		{"every element", `{"s":["a","b"]}`, "s[*]", `{"s":[]}`},
		{"a name with a dot", `{"a.b":1,"a":{"b":2}}`, `["a.b"]`, `{"a":{"b":2}}`},
		{"quoted later", `{"a":{"b":2,"c]":3}}`, `a['c]']`, `{"a":{"b":2}}`},
		{"a number between dots is an index", `{"m":[{"n":1},{"n":2}]}`, "m.1.n", `{"m":[{"n":1},{}]}`},
		{"or a name", `{"m":{"1":{"n":2}}}`, "m.1.n", `{"m":{"1":{}}}`},
		{"a number in brackets is an index only", `{"m":{"1":2}}`, "m[1]", `{"m":{"1":2}}`},
		{"a star between dots", `{"m":[{"n":1}]}`, "m.*.n", `{"m":[{}]}`},
		{"an escaped name", `{"\u0061":1}`, "a", `{}`},
		{"a path through what another one removes", `{"a":{"b":1,"c":2},"d":3}`, "a.b a", `{"d":3}`},
		{"numbers and strings stay as they are", `{"x":1.50e+2,"a":0,"y":"\u00e9 <,>"}`, "a", `{"x":1.50e+2,"y":"\u00e9 <,>"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := Remove(Value(tt.in), paths(t, strings.Fields(tt.paths)...)...)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestNothingRemovedIsTheSameValue(t *testing.T) {
	t.Parallel()
	in := Value(`{"a":[1]}`)
	got, err := Remove(in, paths(t, "b", "a[1]")...)
	if err != nil || &got[0] != &in[0] {
		t.Errorf("%s was copied, %v", got, err)
	}
}

func TestRemoveRefusesBrokenJSON(t *testing.T) {
	t.Parallel()
	for _, in := range []string{``, `{"a":`, `{"a":[1,}`, `[1 2]`, `{"a":1}{`, `{"a" 1}`} {
		if got, err := Remove(Value(in), paths(t, "a[0]", "b")...); err == nil {
			t.Errorf("%q became %s", in, got)
		}
	}
}

func TestMalformedPathsAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", ".", ".a", "a.", "a..b", "a[", "a[]", "a[x]", "a[-1]", "a[01]", "a[1", `a["b`, `a["b"`, "a]b", "a[0]b", "a.[0]"} {
		if p, err := ParsePath(text); err == nil {
			t.Errorf("%q was read as %+v", text, p)
		}
	}
}

func TestMemberOfTheOutermostObject(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"a": "a", `["a.b"]`: "a.b", "a.b": "", "[0]": "", "*": ""} {
		if got, ok := paths(t, text)[0].Member(); got != want || ok != (want != "") {
			t.Errorf("%s: %q, %v", text, got, ok)
		}
	}
}

// FuzzRemove holds one pass with several paths against decoding: what is left
// is valid, has nothing at the paths, and nothing else has changed.
func FuzzRemove(f *testing.F) {
	f.Add([]byte(`{"m":[{"r":"a"},{"r":"b","s":[1]}],"x":null}`))
	f.Add([]byte(` {"x" : 1 , "y":2, "m":[ ]} `))
	f.Add([]byte(`{"m":{"x":{"r":null}},"m2":[[]]}`))
	all := paths(f, "m[*].r", "x", "y.z", "m[1].s[0]")
	f.Fuzz(func(t *testing.T, in []byte) {
		out, err := Remove(in, all...)
		if Valid(in) != (err == nil) {
			t.Fatalf("%s: %v", in, err)
		}
		if err != nil {
			return
		}
		want := Value(in)
		for _, p := range [][]string{{"m", "*", "r"}, {"x"}, {"y", "z"}} {
			if want, err = Rewrite(want, p, func(Value) Value { return nil }); err != nil {
				t.Fatal(err)
			}
		}
		if Value(in).Kind() == '{' && Lookup(in, "m", "1", "s", "0") == nil && Lookup(in, "m").Kind() != '{' && !bytes.Equal(compacted(out), compacted(want)) {
			t.Fatalf("%s became %s, want %s", in, out, want)
		}
		again, err := Remove(slices.Clone(out), paths(t, "m[*].r", "x", "y.z")...)
		if err != nil || !bytes.Equal(again, out) {
			t.Fatalf("%s became %s, and then %s, %v", in, out, again, err)
		}
	})
}

func compacted(v Value) Value {
	v = v.Clone()
	_ = v.Compact()
	return v
}

func BenchmarkRemoveFromABigBody(b *testing.B) {
	body := Value(`{"image":"` + strings.Repeat("QUJD", 1<<20) + `","tools":[{"strict":true,"name":"x"}],"logprobs":true}`)
	all := paths(b, "tools[*].strict", "logprobs", "messages[*].content[*].cache_control")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Remove(body, all...); err != nil {
			b.Fatal(err)
		}
	}
}
