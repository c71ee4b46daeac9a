package upstream

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func drops(t testing.TB, texts ...string) []json.Path {
	t.Helper()
	var out []json.Path
	for _, text := range texts {
		p, err := json.ParsePath(text)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

func callOf(op llm.Operation, d llm.Dialect, contentType, body string) *core.Call {
	in := core.Incoming{Header: http.Header{"Content-Type": {contentType}}, Body: []byte(body)}
	in.Model, in.Stream = json.Unquote(json.Lookup(in.Body, "model")), json.Lookup(in.Body, "stream").Kind() == 't'
	return (&core.Call{Incoming: in, Operation: op, Dialect: d}).Prepare()
}

func TestParametersOfATarget(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, defaults, overrides, drops string
		body, want                       string
	}{
		{"a default is set where nothing is", `{"temperature":0.70,"n":1}`, ``, ``, `{"model":"m", "n":2}`, `{"model":"m", "n":2,"temperature":0.70}`},
		{"null is nothing", `{"n":1}`, ``, ``, `{"model":"m","n": null,"x":1}`, `{"model":"m","n": 1,"x":1}`},
		{"false is something", `{"n":true}`, ``, ``, `{"model":"m","n":false}`, `{"model":"m","n":false}`},
		{"defaults are not merged into what is there", `{"metadata":{"a":1}}`, ``, ``, `{"model":"m","metadata":{"b":2}}`, `{"model":"m","metadata":{"b":2}}`},
		{"an override wins", ``, `{"n":3}`, ``, `{"model":"m","n":2}`, `{"model":"m","n":3}`},
		{"an override wins over a default", `{"n":1}`, `{"n":3}`, ``, `{"model":"m"}`, `{"model":"m","n":3}`},
		{"a drop wins over both", `{"a":1}`, `{"b":2}`, `a b c`, `{"model":"m","c":3}`, `{"model":"m"}`},
		{"an override may bring back nothing that is dropped", ``, `{"t":[{"s":true,"n":"x"}]}`, `t[*].s`, `{"model":"m"}`, `{"model":"m","t":[{"n":"x"}]}`},
		{"deep", ``, ``, `tools[*].function.strict metadata.user messages[0].name`,
			`{"model":"m","messages":[{"name":"a","role":"user"},{"name":"b"}],"metadata":{"user":"u","k":"v"},"tools":[{"function":{"strict":true}}]}`,
			`{"model":"m","messages":[{"role":"user"},{"name":"b"}],"metadata":{"k":"v"},"tools":[{"function":{}}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			target := Target{Defaults: json.Value(tt.defaults), Overrides: json.Value(tt.overrides), Drops: drops(t, strings.Fields(tt.drops)...)}
			x := &exchange{target: target, call: callOf(llm.Generate, llm.OpenAIChat, "application/json", tt.body)}
			if err := x.override(); err != nil {
				t.Fatal(err)
			}
			if got := string(x.call.Body); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// Gemini and Bedrock have the model and the kind of answer in the path: both
// can be set, and the body has no place for them.
func TestModelAndStreamAreSetWhereverTheyStand(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                       string
		dialect                    llm.Dialect
		defaults, overrides, drops string
		body, model                string // of the client
		stream                     bool
		wantModel, wantBody        string
		wantStream                 bool
	}{
		{"a default in the body", llm.OpenAIChat, `{"model":"d","stream":true}`, ``, ``, `{}`, "", false, "d", `{"model":"d","stream":true}`, true},
		{"the client's own", llm.OpenAIChat, `{"model":"d","stream":true}`, ``, ``, `{"model":"m","stream":false}`, "m", false, "m", `{"model":"m","stream":false}`, false},
		{"the client's in the path", llm.Gemini, `{"model":"d","stream":true,"x":1}`, ``, ``, `{}`, "m", false, "m", `{"x":1}`, false},
		{"a default where the path has none", llm.Gemini, `{"model":"d"}`, ``, ``, `{}`, "", false, "d", `{}`, false},
		{"overridden in the path", llm.Gemini, ``, `{"model":"o","stream":true}`, ``, `{}`, "m", false, "o", `{}`, true},
		{"no stream", llm.OpenAIChat, ``, ``, `stream`, `{"model":"m","stream":true}`, "m", true, "m", `{"model":"m"}`, false},
		{"a path's stream is not in the body", llm.Gemini, ``, ``, `stream`, `{"stream":1}`, "m", true, "m", `{}`, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := callOf(llm.Generate, tt.dialect, "application/json", tt.body)
			c.Model, c.Stream = tt.model, tt.stream
			x := &exchange{call: c, target: Target{Defaults: json.Value(tt.defaults), Overrides: json.Value(tt.overrides), Drops: drops(t, strings.Fields(tt.drops)...)}}
			if err := x.override(); err != nil {
				t.Fatal(err)
			}
			if got := x.call; got.Model != tt.wantModel || got.Stream != tt.wantStream || string(got.Body) != tt.wantBody {
				t.Errorf("model %q, stream %v, %s", got.Model, got.Stream, got.Body)
			}
			if c.Model != tt.model || c.Stream != tt.stream || string(c.Body) != tt.body {
				t.Error("the call of other targets was changed")
			}
		})
	}
}

func TestParametersOfAForm(t *testing.T) {
	t.Parallel()
	part := func(name, value string) string {
		return "--x\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n"
	}
	body := part("model", "whisper-1") + part("timestamp_granularities[]", "word") + part("timestamp_granularities[]", "segment") + part("file\"; filename=\"a.mp3", "sound") + part("prompt", "p") + "--x--\r\n"
	x := &exchange{
		call: callOf(llm.Transcribe, llm.OpenAIChat, "multipart/form-data; boundary=x", body),
		target: Target{
			Defaults: json.Value(`{"model":"d","language":"de","timestamp_granularities":["word"]}`), Overrides: json.Value(`{"temperature":0.50}`),
			Drops: drops(t, "prompt", "timestamp_granularities", "a.b"),
		},
	}
	if err := x.override(); err != nil {
		t.Fatal(err)
	}
	want := part("temperature", "0.50") + part("language", "de") + part("model", "whisper-1") + part("file\"; filename=\"a.mp3", "sound") + "--x--\r\n"
	if got := string(x.call.Body); got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestWhatIsHandedOnIsChangedOnlyIfItIsJSON(t *testing.T) {
	t.Parallel()
	target := Target{Defaults: json.Value(`{"a":1}`), Overrides: json.Value(`{"stream":true,"model":"o"}`), Drops: drops(t, "b")}
	for _, tt := range []struct{ contentType, body, want string }{
		{"application/json", `{"b":1}`, `{"a":1,"stream":true,"model":"o"}`},
		{"application/json", ``, ``},
		{"text/plain", `{"b":1}`, `{"b":1}`},
		{"multipart/form-data; boundary=x", "--x--", "--x--"},
	} {
		x := &exchange{call: callOf(llm.Proxy, "", tt.contentType, tt.body), target: target}
		if err := x.override(); err != nil || string(x.call.Body) != tt.want {
			t.Errorf("%s: %q, %v", tt.contentType, x.call.Body, err)
		}
	}
}

func TestABodyThatCannotBeChangedIsTheClientsFault(t *testing.T) {
	t.Parallel()
	for _, target := range []Target{{Defaults: json.Value(`{"a":1}`)}, {Overrides: json.Value(`{"a":1}`)}, {Drops: drops(t, "a")}} {
		for _, body := range []string{`[1]x`, `{"a":`, `"text" 1`} {
			x := &exchange{call: callOf(llm.Generate, llm.OpenAIChat, "application/json", body), target: target}
			if e, ok := errors.AsType[*llm.Error](x.override()); !ok || e.Kind != llm.BadRequest {
				t.Errorf("%s: %v", body, e)
			}
		}
	}
	big := callOf(llm.Transcribe, llm.OpenAIChat, "multipart/form-data; boundary=x", "")
	big.Upload = bytes.NewReader(nil)
	x := &exchange{call: big, target: Target{Drops: drops(t, "a")}}
	if e, ok := errors.AsType[*llm.Error](x.override()); !ok || e.Kind != llm.TooLarge {
		t.Errorf("a form that is not held: %v", e)
	}
}

func TestNoParametersCostNothing(t *testing.T) {
	x := &exchange{call: callOf(llm.Generate, llm.OpenAIChat, "application/json", `{"model":"m"}`)}
	if n := testing.AllocsPerRun(100, func() { _ = x.override() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	x.target.Drops = drops(t, "absent")
	before := x.call
	if err := x.override(); err != nil || x.call != before {
		t.Errorf("the call was copied for nothing, %v", err)
	}
}
