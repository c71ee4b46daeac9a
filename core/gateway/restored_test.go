package gateway_test

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"

	"sluice/core/dialect"
	"sluice/core/gateway"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/usage"
)

const (
	reversible = `[{"id":"r","default.pii":{"reversible":true}}]`
	jane       = "jane@example.org"
	card       = "4111 1111 1111 1111"
)

// withValues asks with what is to be taken out, and a tool where the dialects
// have one.
func withValues(tools bool) func(*llm.Request) {
	return func(r *llm.Request) {
		r.Turns = []llm.Turn{{Role: llm.User, Parts: []llm.Part{&llm.Text{Text: "Größe: write to " + jane + " about " + card + "."}}}}
		if tools {
			withWeather(r)
		}
	}
}

// redacted is the answer of a model that has read placeholders.
func redacted(tools, thinks bool) llm.Choice {
	c := llm.Choice{Finish: llm.Finish{Reason: llm.FinishStop}}
	if thinks {
		c.Parts = append(c.Parts, &llm.Reasoning{Text: "So [EMAIL_1] it is.", Signature: "c2ln", Origin: llm.Anthropic})
	}
	c.Parts = append(c.Parts, &llm.Text{Text: "苹果: [EMAIL_1] has [CARD_1], not [EMAIL_2] [EMAIL_1"})
	if tools {
		c.Finish.Reason = llm.FinishToolCalls
		c.Parts = append(c.Parts, &llm.ToolCall{ID: "call_1", Name: "get_weather", Arguments: `{"city":"[EMAIL_1] [[CARD_1]]"}`})
	}
	return c
}

// answers encodes the choice in the side's dialect, a stream cut at random.
func (m *matrixSide) answers(t *testing.T, w http.ResponseWriter, choice *llm.Choice, stream bool, seed uint64) {
	t.Helper()
	o := dialect.Options{Provider: m.Provider, Model: m.model, RequestID: "x", IncludeUsage: true}
	usage := &llm.Usage{Input: 3, Output: 4}
	if !stream {
		body, err := m.In.EncodeResponse(&llm.Response{ID: "x", Model: m.model, Created: 1, Choices: []llm.Choice{*choice}, Usage: usage}, o)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/json")
		write(w, string(body))
		return
	}
	events := []llm.Event{{Kind: llm.EventStart, ID: "x", Model: m.model, Created: 1}}
	events = append(events, streamOf(rand.New(rand.NewPCG(seed, 1)), choice)...)
	events = append(events, llm.Event{Kind: llm.EventFinish, Finish: choice.Finish}, llm.Event{Kind: llm.EventUsage, Usage: usage}, llm.Event{Kind: llm.EventDone})
	enc := m.In.EncodeStream(o)
	var wire []byte
	var err error
	for _, e := range events {
		if wire, err = enc.Encode(wire, e); err != nil {
			t.Error(err)
		}
	}
	if wire, err = enc.Flush(wire); err != nil {
		t.Error(err)
	}
	w.Header().Set("Content-Type", m.streamType)
	write(w, string(wire))
}

// TestRedactedValuesComeBackInEveryDialect asks in every dialect, through every
// dialect, whole and streamed: the provider sees none of the values, and the
// client no placeholder of them, in words, thoughts and arguments.
func TestRedactedValuesComeBackInEveryDialect(t *testing.T) {
	t.Parallel()
	for i, up := range sides() {
		for k, client := range sides() {
			for n, stream := range []bool{false, true, true, true} {
				t.Run(fmt.Sprintf("%s to %s, %d", client.Name, up.Name, n), func(t *testing.T) {
					t.Parallel()
					playRedacted(t, &client, up, stream, uint64(100*i+10*k+n))
				})
			}
		}
	}
}

func playRedacted(t *testing.T, client *matrixSide, up matrixSide, stream bool, seed uint64) {
	tools := client.corpus != "completions" && up.corpus != "completions"
	body, ok := client.question(t, up.model, &scenario{stream: stream, put: withValues(tools)})
	if !ok {
		t.Fatal("no word")
	}
	choice := redacted(tools, tools && up.corpus != "cohere")
	front, scripted := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		got, _ := io.ReadAll(r.Body)
		if s := string(got); strings.Contains(s, "jane") || strings.Contains(s, "4111") || !strings.Contains(s, "[EMAIL_1]") || !strings.Contains(s, "[CARD_1]") {
			t.Errorf("the provider was sent %s", s)
		}
		up.answers(t, w, &choice, stream, seed)
	})
	headers := map[string]string{"X-Portkey-Default-Input-Guardrails": reversible, "X-Portkey-Strict-Open-Ai-Compliance": "false"}
	if up.headers == nil {
		headers["Authorization"] = "Bearer k"
	}
	maps.Copy(headers, up.headers)
	up.headers = headers
	resp := client.post(t, front, &up, scripted.URL, body, stream)
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%d %s %v", resp.StatusCode, got, err)
	}
	if strings.Contains(string(got), "[CARD_1]") {
		t.Errorf("the client was sent %s", got)
	}
	var answer *llm.Response
	if stream {
		answer, err = client.collect(got)
	} else {
		answer, err = client.Out.Raw(nil).DecodeResponse(got)
	}
	if err != nil {
		t.Fatalf("%v: %s", err, got)
	}
	checkRestored(t, answer, tools, got)
}

