package upstream

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/internal/frame"
	"sluice/core/internal/redact"
	"sluice/core/llm"
)

// gossip is a codec that quotes what it cannot read.
type gossip struct{ err error }

func (g gossip) DecodeResponse([]byte) (*llm.Response, error)               { return nil, g.err }
func (g gossip) DecodeStream() core.StreamDecoder                           { return g }
func (g gossip) Decode(dst []llm.Event, _ frame.Frame) ([]llm.Event, error) { return dst, g.err }
func (g gossip) Flush(dst []llm.Event) ([]llm.Event, error)                 { return dst, g.err }

func TestWhatACodecQuotesIsHidden(t *testing.T) {
	t.Parallel()
	const key = "CANARY-0123"
	known := &llm.Error{Kind: llm.Upstream, Message: "key " + key, Raw: []byte(`{"key":"` + key + `"}`), Err: errors.New(key)}
	for _, err := range []error{known, fmt.Errorf("choice 1: %w", known), errors.New("unexpected " + key), nil} {
		d := discreet{gossip{err}, redact.New(key)}
		stream := d.DecodeStream()
		var all [3]error
		_, all[0] = d.DecodeResponse(nil)
		_, all[1] = stream.Decode(nil, frame.Frame{})
		_, all[2] = stream.Flush(nil)
		for _, got := range all {
			if (got == nil) != (err == nil) {
				t.Errorf("%v became %v", err, got)
			}
			if got == nil {
				continue
			}
			text := got.Error()
			e, ok := errors.AsType[*llm.Error](got)
			if ok {
				text += string(e.Raw)
			}
			if strings.Contains(text, key) || ok && e.Kind != llm.Upstream || ok != (errors.Is(err, known)) {
				t.Errorf("%v became %v", err, got)
			}
		}
	}
	if !strings.Contains(known.Error(), key) || !strings.Contains(string(known.Raw), key) {
		t.Error("the codec's own error was changed")
	}
}
