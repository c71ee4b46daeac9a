package anthropic

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/frame"
	"sluice/core/internal/golden"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// seed adds a section of every fixture.
func seed(f *testing.F, section string) {
	f.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, p := range files {
		file := golden.Read(f, p)
		for _, name := range file.Names() {
			if name == section || strings.HasPrefix(name, section) && section == "error." {
				f.Add(file.Get(name))
			}
		}
	}
}

// FuzzDecodeRequest wants no panic, whatever strangers send, and that what is
// accepted can be written for a model of any age as a valid body.
func FuzzDecodeRequest(f *testing.F) {
	seed(f, "request.json")
	f.Fuzz(func(t *testing.T, body []byte) {
		for s := range (Codec{}).Texts(core.Incoming{Body: body}) {
			if s.Start < 0 || s.End > len(body) || !json.Valid(body[s.Start:s.End]) {
				t.Fatalf("the span %+v is no string", s)
			}
		}
		r, err := Codec{}.DecodeRequest(core.Incoming{Body: body})
		if err != nil {
			return
		}
		for _, foreign := range []bool{false, true} {
			if foreign {
				dialecttest.ClearNative(r)
			}
			for _, model := range []string{"", "claude-3-5-haiku-latest", "claude-sonnet-4-5", "claude-opus-5-5"} {
				x, err := Codec{}.Prepare(r, dialect.Target{Model: model})
				if err == nil && !json.Value(x.Body()).IsValid() {
					t.Fatalf("the body for %q is not valid JSON: %s", model, x.Body())
				}
			}
		}
	})
}

func FuzzDecodeResponse(f *testing.F) {
	seed(f, "response.json")
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := Codec{}.Raw(nil).DecodeResponse(body)
		if err != nil {
			return
		}
		b, err := Codec{}.EncodeResponse(r, dialect.Options{})
		if err != nil || !wellFormed(b) {
			t.Fatalf("%v: %s", err, b)
		}
		var events []byte
		enc := Codec{}.EncodeStream(dialect.Options{})
		for e := range r.Events() {
			events, _ = enc.Encode(events, e)
		}
		checkFrames(t, events)
	})
}

func FuzzDecodeStream(f *testing.F) {
	seed(f, "stream.sse")
	f.Fuzz(func(t *testing.T, raw []byte) {
		dec := Codec{}.Raw(nil).DecodeStream()
		enc := Codec{}.EncodeStream(dialect.Options{})
		var events []llm.Event
		var out []byte
		for fr, err := range frame.SSE(strings.NewReader(string(raw)), 1<<20) {
			if err != nil {
				break
			}
			if events, err = dec.Decode(events[:0], fr); err != nil {
				out = enc.Error(out, llm.Errorf(llm.Upstream, "%v", err))
				break
			}
			for _, e := range events {
				out, _ = enc.Encode(out, e)
			}
		}
		checkFrames(t, out)
	})
}

// wellFormed is json.Valid for what providers may send: a name may come twice.
func wellFormed(b []byte) bool {
	var v json.Value
	return json.UnmarshalLoose(b, &v) == nil
}

// checkFrames wants every frame to be valid JSON.
func checkFrames(t *testing.T, stream []byte) {
	t.Helper()
	for fr, err := range frame.SSE(strings.NewReader(string(stream)), 0) {
		if err != nil || len(fr.Data) > 0 && !wellFormed(fr.Data) {
			t.Fatalf("%v: %q", err, fr.Data)
		}
	}
}

func FuzzDecodeError(f *testing.F) {
	seed(f, "error.")
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, status := range []int{0, 200, 400, 413, 529} {
			e := Codec{}.Raw(nil).DecodeError(status, http.Header{"Retry-After": {string(body)}}, body)
			if e.HTTPStatus() < 400 || e.Message == "" || e.RetryAfter < 0 {
				t.Fatalf("got %+v", e)
			}
			if b := (Codec{}).EncodeError(e, dialect.Options{}); !json.Valid(b) && e.RawDialect == "" {
				t.Fatalf("not JSON: %s", b)
			}
		}
	})
}
