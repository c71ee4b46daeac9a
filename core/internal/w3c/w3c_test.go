package w3c

import (
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

const (
	aTrace = "0af7651916cd43dd8448eb211c80319c"
	aSpan  = "b7ad6b7169203331"
	ours   = "00f067aa0ba902b7"
)

func TestTraceparent(t *testing.T) {
	t.Parallel()
	for in, flags := range map[string]string{
		"00-" + aTrace + "-" + aSpan + "-01":         "01",
		"00-" + aTrace + "-" + aSpan + "-00":         "00",
		"00-" + aTrace + "-" + aSpan + "-ff":         "03", // flags that nobody has defined are not handed on
		" 00-" + aTrace + "-" + aSpan + "-01 ":       "01",
		"cc-" + aTrace + "-" + aSpan + "-01":         "01", // of a later version
		"cc-" + aTrace + "-" + aSpan + "-01-what-is": "01",

		"":                                   "",
		"00-" + aTrace + "-" + aSpan:         "",
		"00-" + aTrace + "-" + aSpan + "-1":  "",
		"00-" + aTrace + "-" + aSpan + "-0g": "",
		"00-" + aTrace + "-" + aSpan + "-01-what-is":              "",
		"cc-" + aTrace + "-" + aSpan + "-01.what-is":              "",
		"ff-" + aTrace + "-" + aSpan + "-01":                      "",
		"0x-" + aTrace + "-" + aSpan + "-01":                      "",
		"00-" + strings.ToUpper(aTrace) + "-" + aSpan + "-01":     "",
		"00-" + strings.Repeat("0", 32) + "-" + aSpan + "-01":     "",
		"00-" + aTrace + "-" + strings.Repeat("0", 16) + "-01":    "",
		"00_" + aTrace + "-" + aSpan + "-01":                      "",
		"00-" + aTrace[1:] + "-" + aSpan + "0-01":                 "",
		"00-" + aTrace + "-" + strings.Repeat("é", 8) + "-01":     "",
		"00-" + aTrace + "-" + aSpan + "-01, 00-" + aTrace + "-1": "",
	} {
		p := ParentOf(http.Header{"Traceparent": {in}})
		h := http.Header{}
		p.Set(h, ours)
		want := ""
		if flags != "" {
			want = "00-" + aTrace + "-" + ours + "-" + flags
		}
		if got := h.Get("Traceparent"); got != want || p.IsZero() != (want == "") {
			t.Errorf("%q goes on as %q, want %q", in, got, want)
		}
		if !p.IsZero() && p.Span != aSpan {
			t.Errorf("%q: sent by %q", in, p.Span)
		}
	}
	twice := http.Header{"Traceparent": {"00-" + aTrace + "-" + aSpan + "-01", "00-" + aTrace + "-" + aSpan + "-01"}}
	if !ParentOf(twice).IsZero() {
		t.Error("two parents are taken for one")
	}
}

func TestTracestate(t *testing.T) {
	t.Parallel()
	entries := func(n int) string {
		var all []string
		for i := range n {
			all = append(all, "k"+strconv.Itoa(i)+"=v")
		}
		return strings.Join(all, ",")
	}
	for _, tt := range []struct {
		in   []string
		want string
	}{
		{[]string{"congo=t61rcWkgMzE"}, "congo=t61rcWkgMzE"},
		{[]string{"rojo=1", " tenant@vendor=a b , "}, "rojo=1,tenant@vendor=a b"},
		{[]string{entries(32)}, entries(32)},
		{[]string{entries(33)}, ""},
		{[]string{"a=1,a=2"}, ""},
		{[]string{"A=1"}, ""},
		{[]string{"@a=1"}, ""},
		{[]string{"a"}, ""},
		{[]string{"a="}, ""},
		{[]string{"a=1=2"}, ""},
		{[]string{"a=ü"}, ""},
		{[]string{"a=" + strings.Repeat("x", 257)}, ""},
		{[]string{strings.Repeat("x", 257) + "=1"}, ""},
		{nil, ""},
	} {
		h := http.Header{}
		ParentOf(http.Header{"Traceparent": {"00-" + aTrace + "-" + aSpan + "-01"}, "Tracestate": tt.in}).Set(h, ours)
		if got := h.Get("Tracestate"); got != tt.want {
			t.Errorf("%q goes on as %q, want %q", tt.in, got, tt.want)
		}
	}
	h := http.Header{}
	ParentOf(http.Header{"Traceparent": {"nonsense"}, "Tracestate": {"a=1"}}).Set(h, ours)
	if len(h) > 0 {
		t.Errorf("a state without a parent goes on: %v", h)
	}
}

func TestBaggage(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 3000)
	for _, tt := range []struct {
		in   []string
		want map[string]string
	}{
		{nil, nil},
		{[]string{"userId=Am%C3%A9lie,serverNode=DF%2028;ttl=3", "isProduction = false"}, map[string]string{"userId": "Amélie", "serverNode": "DF 28", "isProduction": "false"}},
		{[]string{"a,=b,c d=e,f=%zz,g=%ff,h=1"}, map[string]string{"h": "1"}},
		{[]string{"a=" + long + ",b=" + long}, map[string]string{"a": long}},
	} {
		if got := Baggage(tt.in); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%.60q is read as %.200v, want %.200v", tt.in, got, tt.want)
		}
	}
	var many []string
	for i := range 200 {
		many = append(many, "k"+strconv.Itoa(i)+"=v")
	}
	if got := Baggage(many); len(got) != maxBaggage {
		t.Errorf("%d entries are kept", len(got))
	}
}

func TestSpansDiffer(t *testing.T) {
	t.Parallel()
	a, b := NewSpan(), NewSpan()
	if a == b || !isID(a) || len(a) != 16 {
		t.Errorf("%q and %q", a, b)
	}
}

// What is handed on is valid, whatever came.
func FuzzParentOf(f *testing.F) {
	f.Add("00-"+aTrace+"-"+aSpan+"-01", "a=1,b@c=2")
	f.Add("cc-"+aTrace+"-"+aSpan+"-01-x", "")
	f.Fuzz(func(t *testing.T, parent, state string) {
		h := http.Header{}
		ParentOf(http.Header{"Traceparent": {parent}, "Tracestate": {state}}).Set(h, ours)
		if len(h) == 0 {
			return
		}
		again := http.Header{}
		ParentOf(h).Set(again, ours)
		if !reflect.DeepEqual(h, again) {
			t.Errorf("%q, %q go on as %v, and that as %v", parent, state, h, again)
		}
	})
}
