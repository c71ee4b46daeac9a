package gateway_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
	"sluice/core/gateway"
	"sluice/core/internal/golden"
	"sluice/core/llm"
)

// A scenario is one conversation of the matrix: what is asked, which answer
// of the corpus is given, and what has to arrive on either side.
type scenario struct {
	name   string
	answer string // section of the corpus, without its ending
	stream bool
	status int
	put    func(*llm.Request)
	sent   func(*llm.Request) string // what the upstream lacks of the question; empty if nothing
	told   func(*llm.Response) string
}

const (
	matrixText = "The capital of France is Paris."
	matrixPNG  = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)

var scenarios = []scenario{
	{"plain", "plain", false, 200, asIs, sentText, toldText},
	{"stream", "plain", true, 200, asIs, sentText, toldText},
	{"tools", "tools", false, 200, withWeather, sentTool, toldCalls},
	{"stream and tools", "tools", true, 200, withWeather, sentTool, toldCalls},
	{"reasoning", "reasoning", false, 200, thinking, sentThinking, toldText},
	{"image", "plain", false, 200, withImage, sentImage, toldText},
	{"error", "error", false, 429, asIs, sentText, nil},
}

// TestEveryPairOfDialects asks in every dialect a client may speak, through
// every dialect an upstream may speak, one corpus of conversations, against
// scripted answers in each provider's documented form.
func TestEveryPairOfDialects(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	counts := map[string]int{}
	t.Cleanup(func() { t.Logf("%d cells: %v", len(sides())*len(sides())*len(scenarios), counts) })
	for _, up := range sides() {
		corpus := golden.Read(t, "testdata/matrix/"+up.corpus+".txtar")
		for _, client := range sides() {
			for _, s := range scenarios {
				t.Run(client.Name+" to "+up.Name+", "+s.name, func(t *testing.T) {
					t.Parallel()
					outcome := playPair(t, &client, &up, &s, corpus)
					mu.Lock()
					defer mu.Unlock()
					counts[outcome]++
				})
			}
		}
	}
}

// playPair plays one cell of the matrix. It returns how that went, in a word.
func playPair(t *testing.T, client, up *matrixSide, s *scenario, corpus *golden.File) string {
	body, ok := client.question(t, up.model, s)
	if !ok {
		return "no word"
	}
	var sent *llm.Request
	front, scripted := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		got, _ := io.ReadAll(r.Body)
		var err error
		if sent, err = up.In.DecodeRequest(core.Incoming{Method: r.Method, Path: r.URL.Path, Header: r.Header, Body: got, Model: up.model}); err != nil || !up.asks(r) {
			t.Errorf("the upstream was sent %s %s (%v)", r.URL, got, err)
		}
		up.reply(t, w, corpus, s)
	})
	resp := client.post(t, front, up, scripted.URL, body, s.stream)
	defer resp.Body.Close()
	if slices.Contains(up.wordless, s.name) {
		if got, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusBadRequest || sent != nil {
			t.Errorf("%d %s, want a 400 that says what the upstream has no word for", resp.StatusCode, got)
		}
		return "stated 400"
	}
	if sent == nil {
		got, _ := io.ReadAll(resp.Body)
		t.Fatalf("the upstream was not asked: %d %s", resp.StatusCode, got)
	}
	if lacks := s.sent(sent); lacks != "" {
		t.Errorf("the upstream was not sent %s", lacks)
	}
	client.check(t, resp, s)
	return "answered"
}

// question writes what is asked in the client's dialect. It reports false if
// the dialect has no word for it.
func (m *matrixSide) question(t *testing.T, model string, s *scenario) ([]byte, bool) {
	most := int64(20000)
	r := &llm.Request{Model: m.model, MaxTokens: &most, Stream: s.stream, Turns: []llm.Turn{
		{Role: llm.System, Parts: []llm.Part{&llm.Text{Text: "Be brief."}}},
		{Role: llm.User, Parts: []llm.Part{&llm.Text{Text: "What is the capital of France?"}}},
	}}
	s.put(r)
	x, err := m.Out.Prepare(r, dialect.Target{Provider: m.Provider, Model: m.model})
	if err != nil {
		return nil, false
	}
	return bytes.ReplaceAll(x.Body(), []byte(`"model":"`+m.model+`"`), []byte(`"model":"`+model+`"`)), true
}

func (m *matrixSide) post(t *testing.T, front *httptest.Server, up *matrixSide, scripted string, body []byte, stream bool) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, front.URL+m.path(up.model, stream), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Portkey-Provider", up.provider)
	req.Header.Set("X-Portkey-Custom-Host", scripted)
	if up.headers == nil {
		req.Header.Set("Authorization", "Bearer k")
	}
	for k, v := range up.headers {
		req.Header.Set(k, v)
	}
	resp, err := front.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// reply gives the scripted answer.