func checkRestored(t *testing.T, answer *llm.Response, tools bool, got []byte) {
	t.Helper()
	text, arguments := textOf(answer), ""
	for _, p := range answer.Choices[0].Parts {
		switch p := p.(type) {
		case *llm.Reasoning:
			if p.Text != "So "+jane+" it is." && p.Text != "" {
				t.Errorf("it thinks %q", p.Text)
			}
		case *llm.ToolCall:
			arguments = json.Unquote(json.Lookup(json.Value(p.Arguments), "city"))
		}
	}
	if want := "苹果: " + jane + " has " + card + ", not [EMAIL_2] [EMAIL_1"; text != want {
		t.Errorf("it says %q, want %q in %s", text, want, got)
	}
	if want := jane + " [" + card + "]"; tools && arguments != want {
		t.Errorf("the tool is called with %q, want %q in %s", arguments, want, got)
	}
}

// A speaker answers chats with texts in turn and notes what it was sent.
type speaker struct {
	mu     sync.Mutex
	bodies []string
	script []http.HandlerFunc
}

func (s *speaker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	n := len(s.bodies)
	s.bodies = append(s.bodies, string(body))
	s.mu.Unlock()
	s.script[min(n, len(s.script)-1)](w, r)
}

func speaks(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		write(w, strings.Replace(wholeChat, `"Hello!"`, string(json.Quote(text)), 1))
	}
}

func streamsOut(end bool, pieces ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for _, p := range pieces {
			write(w, chunk(p))
		}
		if end {
			write(w, chatEnd)
		}
	}
}

func fails(w http.ResponseWriter, _ *http.Request) { http.Error(w, `{"error":{"message":"no"}}`, 500) }

// TestAllTargetsOfARequestSeeTheSamePlaceholders: attempts, targets and the
// turns of a conversation, whose history the client sends with real values.
func TestAllTargetsOfARequestSeeTheSamePlaceholders(t *testing.T) {
	t.Parallel()
	s := &speaker{script: []http.HandlerFunc{fails, fails, speaks("[EMAIL_2], not [EMAIL_1]")}}
	front, up := serve(t, gateway.Config{}, s.ServeHTTP)
	target := fmt.Sprintf(`{"provider":"openai","api_key":"k","custom_host":%q,"input_guardrails":%s,"retry":{"attempts":1,"on_status_codes":[500]}}`, up.URL, reversible)
	config := map[string]string{"X-Portkey-Config": `{"strategy":{"mode":"fallback"},"targets":[` + target + `,` + target + `]}`}
	turn := func(messages string) string {
		status, body := post(t, front, "/v1/chat/completions", `{"model":"m","messages":[`+messages+`]}`, config)
		if status != 200 {
			t.Fatalf("%d %s", status, body)
		}
		return json.Unquote(json.Lookup([]byte(body), "choices", "0", "message", "content"))
	}
	first := `{"role":"user","content":"I am a@b.co, not ` + jane + `"}`
	answer := turn(first)
	if answer != jane+", not a@b.co" || len(s.bodies) != 3 {
		t.Fatalf("got %q after %d calls", answer, len(s.bodies))
	}
	turn(first + `,{"role":"assistant","content":` + string(json.Quote(answer)) + `},{"role":"user","content":"And c@d.co?"}`)
	for i, body := range s.bodies {
		if !strings.Contains(body, "I am [EMAIL_1], not [EMAIL_2]") || strings.Contains(body, "@") {
			t.Errorf("call %d: %s", i, body)
		}
	}
	if last := s.bodies[3]; !strings.Contains(last, `"[EMAIL_2], not [EMAIL_1]"`) || !strings.Contains(last, "And [EMAIL_3]?") {
		t.Errorf("the next turn: %s", last)
	}
}

