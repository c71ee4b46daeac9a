package openairesponses

import (
	"errors"
	"net/http"
	"testing"

	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func FuzzDecodeRequest(f *testing.F) {
	dialecttest.Seed(f, "request.json")
	for _, item := range []string{
		`{"role":"user","content":[{"type":"input_image","image_url":"data:,x"}]}`, `{"role":"user","content":[{"type":"input_file","file_data":"x","file_id":7}]}`,
		`{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"x"}}]}`, `{"role":"assistant","content":[{"type":"output_text","text":"x","annotations":[7]}]}`,
		`{"type":"reasoning","summary":null,"content":[{}],"encrypted_content":"sluice:a:r:b"}`, `{"type":"function_call","call_id":"a","name":"f","arguments":{"x":1},"namespace":""}`,
		`{"type":"function_call_output","call_id":"a","output":[{"type":"x"}]}`, `{"type":"x","output":{}}`,
	} {
		f.Add([]byte(`{"input":[` + item + `]}`))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := dialecttest.ReadRequest(t, Codec{}, body)
		if r == nil {
			return
		}
		if _, _, err := Leave(r); err != nil {
			if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.Unsupported {
				t.Fatalf("got %v", err)
			}
		}
		dialecttest.Stable(t, Codec{}, Codec{}, r, normalize)
	})
}

func FuzzDecodeResponse(f *testing.F) {
	dialecttest.Seed(f, "response.json")
	f.Add([]byte(`{"output":[{"type":"message"},{},{"type":"function_call"},{"type":"reasoning","summary":"x"},{"type":"function_call_output"}],"usage":{"input_tokens":-1}}`))
	f.Add([]byte(`{"output":[{"role":"","content":[{"type":"text","annotations":[{"url":0},{"type":"url_citation","url":"u","title":7}]}]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := Codec{}.Raw(nil).DecodeResponse(body)
		if err != nil {
			if _, ok := errors.AsType[*llm.Error](err); !ok {
				t.Fatalf("got %v", err)
			}
			return
		}
		out, err := Codec{}.EncodeResponse(r, dialect.Options{})
		var v json.Value // members that a provider has sent twice go on
		if err != nil || json.UnmarshalLoose(out, &v) != nil {
			t.Fatalf("%s became %s, %v", body, out, err)
		}
		if u := r.Usage; u != nil && (u.Input < 0 || u.Total() < 0) {
			t.Fatalf("%+v is less than nothing", u)
		}
	})
}

func FuzzDecodeStream(f *testing.F) {
	dialecttest.Seed(f, "stream.sse")
	for _, data := range []string{
		`{"type":"response.output_text.annotation.added","annotation":{"type":"x"}}`, `{"type":"response.content_part.done","part":{"type":"refusal","refusal":"x"}}`,
		`{"type":"response.output_item.done","item":{"type":"message","content":[{"type":"x"},{"type":"output_text","text":"y"}]}}`,
	} {
		f.Add([]byte("data: " + data + "\n\ndata: {\"type\":\"response.completed\"}\n\n"))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		events, err := read(string(stream))
		done := len(events) > 0 && events[len(events)-1].Kind == llm.EventDone
		if (err == nil) != done {
			t.Fatalf("error %v after %d events", err, len(events))
		}
		orderly(t, events)
		if done {
			dialecttest.Written(t, Codec{}.EncodeStream(dialect.Options{}), events...)
		}
	})
}

func FuzzDecodeError(f *testing.F) {
	dialecttest.Seed(f, "error.")
	f.Add([]byte(`<html>`))
	f.Add([]byte(`{"response":{"error":"x"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, status := range []int{0, 400, 429, 500} {
			e := Codec{}.Raw(nil).DecodeError(status, http.Header{"Retry-After": {string(body)}}, body)
			e.Provider = "p"
			if out := (Codec{}).EncodeError(e, dialect.Options{}); !json.Valid(out) {
				t.Fatalf("%s became %s", body, out)
			}
			if out := (Codec{}).EncodeStream(dialect.Options{}).Error(nil, e); len(out) == 0 {
				t.Fatalf("%s became nothing", body)
			}
		}
	})
}
