package anthropic

import (
	"testing"

	"sluice/core/dialect"
	"sluice/core/internal/frame"
	"sluice/core/llm"
)

// decodeFrames decodes events of a stream, given as their data.
func decodeFrames(t testing.TB, x dialect.Exchange, data ...string) []llm.Event {
	t.Helper()
	dec := x.DecodeStream()
	var events []llm.Event
	var err error
	for _, d := range data {
		if events, err = dec.Decode(events, frame.Frame{Data: []byte(d)}); err != nil {
			t.Fatalf("%s: %v", d, err)
		}
	}
	return events
}
