package gemini

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
	jsonvalue "sluice/core/internal/json"
	"sluice/core/llm"
)

// A request that can be read can be written for every model, always in the
// same bytes, and read again.
func FuzzRequest(f *testing.F) {
	dialecttest.Seed(f, "request.json")
	f.Add([]byte(`{"contents":[{"parts":[{},{"text":null},{"inlineData":{}},{"functionCall":{}},{"functionResponse":{}},{"fileData":{}}]},null],"tools":[{},{"functionDeclarations":{}}],"toolConfig":{"functionCallingConfig":{}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for range (Codec{}).Texts(core.Incoming{Body: body}) {
		}
		_, _ = CountBody(body, "google", pro25)
		r, err := Codec{}.DecodeRequest(core.Incoming{Body: body, Model: pro3})
		if err != nil {
			return
		}
		for _, d := range []llm.Dialect{llm.Gemini, llm.OpenAIChat, llm.Anthropic} {
			for _, to := range []dialect.Target{google(pro3), vertex(pro25), google(pro15)} {
				own := *r
				own.Native.Dialect = d // also as if it had come from elsewhere
				x, err := Codec{}.Prepare(&own, to)
				if err != nil {
					continue
				}
				again, err := Codec{}.Prepare(&own, to)
				if err != nil || !bytes.Equal(x.Body(), again.Body()) {
					t.Fatalf("%s, then %s (%v)", x.Body(), again.Body(), err)
				}
				if _, err := (Codec{}).DecodeRequest(core.Incoming{Body: x.Body()}); err != nil {
					t.Fatalf("%s became %s, which cannot be read: %v", body, x.Body(), err)
				}
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
			if s.Start < end || s.End > len(body) || jsonvalue.Value(body[s.Start:s.End]).Kind() != '"' || !jsonvalue.Valid(body[s.Start:s.End]) {
				t.Fatalf("%+v is no text of %s", s, body)
			}
			if end = s.End; s.Surface == "" {
				t.Fatalf("a text of %s has no surface", body)
			}
		}
	})
}

// Bringing names into camelCase keeps a body valid, and happens once.
func FuzzCamelCase(f *testing.F) {
	dialecttest.Seed(f, "request.json")
	f.Add([]byte(`{"a_b":{"properties":{"c_d":{"e_f":[{"g__h":1}]}},"_":1,"args":{"x_y":1}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		out := camelCase(body)
		if !jsonvalue.Valid(body) {
			return
		}
		if !json.Valid(out) {
			t.Fatalf("%s became %s", body, out)
		}
		if twice := camelCase(out); !bytes.Equal(twice, out) {
			t.Fatalf("%s became %s, then %s", body, out, twice)
		}
	})
}

// An answer that can be read can be written, and then says the same.
func FuzzResponse(f *testing.F) {
	dialecttest.Seed(f, "response.json")
	f.Add([]byte(`{"candidates":[{"content":{"parts":[{"functionCall":{"args":7}},{"thought":true},{"text":"","thought":true,"thoughtSignature":"c2x1aWNlOg=="}]},"index":-1},null],"usageMetadata":[],"createTime":5}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		Codec{}.Raw(nil).DecodeError(400, http.Header{}, body)
		_, _ = Codec{}.DecodeCountTokens(body)
		r, err := Codec{}.Raw(nil).DecodeResponse(body)
		if err != nil || !jsonvalue.Valid(body) { // an object whose names stand twice is no residue
			return
		}
		one, err := Codec{}.EncodeResponse(r, dialect.Options{})
		if err != nil {
			t.Fatalf("%s cannot be written: %v", body, err)
		}
		if r, err = (Codec{}).Raw(nil).DecodeResponse(one); err != nil {
			if string(one) == "{}" {
				return // a candidate list of nothing but defaults
			}
			t.Fatalf("%s became %s, which cannot be read: %v", body, one, err)
		}
		if two, err := (Codec{}).EncodeResponse(r, dialect.Options{}); err != nil || !dialecttest.Same(one, two) {
			t.Fatalf("%s became %s, then %s (%v)", body, one, two, err)
		}
	})
}

// A stream gives parts that open once, in order, and end before the finish;
// what is written of it can be read again.
func FuzzStream(f *testing.F) {
	dialecttest.Seed(f, "stream.sse")
	f.Add([]byte("data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\",\"thought\":true,\"thoughtSignature\":\"x\"},{\"functionCall\":{\"name\":\"f\",\"args\":\"x\"}}]},\"index\":-1,\"finishReason\":\"STOP\"}]}\n\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		all, err := events(bytes.NewReader(raw))
		enc, array := Codec{}.EncodeStream(dialect.Options{}), Codec{Array: true}.EncodeStream(dialect.Options{})
		type key struct{ choice, part int }
		open, finished := map[key]bool{}, map[int]bool{}
		var out, list []byte
		for _, e := range all {
			k := key{e.Choice, e.Part}
			switch e.Kind {
			case llm.EventPartStart:
				if open[k] || finished[e.Choice] {
					t.Fatalf("part %v opens twice or late in %s", k, raw)
				}
				open[k] = true
			case llm.EventText, llm.EventReasoning, llm.EventArguments, llm.EventSignature:
				if !open[k] {
					t.Fatalf("part %v says something before it opens in %s", k, raw)
				}
			case llm.EventPartStop:
				delete(open, k)
			case llm.EventFinish:
				finished[e.Choice] = true
			}
			out, _ = enc.Encode(out, e)
			list, _ = array.Encode(list, e)
		}
		if err != nil {
			return
		}
		if len(open) > 0 {
			t.Fatalf("parts are open at the end of %s", raw)
		}
		list, _ = array.Flush(list)
		if !json.Valid(list) { // names that stand twice in an answer may do so here
			t.Fatalf("%s became %s", raw, list)
		}
		if _, err := events(bytes.NewReader(out)); err != nil {
			t.Fatalf("%s became %s, which cannot be read: %v", raw, out, err)
		}
	})
}
