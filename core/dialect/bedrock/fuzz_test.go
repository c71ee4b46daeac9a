package bedrock

import (
	"bytes"
	"net/http"
	"slices"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/frame"
	"sluice/core/internal/golden"
	jsonvalue "sluice/core/internal/json"
	"sluice/core/llm"
)

// seeds returns one section of every fixture that has it.
func seeds(f *testing.F, section string) [][]byte {
	f.Helper()
	var out [][]byte
	for _, name := range []string{
		"request_all_parameters", "request_media", "request_reasoning", "request_tools", "response_tools",
		"stream_reasoning", "stream_server_tool", "stream_tools", "stream_exception",
	} {
		if s := golden.Read(f, "testdata/"+name+".txtar").Get(section); s != nil {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		f.Fatalf("no fixture has a section %s", section)
	}
	return out
}

// A request that can be read can be written for every family, always in the
// same bytes, and read again.
func FuzzRequest(f *testing.F) {
	for _, s := range seeds(f, "request.json") {
		f.Add(s)
	}
	f.Add([]byte(`{"messages":[{"role":"user","content":[{},{"text":null},{"image":{}},{"toolUse":{}},{"toolResult":{}},{"cachePoint":{}}]}],"toolConfig":{"tools":[{}]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for range (Codec{}).Texts(core.Incoming{Body: body}) {
		}
		for _, model := range []string{opus46, novaLite, profile} {
			r, err := Codec{}.DecodeRequest(core.Incoming{Body: body, Model: model})
			if err != nil {
				continue
			}
			for _, d := range []llm.Dialect{llm.Converse, llm.Anthropic} {
				r.Native.Dialect = d // also as if it had come from elsewhere
				x, err := Codec{}.Prepare(r, target(model))
				if err != nil {
					continue
				}
				again, err := Codec{}.Prepare(r, target(model))
				if err != nil || !bytes.Equal(x.Body(), again.Body()) {
					t.Fatalf("%s, then %s (%v)", x.Body(), again.Body(), err)
				}
				if _, err := (Codec{}).DecodeRequest(core.Incoming{Body: x.Body(), Model: model}); err != nil {
					t.Fatalf("%s became %s, which cannot be read: %v", body, x.Body(), err)
				}
			}
		}
	})
}

// Every text of a request is a JSON string of its body.
func FuzzTexts(f *testing.F) {
	for _, s := range seeds(f, "request.json") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		end := 0
		for s := range (Codec{}).Texts(core.Incoming{Body: body}) {
			if s.Start < end || s.End > len(body) || jsonvalue.Value(body[s.Start:s.End]).Kind() != '"' || !jsonvalue.Valid(body[s.Start:s.End]) {
				t.Fatalf("%+v is no text of %s", s, body)
			}
			if end = s.End; s.Surface == "" {
				t.Fatalf("a text of %s has no surface", body)
			}
		}
	})
}

// An answer that can be read can be written, and then says the same.
func FuzzResponse(f *testing.F) {
	for _, s := range seeds(f, "response.json") {
		f.Add(s)
	}
	f.Add([]byte(`{"output":{"message":{"content":[{"toolUse":{"input":"x"}},{"document":{"source":{}}}]}},"stopReason":"x","usage":{}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		Codec{}.Raw(nil).DecodeError(400, http.Header{}, body)
		_, _ = DecodeCount(body)
		r, err := Codec{}.Raw(nil).DecodeResponse(body)
		if err != nil {
			return
		}
		one, err := Codec{}.EncodeResponse(r, dialect.Options{})
		if err != nil {
			t.Fatalf("%s cannot be written: %v", body, err)
		}
		if r, err = (Codec{}).Raw(nil).DecodeResponse(one); err != nil {
			t.Fatalf("%s became %s, which cannot be read: %v", body, one, err)
		}
		if two, err := (Codec{}).EncodeResponse(r, dialect.Options{}); err != nil || !dialecttest.Same(one, two) {
			t.Fatalf("%s became %s, then %s (%v)", body, one, two, err)
		}
	})
}

// A stream gives parts that open once, in order, and end before the finish.
func FuzzStream(f *testing.F) {
	for _, s := range seeds(f, "stream.events") {
		f.Add(s)
	}
	f.Add([]byte(`contentBlockDelta {"contentBlockIndex":-1,"delta":{"reasoningContent":{"redactedContent":"="}}}`))
	f.Fuzz(func(t *testing.T, section []byte) {
		raw := dialecttest.EventStream(t, section)
		enc := Codec{}.EncodeStream(dialect.Options{})
		open, finished := map[int]bool{}, false
		for e, err := range core.Events(frame.EventStream(bytes.NewReader(raw), 0), Codec{}.Raw(nil).DecodeStream()) {
			if err != nil {
				break
			}
			switch e.Kind {
			case llm.EventPartStart:
				if open[e.Part] {
					t.Fatalf("part %d opens twice in %s", e.Part, section)
				}
				open[e.Part] = true
			case llm.EventText, llm.EventReasoning, llm.EventArguments, llm.EventSignature, llm.EventCitation:
				if !open[e.Part] {
					t.Fatalf("part %d says something before it opens in %s", e.Part, section)
				}
			case llm.EventPartStop:
				delete(open, e.Part)
			case llm.EventFinish:
				finished = finished || len(open) == 0
				if !finished {
					t.Fatalf("parts are open at the finish of %s", section)
				}
			}
			out, err := enc.Encode(nil, e)
			if err != nil {
				t.Fatal(err)
			}
			for f, err := range frame.EventStream(bytes.NewReader(out), 0) {
				if err != nil || !slices.Contains([]string{"text", "x"}, f.Event) && len(f.Data) == 0 {
					t.Fatalf("wrote %q (%v)", out, err)
				}
			}
		}
	})
}
