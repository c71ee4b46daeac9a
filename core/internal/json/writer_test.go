package json

import "testing"

func TestWriterSeparatesWhatItWrites(t *testing.T) {
	t.Parallel()
	n, yes := int64(-7), true
	w := NewWriter("{")
	w.Str("s", "a\"b")
	w.StrIf("absent", "")
	w.Nullable("null", "")
	w.Nullable("text", "x")
	w.Open("in", '{')
	w.Int("n", n)
	w.IntIf("m", &n)
	w.IntIf("absent", nil)
	w.Close('}')
	w.Bool("f", false)
	w.BoolIf("t", &yes)
	w.BoolIf("absent", nil)
	w.Array("a", []Value{Value("1"), Value(`"2"`)})
	w.Open("list", '[')
	w.Open("", '{')
	w.Close('}')
	w.Element(Value("1.50"))
	w.Close(']')
	w.Raw("absent", nil)
	w.Splice(Value(` { "x" : 1 , "y":2 } `))
	w.Splice(Value(`{}`))
	w.Splice(Value(`[1]`))
	w.Rest(ObjectOf(Value(`{"model":"m","z":[]}`)), "model")
	w.Close('}')
	const want = `{"s":"a\"b","null":null,"text":"x","in":{"n":-7,"m":-7},"f":false,"t":true,"a":[1,"2"],` +
		`"list":[{},1.50],"x" : 1 , "y":2,"z":[]}`
	if got := string(w.B); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestJoin(t *testing.T) {
	t.Parallel()
	tests := []struct {
		rest  string
		extra []Member
		want  string
	}{
		{``, nil, ``},
		{`{}`, []Member{Named("absent", nil)}, ``},
		{`{ "a":1}`, nil, `{ "a":1}`},
		{`{"a":1}`, []Member{Named("b", Value("2")), Named("absent", nil)}, `{"b":2,"a":1}`},
		{``, []Member{Named("b", Value("null")), Named("c", Value(`""`))}, `{"b":null,"c":""}`},
	}
	for _, tt := range tests {
		if got := Join(Value(tt.rest), tt.extra...); string(got) != tt.want {
			t.Errorf("%s with %v: got %s, want %s", tt.rest, tt.extra, got, tt.want)
		}
	}
}

func TestObjectOf(t *testing.T) {
	t.Parallel()
	o := ObjectOf(Value(`{"a":null,"b":{"c":1}}`))
	if got := string(o.Get("b")); got != `{"c":1}` || o.Get("c") != nil {
		t.Errorf("b is %s, c is %s", got, o.Get("c"))
	}
	if !o.Has("a") || o.Has("c") || !o.IsNull("a") || o.IsNull("b") || o.IsNull("c") {
		t.Errorf("members of %v are not told apart", o)
	}
	for _, in := range []string{``, `[]`, `null`, `{"a":1`} {
		if got := ObjectOf(Value(in)); got != nil {
			t.Errorf("%q: got %v", in, got)
		}
	}
}

func TestObjectsChangeInPlace(t *testing.T) {
	t.Parallel()
	o := ObjectOf(Value(` { "a" : 1, "b":2,"c":{} } `))
	o.Add("a", Value("9"))
	o.Add("d", Value("4"))
	o.Add("none", nil)
	o.Set("b", Value(`"two"`))
	o.Set("e", Value("null"))
	if got := o.Remove("a"); string(got) != "1" || o.Remove("a") != nil {
		t.Errorf("removed %s", got)
	}
	if got, want := string(o.Value()), `{"b":"two","c":{},"d":4,"e":null}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if o := ObjectOf(Value("{}")); o == nil || o.Value() != nil {
		t.Errorf("an empty object is %v, written as %s", o, o.Value())
	}
}