func (m *matrixSide) reply(t *testing.T, w http.ResponseWriter, corpus *golden.File, s *scenario) {
	if !s.stream {
		w.Header().Set("Content-Type", "application/json")
		if s.status == http.StatusTooManyRequests {
			w.Header().Set("X-Amzn-Errortype", "ThrottlingException") // of Amazon, whose bodies do not say
		}
		w.WriteHeader(s.status)
		_, _ = w.Write(corpus.Get(s.answer + ".json"))
		return
	}
	w.Header().Set("Content-Type", m.streamType)
	stream := corpus.Get(s.answer + ".stream")
	if strings.HasPrefix(m.streamType, "application/vnd.amazon") {
		stream = dialecttest.EventStream(t, stream)
	}
	_, _ = w.Write(stream)
}

// check reads the answer as a client of the dialect does.
func (m *matrixSide) check(t *testing.T, resp *http.Response, s *scenario) {
	t.Helper()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != s.status {
		t.Fatalf("%d %s %v", resp.StatusCode, body, err)
	}
	reading := m.Out.Raw(nil)
	if s.status != http.StatusOK {
		if e := reading.DecodeError(resp.StatusCode, resp.Header, body); e.Kind != llm.RateLimited || !strings.Contains(e.Message, "slow down") {
			t.Errorf("the error is read as %s %q: %s", e.Kind, e.Message, body)
		}
		return
	}
	var answer *llm.Response
	if s.stream {
		answer, err = m.collect(body)
	} else {
		answer, err = reading.DecodeResponse(body)
	}
	if err != nil {
		t.Fatalf("the answer cannot be read: %v\n%s", err, body)
	}
	if wrong := s.told(answer); wrong != "" {
		t.Errorf("the answer has %s\n%s", wrong, body)
	}
	if u := answer.Usage; u == nil || u.Prompt() != 21 || u.Output != 9 {
		t.Errorf("the usage is %+v\n%s", u, body)
	}
}

func (m *matrixSide) collect(stream []byte) (*llm.Response, error) {
	var c llm.Collector
	for e, err := range core.Events(m.Frames(bytes.NewReader(stream), 0), m.Out.Raw(nil).DecodeStream()) {
		if err != nil {
			return nil, err
		}
		c.Add(e)
	}
	return c.Response(), nil
}

func asIs(*llm.Request) {}

func withWeather(r *llm.Request) {
	r.Tools = []llm.Tool{{
		Kind: llm.FunctionTool, Name: "get_weather", Description: "The weather in a city",
		Parameters: []byte(`{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}`),
	}}
}

func thinking(r *llm.Request) { r.Reasoning.Effort = "high" }

func withImage(r *llm.Request) {
	last := &r.Turns[len(r.Turns)-1]
	last.Parts = append(last.Parts, &llm.Media{Kind: llm.Image, MediaType: "image/png", Data: matrixPNG})
}

func sentText(r *llm.Request) string {
	all := ""
	for _, t := range r.Turns {
		for _, p := range t.Parts {
			if x, ok := p.(*llm.Text); ok {
				all += x.Text
			}
		}
	}
	for _, want := range []string{"Be brief.", "What is the capital of France?"} {
		if !strings.Contains(all, want) {
			return want
		}
	}
	return ""
}

func sentTool(r *llm.Request) string {
	if len(r.Tools) != 1 || r.Tools[0].Name != "get_weather" || !bytes.Contains(r.Tools[0].Parameters, []byte(`"city"`)) {
		return "the tool"
	}
	return sentText(r)
}

func sentThinking(r *llm.Request) string {
	if r.Reasoning.IsZero() {
		return "that it should think"
	}
	return sentText(r)
}

func sentImage(r *llm.Request) string {
	for _, t := range r.Turns {
		for _, p := range t.Parts {
			if x, ok := p.(*llm.Media); ok && x.Data == matrixPNG && x.MediaType == "image/png" {
				return sentText(r)
			}
		}
	}
	return "the image"
}

func toldText(r *llm.Response) string {
	if len(r.Choices) != 1 {
		return fmt.Sprintf("%d choices", len(r.Choices))
	}
	if all, why := textOf(r), r.Choices[0].Finish.Reason; all != matrixText || why != llm.FinishStop {
		return fmt.Sprintf("the text %q, ended by %q", all, why)
	}
	return ""
}

// textOf joins the texts of an answer.
func textOf(r *llm.Response) string {
	all := ""
	for _, c := range r.Choices {
		for _, p := range c.Parts {
			if x, ok := p.(*llm.Text); ok {
				all += x.Text
			}
		}
	}
	return all
}

func toldCalls(r *llm.Response) string {
	if len(r.Choices) != 1 {
		return fmt.Sprintf("%d choices", len(r.Choices))
	}
	var all []string
	for _, p := range r.Choices[0].Parts {
		if c, ok := p.(*llm.ToolCall); ok {
			all = append(all, c.Name+strings.Join(strings.Fields(c.Arguments), ""))
		}
	}
	want := []string{`get_weather{"city":"Paris"}`, `get_weather{"city":"Bonn"}`}
	if why := r.Choices[0].Finish.Reason; !slices.Equal(all, want) || why != llm.FinishToolCalls {
		return fmt.Sprintf("the calls %q, ended by %q", all, why)
	}
	return ""
}
