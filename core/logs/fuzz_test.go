package logs

import (
	"bytes"
	"testing"

	"sluice/core/guard"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/usage"
)

// FuzzBodies keeps anything as a body of any kind: what is stored is text, no
// longer than it may be, stays JSON if it was, and has no address that stood
// in one of its strings.
func FuzzBodies(f *testing.F) {
	for _, s := range []string{
		`{"a":["\u0061@b.example",{"b":1e3}],"c":null}`, `{"embedding":[1,2,3.5],"x":"`, "data: {\"a\":\"x\"}\n\ndata: [DONE]\n\n", "{}\n[1]\n", `[{"t":"a@b"},{"t":".example"}]`, `{"\`, "\xff", `:,]}"`,
	} {
		for kind := range kinds {
			f.Add(uint8(kind), []byte(s), true)
			f.Add(uint8(kind), []byte(s), false)
		}
	}
	f.Fuzz(func(t *testing.T, kind uint8, data []byte, redacted bool) {
		keep := usage.KeepFull
		if redacted {
			keep = usage.KeepRedacted
		}
		r := &usage.Record{Operation: llm.Generate, Exchange: &usage.Exchange{Body: usage.Body{Type: kinds[int(kind)%len(kinds)], Bytes: data, Size: int64(len(data))}}}
		before := bytes.Clone(data)
		got := kept(r, keep, 1<<20).Body.Text
		if !bytes.Equal(before, data) {
			t.Error("the body itself was changed")
		}
		if isJSON(data) && json.Valid(data) && int(kind)%len(kinds) == 0 && !json.Valid([]byte(got)) {
			t.Errorf("%q became %q", data, got)
		}
		if !redacted || int(kind)%len(kinds) != 0 || !isJSON(data) {
			return
		}
		for _, l := range scan([]byte(got)).leaves {
			if again := guard.NewRedactor().Clean(l.member, l.text); bytes.Contains([]byte(again), []byte("[EMAIL_1]")) && !bytes.Contains([]byte(l.text), []byte("[EMAIL_")) {
				t.Errorf("%q still has an address: %q", got, l.text)
			}
		}
	})
}

var kinds = []string{"application/json", "text/event-stream", "application/x-ndjson", "application/vnd.amazon.eventstream", ""}

// FuzzScan finds leaves in anything: in order, within it, and apart.
func FuzzScan(f *testing.F) {
	f.Add([]byte(`{"a":[1,"b\"",{"c":-2.5e1}],"d":tru`))
	f.Add([]byte(`"\`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, at := scan(data), 0
		for _, l := range s.leaves {
			if l.start < at || l.end <= l.start || l.end > len(data) {
				t.Fatalf("%q: a leaf from %d to %d behind %d", data, l.start, l.end, at)
			}
			at = l.end
		}
		for _, v := range s.vectors {
			if v.start < 0 || v.end > len(data) || data[v.start] != '[' {
				t.Fatalf("%q: a list from %d to %d", data, v.start, v.end)
			}
		}
	})
}