// TestAStreamThatGoesOnElsewhereGoesOnFromPlaceholders: nothing of what the
// client was given reaches the next provider.
func TestAStreamThatGoesOnElsewhereGoesOnFromPlaceholders(t *testing.T) {
	t.Parallel()
	var sent string
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/messages") {
			streamsOut(false, "To ", "[EMA", "IL_1] and then to ")(w, r)
			panic(http.ErrAbortHandler)
		}
		b, _ := io.ReadAll(r.Body)
		sent = string(b)
		w.Header().Set("Content-Type", "text/event-stream")
		write(w, messagesSaying("[EMAIL_1]"))
	})
	target := `{"provider":%q,"api_key":"k","custom_host":%q,"override_params":{"model":%q},"input_guardrails":` + reversible + `}`
	config := fmt.Sprintf(continues, fmt.Sprintf(target, "groq", up.URL, "m"), fmt.Sprintf(target, "anthropic", up.URL, "claude-3-5-haiku-latest"))
	status, body := post(t, front, "/v1/chat/completions", `{"model":"m","stream":true,"max_tokens":99,"messages":[{"role":"user","content":"mail `+jane+`"}]}`,
		map[string]string{"X-Portkey-Config": config})
	if strings.Contains(sent, "jane") || !strings.Contains(sent, "To [EMAIL_1] and then to") {
		t.Errorf("the second provider was sent %s", sent)
	}
	side := sides()[0]
	if answer, err := side.collect([]byte(body)); status != 200 || err != nil || textOf(answer) != "To "+jane+" and then to "+jane {
		t.Errorf("%d %v %s", status, err, body)
	}
}

// TestOnlyTheClientSeesRestoredValues: checks of the answer, their results and
// the record have placeholders.
func TestOnlyTheClientSeesRestoredValues(t *testing.T) {
	t.Parallel()
	for _, stream := range []bool{false, true} {
		b, told := &books{}, make(chan string, 2)
		s := &speaker{script: []http.HandlerFunc{speaks("to [EMAIL_1]")}}
		if stream {
			s.script[0] = streamsOut(true, "to [EM", "AIL_1]")
		}
		mux := http.NewServeMux()
		mux.Handle("/", s)
		mux.HandleFunc("/hook", func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			told <- string(body)
			write(w, `{"verdict":true}`)
		})
		front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}}, mux.ServeHTTP)
		config := fmt.Sprintf(`{"provider":"openai","api_key":"k","custom_host":%q,"input_guardrails":%s,"output_guardrails":[{"id":"o","deny":true,"default.contains":{"operator":"none","words":[%q]},"default.regexMatch":{"rule":"to \\[EMAIL_1\\]"}},{"id":"w","default.webhook":{"webhookURL":"%s/hook"}}]}`, up.URL, reversible, "example.org", up.URL)
		status, body := post(t, front, "/v1/chat/completions", fmt.Sprintf(`{"model":"m","stream":%v,"messages":[{"role":"user","content":"mail %s"}]}`, stream, jane),
			map[string]string{"X-Portkey-Config": config})
		if status != 200 || strings.Count(body, jane) != 1 || stream == strings.Contains(body, "[EMAIL_1]") { // in the results of a whole answer
			t.Errorf("%d %s", status, body)
		}
		if hook := <-told; strings.Contains(hook, "jane") || !strings.Contains(hook, "[EMAIL_1]") {
			t.Errorf("the webhook was told %s", hook)
		}
		if record := string(json.ValueOf(b.one(t))); strings.Contains(record, "jane") {
			t.Errorf("recorded %s", record)
		}
	}
}

// TestAnswersWithoutPlaceholdersKeepTheirBytes, although something was taken out.
func TestAnswersWithoutPlaceholdersKeepTheirBytes(t *testing.T) {
	t.Parallel()
	s := &speaker{script: []http.HandlerFunc{speaks("nothing [EMAIL_9] [")}}
	front, up := serve(t, gateway.Config{}, s.ServeHTTP)
	config := fmt.Sprintf(`{"provider":"openai","api_key":"k","custom_host":%q,"input_mutators":%s}`, up.URL, reversible)
	status, body := post(t, front, "/v1/chat/completions", `{"model":"m","messages":[{"role":"user","content":"mail `+jane+`"}]}`, map[string]string{"X-Portkey-Config": config})
	if want := strings.Replace(wholeChat, "Hello!", "nothing [EMAIL_9] [", 1); status != 200 || withoutResults(t, body) != want || !strings.Contains(s.bodies[0], "[EMAIL_1]") {
		t.Errorf("%d %s\nwant %s", status, body, want)
	}
}
