package legacy

import (
	"testing"

	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/frame"
	"sluice/core/llm"
)

func TestFixtures(t *testing.T) {
	t.Parallel()
	dialecttest.Run(t, dialecttest.Codec{Out: anyone{AI21}, Frames: frame.SSE})
}

// anyone reads the answer of whichever service has sent it: no two have the
// same members.
type anyone struct{ Codec }

func (a anyone) Raw(body []byte) dialect.Exchange { return anyAnswer{a.Codec.Raw(body)} }

type anyAnswer struct{ dialect.Exchange }

func (anyAnswer) DecodeResponse(body []byte) (r *llm.Response, err error) {
	for _, c := range []Codec{AI21, PaLM, RekaChat, Bytez, Reka} {
		if r, err = c.Raw(nil).DecodeResponse(body); err == nil {
			return r, nil
		}
	}
	return nil, err
}
