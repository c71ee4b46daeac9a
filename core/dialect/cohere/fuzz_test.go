package cohere

import (
	"bytes"
	"net/http"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/frame"
	jsonvalue "sluice/core/internal/json"
	"sluice/core/llm"
)

// A request that can be read can be written, always in the same bytes, and
// read again: also as if it had come from elsewhere.
func FuzzRequest(f *testing.F) {
	dialecttest.Seed(f, "request.json")
	f.Add([]byte(`{"messages":[{"role":"user","content":[{"type":"x"},{"type":"text","text":"","document":null}]},{"role":"assistant"}],"documents":[{"data":""},""],"tools":[]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := Codec{}.DecodeRequest(core.Incoming{Body: body})
		if err != nil {
			return
		}
		for _, d := range []llm.Dialect{llm.Cohere, llm.OpenAIChat, llm.Anthropic} {
			own := *r
			own.Native.Dialect = d
			x, err := Codec{}.Prepare(&own, dialect.Target{})
			if err != nil {
				continue
			}
			again, err := Codec{}.Prepare(&own, dialect.Target{})
			if err != nil || !bytes.Equal(x.Body(), again.Body()) {
				t.Fatalf("%s, then %s (%v)", x.Body(), again.Body(), err)
			}
			if _, err := (Codec{}).DecodeRequest(core.Incoming{Body: x.Body()}); err != nil {
				t.Fatalf("%s became %s, which cannot be read: %v", body, x.Body(), err)
			}
		}
	})
}

// Every text of a request is a JSON string of its body.
func FuzzTexts(f *testing.F) {
	dialecttest.Seed(f, "request.json")
	f.Fuzz(func(t *testing.T, body []byte) {
		end := 0
		for s := range (Codec{}).Texts(core.Incoming{Body: body}) {
			if s.Start < end || s.End > len(body) || !jsonvalue.Valid(body[s.Start:s.End]) || body[s.Start] != '"' || s.Surface == "" {
				t.Fatalf("%+v is no text of %s", s, body)
			}
			end = s.End
		}
	})
}

// An answer that can be read can be written, and then says the same.
func FuzzResponse(f *testing.F) {
	dialecttest.Seed(f, "response.json")
	f.Add([]byte(`{"message":{"content":"x","tool_plan":"","tool_calls":[{}],"citations":[{}]},"usage":{"tokens":{"input_tokens":1e99}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		Codec{}.Raw(nil).DecodeError(400, http.Header{}, body)
		r, err := Codec{}.Raw(nil).DecodeResponse(body)
		if err != nil || !jsonvalue.Valid(body) { // an object whose names stand twice is no residue
			return
		}
		for _, p := range r.Choices[0].Parts { // an id that is missing is made up anew each time
			if c, ok := p.(*llm.ToolCall); ok && c.ID == "" {
				return
			}
		}
		if r.ID == "" {
			return
		}
		one := encoded(t, r)
		if r, err = (Codec{}).Raw(nil).DecodeResponse(one); err != nil {
			t.Fatalf("%s became %s, which cannot be read: %v", body, one, err)
		}
		if two := encoded(t, r); !dialecttest.Same(one, two) {
			t.Fatalf("%s became %s, then %s", body, one, two)
		}
	})
}

func encoded(t *testing.T, r *llm.Response) []byte {
	t.Helper()
	b, err := Codec{}.EncodeResponse(r, dialect.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A stream gives parts that open once, in order, and end before the finish;
// what is written of it can be read again.
func FuzzStream(f *testing.F) {
	dialecttest.Seed(f, "stream.sse")
	f.Add([]byte("data: {\"type\":\"tool-call-delta\",\"index\":3,\"delta\":{\"message\":{\"tool_calls\":{\"function\":{\"arguments\":\"x\"}}}}}\n\ndata: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"COMPLETE\"}}\n\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var open = map[int]bool{}
		var out []byte
		enc := Codec{}.EncodeStream(dialect.Options{})
		for e, err := range core.Events(frame.SSE(bytes.NewReader(raw), 0), Codec{}.Raw(nil).DecodeStream()) {
			if err != nil {
				return
			}
			switch e.Kind {
			case llm.EventPartStart:
				if open[e.Part] {
					t.Fatalf("part %d opens twice in %s", e.Part, raw)
				}
				open[e.Part] = true
			case llm.EventText, llm.EventReasoning, llm.EventArguments, llm.EventSignature:
				if !open[e.Part] {
					t.Fatalf("part %d says something while it is closed in %s", e.Part, raw)
				}
			case llm.EventPartStop:
				delete(open, e.Part)
			}
			out, _ = enc.Encode(out, e)
		}
		if len(open) > 0 {
			t.Fatalf("parts are open at the end of %s", raw)
		}
		for _, err := range core.Events(frame.SSE(bytes.NewReader(out), 0), Codec{}.Raw(nil).DecodeStream()) {
			if err != nil {
				t.Fatalf("%s became %s, which cannot be read: %v", raw, out, err)
			}
		}
	})
}
