package logs

import (
	"strings"
	"testing"

	"sluice/core/llm"
	"sluice/core/store/memstore"
	"sluice/core/usage"
)

// BenchmarkWrite stores a record without bodies, and with bodies of a chat of
// some kilobytes in each way to keep them.
func BenchmarkWrite(b *testing.B) {
	request := `{"model":"gpt-4o","messages":[{"role":"user","content":"` + strings.Repeat("Tell me about rivers. ", 200) + `"}]}`
	for _, keep := range []usage.Keep{usage.KeepNone, usage.KeepFull, usage.KeepRedacted} {
		b.Run(string(keep), func(b *testing.B) {
			b.ReportAllocs()
			s := New(memstore.New(), Options{Keep: keep})
			r := record("w", at(0))
			r.Operation = llm.Generate
			r.Exchange = exchange(request, "")
			r.Exchange.Response = body("text/event-stream", sse(strings.Repeat("A river is water. ", 60), 5))
			for b.Loop() {
				if err := s.Write(b.Context(), r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
