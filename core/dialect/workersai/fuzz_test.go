package workersai

import (
	"bytes"
	"net/http"
	"testing"

	"sluice/core"
	"sluice/core/internal/frame"
)

func FuzzResponse(f *testing.F) {
	f.Add([]byte(`{"result":{"response":{"a":[1]},"tool_calls":[{"name":"f","arguments":{}},{"function":{"name":"g","arguments":"{"}}]},"success":true}`))
	f.Add([]byte(`{"result":{"choices":[{"message":{"content":[],"tool_calls":[{}]}}],"usage":{"prompt_tokens":-1,"prompt_tokens_details":{"cached_tokens":9}}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		x := Codec{}.Raw(nil)
		if x.DecodeError(400, http.Header{}, body) == nil {
			t.Fatal("no error")
		}
		r, err := x.DecodeResponse(body)
		if err != nil {
			return
		}
		for _, c := range r.Choices {
			if c.Finish.Reason == "" {
				t.Fatalf("%s gives no reason", body)
			}
		}
		if u := r.Usage; u != nil && (u.Input < 0 || u.CacheRead < 0 || u.Output < 0) {
			t.Fatalf("%s gives %+v", body, u)
		}
	})
}

// A stream ends with an error or says why it stopped, never both or neither.
func FuzzStream(f *testing.F) {
	f.Add([]byte("data: {\"response\":\"a\",\"tool_calls\":[{\"name\":\"f\"}]}\n\ndata: [DONE]\n\n"))
	f.Add([]byte("data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":-1,\"function\":{\"name\":\"f\"}}]},\"finish_reason\":\"x\"}]}\n\ndata: [DONE]\n\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		done, failed := 0, false
		for e, err := range core.Events(frame.SSE(bytes.NewReader(raw), 0), Codec{}.Raw(nil).DecodeStream()) {
			failed = failed || err != nil
			if err == nil && e.Finish.Reason != "" {
				done++
			}
		}
		if !failed && done != 1 || done > 1 {
			t.Fatalf("%q: %d ends, failed %v", raw, done, failed)
		}
	})
}
