package openaichat

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
	dialecttest.Seed(f, "request.json", "extensions")
	for _, part := range []string{
		`{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}`, `{"type":"image_url","image_url":"data:,x"}`, `{"type":"file","file":{"file_data":"x","mime_type":"text/plain"}}`,
		`{"type":"thinking","thinking":"x","signature":"s"}`, `{"type":"redacted_thinking","data":"x"}`, `{"type":"refusal","refusal":"x"}`, `{"type":"input_audio","input_audio":{"data":"x","format":"WAV"}}`, `{"type":"a"}`,
	} {
		for _, role := range []string{"user", "assistant", "tool", "system"} {
			f.Add([]byte(`{"messages":[{"role":"` + role + `","tool_call_id":"a","content":[` + part + `]}]}`))
		}
	}
	for _, message := range []string{
		`"reasoning":"x"`, `"reasoning_content":"x"`, `"content_blocks":[]`, `"function_call":{"name":"f"}`, `"tool_calls":[{"id":"a","custom":{"name":"f"}}]`, `"annotations":[{"type":"url_citation","url_citation":{}}]`,
		`"refusal":"x"`, `"cache_control":{}`, `"content":""`,
	} {
		f.Add([]byte(`{"messages":[{"role":"assistant",` + message + `}]}`))
	}
	for _, member := range []string{`"tool_choice":{"type":"x"}`, `"functions":[{"name":"f"}],"function_call":{"name":"f"}`, `"thinking":{"type":"disabled"}`, `"response_format":{"type":"x"}`, `"stop":"x"`, `"stream":true,"stream_options":{}`} {
		f.Add([]byte(`{"messages":[],` + member + `}`))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := dialecttest.ReadRequest(t, Codec{}, body)
		if r == nil {
			return
		}
		dialecttest.Stable(t, Codec{}, Codec{}, r, normalize)
	})
}

func FuzzDecodeResponse(f *testing.F) {
	dialecttest.Seed(f, "response.json", "extensions")
	f.Add([]byte(`{"error":{"message":"x"}}`))
	f.Add([]byte(`{"choices":[{"message":{"content":[{"type":"a"}],"reasoning_details":[{"text":"x"}]}}],"usage":{"prompt_tokens":1}}`))
	f.Add([]byte(`{"choices":[{"index":1,"message":{"content_blocks":[{"type":"thinking"}],"function_call":{}}}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := Codec{}.Raw(nil).DecodeResponse(body)
		if err != nil {
			if _, ok := errors.AsType[*llm.Error](err); !ok {
				t.Fatalf("got %v", err)
			}
			return
		}
		for _, strict := range []bool{true, false} {
			if _, err := (Codec{}).EncodeResponse(r, dialect.Options{Strict: strict}); err != nil {
				t.Fatal(err)
			}
		}
		if u := r.Usage; u != nil && (u.Input < 0 || u.Total() < 0) {
			t.Fatalf("%+v is less than nothing", u)
		}
	})
}

func FuzzDecodeStream(f *testing.F) {
	dialecttest.Seed(f, "stream.sse", "extensions")
	for _, delta := range []string{`"content":"a"`, `"content":[{"type":"thinking","thinking":"a"}]`, `"tool_calls":[{"id":"a"},{"function":{"name":"f"}}]`, `"content_blocks":[{"index":1,"delta":{"text":"a"}}]`, `"function_call":{"arguments":"a"}`, `"annotations":[{"type":"url_citation","url_citation":{"url":"a"}}]`} {
		f.Add([]byte(`data: {"choices":[{"delta":{` + delta + `},"finish_reason":"stop"}]}` + "\n\n"))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		events, err := read(string(stream))
		done := len(events) > 0 && events[len(events)-1].Kind == llm.EventDone
		if (err == nil) != done {
			t.Fatalf("error %v after %d events", err, len(events))
		}
		open := map[[2]int]bool{}
		for _, e := range events {
			at := [2]int{e.Choice, e.Part}
			switch e.Kind {
			case llm.EventPartStart:
				if open[at] {
					t.Fatalf("part %v begins twice", at)
				}
				open[at] = true
			case llm.EventText, llm.EventReasoning, llm.EventArguments, llm.EventRefusal, llm.EventSignature:
				if !open[at] {
					t.Fatalf("%v speaks and is not open", at)
				}
			case llm.EventPartStop:
				if !open[at] {
					t.Fatalf("%v ends and is not open", at)
				}
				delete(open, at)
			}
		}
		if done && len(open) > 0 {
			t.Fatalf("%v are never closed", open)
		}
		dialecttest.Written(t, Codec{}.EncodeStream(dialect.Options{}), events...)
	})
}

func FuzzDecodeError(f *testing.F) {
	dialecttest.Seed(f, "error.", "extensions")
	f.Add([]byte(`<html>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, status := range []int{400, 429, 500} {
			e := Codec{}.Raw(nil).DecodeError(status, http.Header{"Retry-After": {string(body)}}, body)
			e.Provider = "p"
			if out := (Codec{}).EncodeError(e, dialect.Options{}); !json.Valid(out) {
				t.Fatalf("%s became %s", body, out)
			}
		}
	})
}
