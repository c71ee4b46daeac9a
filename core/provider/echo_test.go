package provider

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core"
	"sluice/core/llm"
)

// startEcho serves echo over a real connection, and gives the URL to post to.
func startEcho(t *testing.T) string {
	t.Helper()
	s, _ := Find("echo")
	srv := httptest.NewServer(s.Local)
	t.Cleanup(srv.Close)
	u, err := s.Resolve(Settings{CustomHost: srv.URL}, s.Available(Settings{})[0], Request{})
	if err != nil {
		t.Fatal(err)
	}
	return u.String()
}

func ask(t *testing.T, at, body string) (*http.Response, string) {
	t.Helper()
	resp, err := http.Post(at, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

// said is what an answer says, whole or streamed.
type said struct {
	text, reasoning, finish string
	calls                   []string // name and arguments
	usage                   *echoUsage
	done                    bool
}

func (s *said) add(m *echoDelta) {
	if m == nil {
		return
	}
	if m.Content != nil {
		s.text += *m.Content
	}
	s.reasoning += m.Reasoning
	for _, c := range m.Calls {
		if c.ID != "" {
			s.calls = append(s.calls, c.Function.Name+" ")
		}
		s.calls[len(s.calls)-1] += c.Function.Arguments
	}
}

// read reads an answer. The events of a stream are read as a client does.
func read(t *testing.T, body string, stream bool) said {
	t.Helper()
	var s said
	parts := []string{body}
	if stream {
		parts = strings.Split(strings.TrimPrefix(body, "data: "), "\n\ndata: ")
	}
	for i, part := range parts {
		part = strings.TrimSpace(part)
		if part == "[DONE]" {
			s.done = i == len(parts)-1
			continue
		}
		var b echoBody
		if err := json.Unmarshal([]byte(part), &b); err != nil {
			t.Fatalf("%v in %q", err, part)
		}
		if b.Usage != nil {
			s.usage = b.Usage
		}
		for _, c := range b.Choices {
			s.add(c.Message)
			s.add(c.Delta)
			if c.Finish != nil {
				s.finish = *c.Finish
			}
		}
	}
	return s
}

const (
	weather = `{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":` +
		`{"city":{"type":"string"},"unit":{"type":"string","enum":["celsius","fahrenheit"]},"days":{"type":"integer","minimum":2}},"required":["city","days"]}}}`
	clock = `{"type":"function","function":{"name":"clock"}}`
)

func TestEchoAnswers(t *testing.T) {
	t.Parallel()
	at := startEcho(t)
	user := func(text string) string { return `"messages":[{"role":"user","content":"` + text + `"}]` }
	intro := func(text string) string { return "You said: “" + text + "”\n\n" + echoIntro }
	tests := []struct {
		name, body string
		want       said
	}{
		{"hello", user("Hello, you!"), said{text: intro("Hello, you!"), finish: "stop"}},
		{"the second turn has no introduction", `"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c d"}]`,
			said{text: "You said: “c d”", finish: "stop"}},
		{"parts", `"messages":[{"role":"assistant","content":""},{"role":"user","content":[{"type":"text","text":"see"},{"type":"image_url","image_url":{"url":"u"}}]}]`,
			said{text: "You said: “see” (and sent 1 more than text)", finish: "stop"}},
		{"nothing", `"messages":[]`, said{text: intro(""), finish: "stop"}},
		{"help", user(" Help "), said{text: echoHelp, finish: "stop"}},
		{"a failure that it does not know", user("fail better"), said{text: intro("fail better"), finish: "stop"}},
		{"think", user("think of me"), said{text: intro("think of me"), finish: "stop", reasoning: "The user said 3 words. I am an echo, so I will say them again."}},
		{"effort", `"reasoning_effort":"low",` + user("hi"), said{text: intro("hi"), finish: "stop", reasoning: "The user said 1 words. I am an echo, so I will say them again."}},
		{"no effort", `"reasoning_effort":"none",` + user("hi"), said{text: intro("hi"), finish: "stop"}},
		{"few tokens", `"max_tokens":4,` + user("a b c"), said{text: "You said: “a b ", finish: "length"}},
		{"the newer limit counts more", `"max_tokens":4,"max_completion_tokens":1,` + user("a b c"), said{text: "You ", finish: "length"}},
		{"stop", `"stop":["zzz","said"],` + user("a"), said{text: "You ", finish: "stop"}},
		{"stop as text", `"stop":"You",` + user("a"), said{finish: "stop"}},

		{"a tool by its name", `"tools":[` + clock + `,` + weather + `],` + user("call GET_WEATHER"), said{calls: []string{`get_weather {"city":"city","days":2}`}, finish: "tool_calls"}},
		{"two tools", `"tools":[` + weather + `,` + clock + `],` + user("get_weather and clock"),
			said{calls: []string{`get_weather {"city":"city","days":2}`, `clock {}`}, finish: "tool_calls"}},
		{"no tool is named", `"tools":[` + clock + `],` + user("hi"), said{text: intro("hi"), finish: "stop"}},
		{"a tool that is forced", `"tools":[` + weather + `,` + clock + `],"tool_choice":{"type":"function","function":{"name":"clock"}},` + user("get_weather"),
			said{calls: []string{"clock {}"}, finish: "tool_calls"}},
		{"any tool", `"tools":[` + clock + `,` + weather + `],"tool_choice":"required",` + user("hi"), said{calls: []string{"clock {}"}, finish: "tool_calls"}},
		{"tools are forbidden", `"tools":[` + clock + `],"tool_choice":"none",` + user("clock"), said{text: intro("clock"), finish: "stop"}},
		{"a tool's result", `"tools":[` + clock + `],"tool_choice":"required","messages":[{"role":"user","content":"clock"},{"role":"assistant","content":null},{"role":"tool","content":"noon"}]`,
			said{text: "The tool answered: “noon”", finish: "stop"}},

		{"any JSON", `"response_format":{"type":"json_object"},` + user("a"), said{text: `{"echo":"a"}`, finish: "stop"}},
		{"JSON of a schema", `"response_format":{"type":"json_schema","json_schema":{"schema":{"type":"object","properties":{"ok":{"type":"boolean"}}}}},` + user("a"),
			said{text: `{"ok":true}`, finish: "stop"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, body := ask(t, at, `{"model":"echo-fast",`+tt.body+`}`)
			whole := read(t, body, false)
			_, body = ask(t, at, `{"model":"echo-fast","stream":true,"stream_options":{"include_usage":true},`+tt.body+`}`)
			streamed := read(t, body, true)
			for form, got := range map[string]said{"whole": whole, "streamed": streamed} {
				if got.text != tt.want.text || got.reasoning != tt.want.reasoning || got.finish != tt.want.finish || !slices.Equal(got.calls, tt.want.calls) {
					t.Errorf("%s: got\n%+v\nwant\n%+v", form, got, tt.want)
				}
			}
			if !streamed.done || *whole.usage != *streamed.usage {
				t.Errorf("done %v; usage %+v, streamed %+v", streamed.done, whole.usage, streamed.usage)
			}
		})
	}
}

func TestEchoCountsWords(t *testing.T) {
	t.Parallel()
	at := startEcho(t)
	q := `"messages":[{"role":"system","content":"be brief"},{"role":"assistant","content":"ok"},{"role":"user","content":"think of one"}]}`
	_, body := ask(t, at, `{"model":"echo",`+q)
	got := read(t, body, false).usage
	if got.Prompt != 6 || got.Details.Reasoning != 15 || got.Completion != 15+5 || got.Total != 26 {
		t.Errorf("got %+v", got)
	}
	_, body = ask(t, at, `{"model":"echo-fast","stream":true,`+q)
	if u := read(t, body, true).usage; u != nil {
		t.Errorf("got %+v, which nobody asked for", u)
	}
}

func TestEchoIsDeterministic(t *testing.T) {
	t.Parallel()
	at := startEcho(t)
	for _, q := range []string{`{"model":"m","messages":[{"role":"user","content":"a"}]}`, `{"model":"echo-fast","stream":true,"messages":[{"role":"user","content":"a"}]}`} {
		_, first := ask(t, at, q)
		_, second := ask(t, at, q)
		_, other := ask(t, at, q+" ")
		if first != second {
			t.Errorf("got\n%s\nand then\n%s", first, second)
		}
		if first == other {
			t.Error("another request got the same id")
		}
	}
}

func TestEchoFails(t *testing.T) {
	t.Parallel()
	at := startEcho(t)
	errorBody := func(how string) string {
		return `{"error":{"message":"you asked for this: fail ` + how + `","type":"echo_error","param":null,"code":null}}`
	}
	tests := []struct {
		name       string
		stream     bool
		status     int
		retryAfter string
		body       string
	}{
		{"fail 429", false, 429, "1", errorBody("429")},
		{"fail 503", true, 503, "1", errorBody("503")},
		{"FAIL  500", true, 500, "", errorBody("500")},
		{"fail error", false, 200, "", errorBody("error")},
		{"fail error", true, 200, "", "data: " + errorBody("error") + "\n\n"},
		{"fail empty", false, 200, "", ""},
		{"fail empty", true, 200, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q := `{"model":"echo-fast","messages":[{"role":"user","content":"` + tt.name + `"}]`
			if tt.stream {
				q += `,"stream":true`
			}
			resp, body := ask(t, at, q+"}")
			if resp.StatusCode != tt.status || resp.Header.Get("Retry-After") != tt.retryAfter || body != tt.body {
				t.Errorf("got %d %q\n%s", resp.StatusCode, resp.Header.Get("Retry-After"), body)
			}
		})
	}
}

func TestEchoBreaksOff(t *testing.T) {
	t.Parallel()
	at := startEcho(t)
	q := `{"model":"echo-fast","messages":[{"role":"user","content":"fail stream"}]`
	_, whole := ask(t, at, q+"}")
	if len(whole) == 0 || json.Valid([]byte(whole)) {
		t.Errorf("the whole answer does not break off: %s", whole)
	}
	_, stream := ask(t, at, q+`,"stream":true}`)
	got := read(t, stream, true)
	if got.done || got.finish != "" || got.text == "" || !strings.HasPrefix("You said: “fail stream”\n\n"+echoIntro, got.text) {
		t.Errorf("got %+v", got)
	}
}

func TestEchoRefuses(t *testing.T) {
	t.Parallel()
	at := startEcho(t)
	for _, q := range []string{``, `[]`, `{"messages":"x"}`, `{"messages":[{"role":1}]}`, `{"max_tokens":"x"}`} {
		if resp, body := ask(t, at, q); resp.StatusCode != 400 || !strings.Contains(body, `"error"`) {
			t.Errorf("%s: got %d %s", q, resp.StatusCode, body)
		}
	}
	if resp, _ := ask(t, strings.TrimSuffix(at, "/chat/completions")+"/embeddings", `{}`); resp.StatusCode != 404 {
		t.Errorf("another path: got %d", resp.StatusCode)
	}
}

// What echo says is in the dialect that its endpoint claims, failures included.
func TestEchoIsReadByItsCodec(t *testing.T) {
	t.Parallel()
	s, _ := Find("echo")
	e := s.Available(Settings{})[0]
	events := func(more string) ([]llm.Event, error) {
		w := serveIn(t.Context(), `{"model":"echo-fast","stream":true,`+more+`}`)
		var all []llm.Event
		for ev, err := range core.Events(e.Format.Read(w.Body, 0), e.Codec.Raw(nil).DecodeStream()) {
			if err != nil {
				return all, err
			}
			all = append(all, ev)
		}
		return all, nil
	}
	all, err := events(`"tools":[` + clock + `,` + weather + `],"reasoning_effort":"low","messages":[{"role":"user","content":"clock and get_weather"}]`)
	if err != nil {
		t.Fatal(err)
	}
	var c llm.Collector
	for _, ev := range all {
		c.Add(ev)
	}
	var got []string
	for _, p := range c.Response().Choices[0].Parts {
		switch p := p.(type) {
		case *llm.Reasoning:
			got = append(got, "reasoning")
		case *llm.ToolCall:
			got = append(got, p.Name+p.Arguments)
		}
	}
	if want := []string{"reasoning", "clock{}", `get_weather{"city":"city","days":2}`}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for how, kind := range map[string]llm.ErrorKind{"stream": llm.Truncated, "empty": llm.Truncated} {
		_, err := events(`"messages":[{"role":"user","content":"fail ` + how + `"}]`)
		if le, ok := errors.AsType[*llm.Error](err); !ok || le.Kind != kind {
			t.Errorf("fail %s: got %v, want %s", how, err, kind)
		}
	}
	if _, err := events(`"messages":[{"role":"user","content":"fail error"}]`); err == nil || !strings.Contains(err.Error(), "you asked for this") {
		t.Errorf("fail error: got %v", err)
	}
}

// serveIn runs echo without a network, so that time can be virtual.
func serveIn(ctx context.Context, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/v1/chat/completions", strings.NewReader(body))
	serveEcho(w, r)
	return w
}

func TestEchoTakesItsTime(t *testing.T) {
	for model, want := range map[string]time.Duration{"echo": 60 * time.Millisecond, "gpt-4o": 60 * time.Millisecond, "echo-slow": 600 * time.Millisecond, "echo-fast": 0} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			w := serveIn(t.Context(), `{"model":"`+model+`","stream":true,"messages":[{"role":"assistant","content":"x"},{"role":"user","content":"x"}]}`)
			if got := time.Since(start); got != want || !w.Flushed {
				t.Errorf("%s: got %v, flushed %v, want %v", model, got, w.Flushed, want)
			}
		})
	}
}

