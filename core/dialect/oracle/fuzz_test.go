package oracle

import (
	"bytes"
	"net/http"
	"testing"

	"sluice/core"
	"sluice/core/internal/frame"
)

func FuzzResponse(f *testing.F) {
	f.Add([]byte(`{"chatResponse":{"choices":[{"message":{"content":[{"type":"TEXT","text":"a"}],"toolCalls":[{"name":"f"}]}}],"usage":{"promptTokens":-1,"promptTokensDetails":{"cachedTokens":3}}}}`))
	f.Add([]byte(`{"chatResponse":{"text":"a","finishReason":"ERROR_TOXIC"}}`))
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
		if u := r.Usage; u != nil && (u.Input < 0 || u.CacheRead < 0 || u.Output < u.Reasoning) {
			t.Fatalf("%s gives %+v", body, u)
		}
	})
}

// A stream ends with an error, or each of its choices says once why it ends.
func FuzzStream(f *testing.F) {
	f.Add([]byte("data: {\"index\":1,\"message\":{\"content\":[{\"text\":\"a\"}],\"toolCalls\":[{\"arguments\":\"x\"}]}}\n\ndata: {\"index\":1,\"finishReason\":\"stop\"}\n\n"))
	f.Add([]byte("data: {\"text\":\"a\"}\n\ndata: {\"text\":\"a\",\"finishReason\":\"COMPLETE\",\"toolCalls\":[{\"name\":\"f\"}]}\n\ndata: [DONE]\n\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		ends := map[int]int{}
		failed := false
		for e, err := range core.Events(frame.SSE(bytes.NewReader(raw), 0), Codec{}.Raw(nil).DecodeStream()) {
			failed = failed || err != nil
			if err == nil && e.Finish.Reason != "" {
				ends[e.Choice]++
			}
		}
		for c, n := range ends {
			if n > 1 {
				t.Fatalf("%q: choice %d ends %d times", raw, c, n)
			}
		}
		if !failed && len(ends) == 0 {
			t.Fatalf("%q ends without a word", raw)
		}
	})
}
