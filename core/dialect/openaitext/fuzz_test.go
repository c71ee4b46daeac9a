package openaitext

import (
	"bytes"
	"errors"
	"net/http"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A request that can be read can be written, says the same when it is read
// again, and either leaves its dialect or says why not.
func FuzzDecodeRequest(f *testing.F) {
	dialecttest.Seed(f, "request.json", "extensions")
	f.Add([]byte(`{"prompt":[""],"suffix":"","stream":true,"stream_options":{"x":1}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r := dialecttest.ReadRequest(t, Codec{}, body)
		if r == nil {
			return
		}
		first := prepared(t, r).Body()
		if second := prepared(t, decoded(t, string(first))).Body(); compact(t, first) != compact(t, second) {
			t.Fatalf("%s is not stable:\n%s\n%s", body, first, second)
		}
		out, err := Leave(r)
		if e, ok := errors.AsType[*llm.Error](err); err != nil && (!ok || e.HTTPStatus() != 400) || err == nil && len(out.Turns) == 0 {
			t.Fatalf("left as %+v, %v", out, err)
		}
	})
}

func FuzzDecodeResponse(f *testing.F) {
	dialecttest.Seed(f, "response.json", "extensions")
	f.Add([]byte(`{"error":{"message":"x"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := Codec{}.Raw(nil).DecodeResponse(body)
		if err != nil {
			if _, ok := errors.AsType[*llm.Error](err); !ok {
				t.Fatalf("got %v", err)
			}
			return
		}
		out, err := Codec{}.EncodeResponse(r, dialect.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := (Codec{}).Raw(nil).DecodeResponse(out); err != nil {
			t.Fatalf("%s became %s: %v", body, out, err)
		}
	})
}

func FuzzDecodeStream(f *testing.F) {
	dialecttest.Seed(f, "stream.sse", "extensions")
	f.Add([]byte("event: error\ndata: x\n\n"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		var events []llm.Event
		var failed error
		for e, err := range core.Events(frame.SSE(bytes.NewReader(stream), 0), Codec{}.Raw(nil).DecodeStream()) {
			if failed = err; err == nil {
				events = append(events, e)
			}
		}
		done := len(events) > 0 && events[len(events)-1].Kind == llm.EventDone
		if (failed == nil) != done {
			t.Fatalf("error %v after %d events", failed, len(events))
		}
		if whole := dialecttest.Collect(events); done && len(whole.Choices) == 0 {
			t.Fatal("a whole answer has no choices")
		}
		dialecttest.Written(t, Codec{}.EncodeStream(dialect.Options{IncludeUsage: true}), events...)
	})
}

func FuzzDecodeError(f *testing.F) {
	dialecttest.Seed(f, "error.", "extensions")
	f.Fuzz(func(t *testing.T, body []byte) {
		e := Codec{}.Raw(nil).DecodeError(400, http.Header{}, body)
		if out := (Codec{}).EncodeError(e, dialect.Options{}); !json.Valid(out) {
			t.Fatalf("%s became %s", body, out)
		}
	})
}