func TestEchoStopsWhenTheCallerGoes(t *testing.T) {
	for name, body := range map[string]string{
		"silence": `{"messages":[{"role":"user","content":"fail timeout"}]}`,
		"stream":  `{"model":"echo-slow","stream":true,"messages":[{"role":"user","content":"a"}]}`,
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			start := time.Now()
			w := serveIn(ctx, body)
			if got := time.Since(start); got != 500*time.Millisecond || strings.Contains(w.Body.String(), "DONE") {
				t.Errorf("%s: ended after %v with %s", name, got, w.Body)
			}
		})
	}
}

func TestSample(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, schema, want string }{
		{"none", ``, `{}`},
		{"true", `true`, `{}`},
		{"not an object", `{"type":"string"}`, `"value"`},
		{"no properties", `{"type":"object"}`, `{}`},
		{"all, when none is required", `{"properties":{"b":{"type":"string"},"a":{"type":["null","number"]}}}`, `{"b":"b","a":null}`},
		{"named values", `{"properties":{"a":{"default":[1]},"b":{"const":"c"},"d":{"enum":["x","y"]},"e":{"examples":[2.50]}}}`, `{"a":[1],"b":"c","d":"x","e":2.50}`},
		{"formats", `{"properties":{"a":{"type":"string","format":"date"},"b":{"type":"string","format":"odd"}}}`, `{"a":"2026-01-01","b":"b"}`},
		{"arrays", `{"type":"array","items":{"type":"boolean"},"minItems":2}`, `[true,true]`},
		{"an array of anything", `{"type":"array"}`, `[null]`},
		{"references", `{"$ref":"#/$defs/p","$defs":{"p":{"type":"object","properties":{"n":{"type":"number"}}}}}`, `{"n":1}`},
		{"choices", `{"properties":{"a":{"anyOf":[{"type":"string"},{"type":"null"}]}}}`, `{"a":"a"}`},
		{"a reference to nowhere", `{"$ref":"#/$defs/p"}`, `null`},
		{"itself", `{"type":"array","items":{"$ref":"#"}}`, `[[[[[[null]]]]]]`},
		{"wrong types", `{"type":7,"properties":[],"required":{}}`, `{}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := sample([]byte(tt.schema)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func FuzzSample(f *testing.F) {
	f.Add([]byte(`{"type":"object","properties":{"a":{"$ref":"#"},"b":{"$ref":"#"},"c":{"type":"array","minItems":8,"items":{"$ref":"#"}}}}`))
	f.Add([]byte(`{"anyOf":[{"default":"\ud800"}]}`))
	f.Fuzz(func(t *testing.T, schema []byte) {
		if !json.Valid(schema) {
			return
		}
		if got := sample(schema); !json.Valid([]byte(got)) {
			t.Errorf("%s gives %s", schema, got)
		}
	})
}
