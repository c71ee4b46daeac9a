package ollama

import (
	"bytes"
	"net/http"
	"testing"

	"sluice/core"
	"sluice/core/internal/frame"
)

func FuzzResponse(f *testing.F) {
	f.Add([]byte(`{"model":"m","created_at":"x","message":{"content":"a","thinking":"t","tool_calls":[{"function":{"name":"f","arguments":[]}}]},"done":true,"eval_count":-1}`))
	f.Add([]byte(`{"error":{"message":7}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		x := Codec{}.Raw(nil)
		if e := x.DecodeError(500, http.Header{}, body); e == nil {
			t.Fatal("no error")
		}
		if r, err := x.DecodeResponse(body); err == nil && (len(r.Choices) != 1 || r.Choices[0].Finish.Reason == "") {
			t.Fatalf("%s gives %+v", body, r)
		}
	})
}

// A stream ends with an error or says why it stopped, never both or neither.
func FuzzStream(f *testing.F) {
	f.Add([]byte("{\"message\":{\"content\":\"a\"}}\n{\"message\":{\"thinking\":\"b\",\"tool_calls\":[{\"function\":{\"name\":\"f\"}}]}}\n{\"done\":true,\"done_reason\":\"stop\"}\n"))
	f.Add([]byte("{\"error\":\"x\"}"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		done, failed := 0, false
		for e, err := range core.Events(frame.NDJSON(bytes.NewReader(raw), 0), Codec{}.Raw(nil).DecodeStream()) {
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
