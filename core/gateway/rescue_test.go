package gateway_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sluice/core"
	"sluice/core/dialect/anthropic"
	"sluice/core/dialect/dialecttest"
	"sluice/core/gateway"
	"sluice/core/internal/golden"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/upstream"
	"sluice/core/usage"
)

// A breakage is how a stream breaks off after content.
type breakage struct {
	name string
	in   string // the only dialect that has it; "" all
	do   func(w http.ResponseWriter, r *http.Request)
}

var breakages = []breakage{
	{"cut", "", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
	{"ended", "", func(http.ResponseWriter, *http.Request) {}},
	{"stalled", "", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
	{"told", "chat", func(w http.ResponseWriter, _ *http.Request) {
		write(w, "data: {\"error\":{\"message\":\"The server had an error\",\"type\":\"server_error\"}}\n\n")
	}},
	{"told", "messages", func(w http.ResponseWriter, _ *http.Request) {
		write(w, "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n")
	}},
}

// begin writes the answer of the corpus as far as its first words, which it
// returns.
func (m *matrixSide) begin(t *testing.T, w http.ResponseWriter) string {
	t.Helper()
	stream := golden.Read(t, "testdata/matrix/"+m.corpus+".txtar").Get("plain.stream")
	if strings.HasPrefix(m.streamType, "application/vnd.amazon") {
		stream = dialecttest.EventStream(t, stream)
	}
	w.Header().Set("Content-Type", m.streamType)
	dec, text := m.Out.Raw(nil).DecodeStream(), ""
	for f, err := range m.Frames(bytes.NewReader(stream), 0) {
		if err != nil {
			t.Fatal(err)
		}
		events, err := dec.Decode(nil, f)
		if err != nil {
			t.Fatal(err)
		}
		write(w, string(f.Raw))
		for _, e := range events {
			if e.Kind == llm.EventText {
				text += e.Text
			}
		}
		if text != "" {
			break
		}
	}
	return text
}

// target is the side as the target of a config.
func (m *matrixSide) target(host string) string {
	options := ""
	for name, v := range m.headers {
		options += fmt.Sprintf(`,%q:%q`, strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, "X-Portkey-")), "-", "_"), v)
	}
	return fmt.Sprintf(`{"provider":%q,"api_key":"k","custom_host":%q,"override_params":{"model":%q}%s}`, m.provider, host, m.model, options)
}

// rest is an answer of Messages that goes on from what it is asked to.
func rest(t *testing.T, w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	q, err := anthropic.Codec{}.DecodeRequest(core.Incoming{Header: r.Header, Body: body})
	if err != nil {
		t.Errorf("%v: %s", err, body)
		return
	}
	last := q.Turns[len(q.Turns)-1]
	begun := last.Parts[0].(*llm.Text).Text
	left, ok := strings.CutPrefix(matrixText, begun)
	if last.Role != llm.Assistant || begun == "" || !ok {
		t.Errorf("was asked to go on from %s", body)
	}
	if sent := sentText(q); sent != "" {
		t.Errorf("was not sent %s", sent)
	}
	w.Header().Set("Content-Type", "text/event-stream")
	write(w, messagesSaying(left))
}

func messagesSaying(text string) string {
	return `event: message_start` + "\n" + `data: {"type":"message_start","message":{"id":"m2","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":30,"output_tokens":1}}}` + "\n\n" +
		`event: content_block_start` + "\n" + `data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}` + "\n\n" +
		fmt.Sprintf("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":%s}}\n\n", json.Quote(text)) +
		`event: content_block_stop` + "\n" + `data: {"type":"content_block_stop","index":0}` + "\n\n" +
		`event: message_delta` + "\n" + `data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":5}}` + "\n\n" +
		`event: message_stop` + "\n" + `data: {"type":"message_stop"}` + "\n\n"
}

const continues = `{"strategy":{"mode":"fallback","on_break":"continue"},"targets":[%s,%s]}`

// streams asks the matrix' question through a config.
func (m *matrixSide) streams(t *testing.T, front *httptest.Server, config string) []byte {
	t.Helper()
	body, ok := m.question(t, m.model, &scenario{stream: true, put: asIs})
	if !ok {
		t.Fatal("no word")
	}
	status, got := post(t, front, m.path(m.model, true), string(body), map[string]string{"X-Portkey-Config": config})
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, got)
	}
	return []byte(got)
}

// Whatever a client speaks, whatever broke off and however: its answer goes
// on at a target that goes on from begun answers, and is read as one.
func TestABrokenAnswerGoesOnElsewhere(t *testing.T) {
	t.Parallel()
	for _, client := range sides() {
		for _, first := range sides() {
			if first.corpus != client.corpus && first.corpus != "chat" && first.corpus != "messages" {
				continue
			}
			for _, b := range breakages {
				if b.in != "" && b.in != first.corpus {
					continue
				}
				t.Run(client.Name+" of "+first.Name+", "+b.name, func(t *testing.T) {
					t.Parallel()
					rescue(t, &client, &first, &b)
				})
			}
		}
	}
}

func rescue(t *testing.T, client, first *matrixSide, b *breakage) {
	book, begun := &books{}, make(chan string, 4)
	front, up := serve(t, gateway.Config{Sinks: []usage.Sink{book}, Timeouts: upstream.Timeouts{Idle: 300 * time.Millisecond}}, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/b/") {
			rest(t, w, r)
			return
		}
		begun <- first.begin(t, w)
		b.do(w, r)
	})
	config := fmt.Sprintf(continues, first.target(up.URL+"/a"), `{"provider":"anthropic","api_key":"k","custom_host":"`+up.URL+`/b","override_params":{"model":"claude-sonnet-4-5"}}`)
	got := client.streams(t, front, config)
	answer, err := client.collect(got)
	if err != nil {
		t.Fatalf("%v\n%s", err, got)
	}
	said := <-begun
	if wrong := toldText(answer); wrong != "" || said == matrixText {
		t.Errorf("the answer has %s\n%s", wrong, got)
	}
	r := book.one(t)
	if r.Option != "config.targets[1]" || r.Provider != "anthropic" || r.Broken || r.Error != "" || len(r.Attempts) != 2 || r.Usage.Input != 30 || r.Usage.Output != 5 {
		t.Errorf("the record is %+v, usage %+v", r, r.Usage)
	}
	if part := r.Attempts[0]; part.Usage == nil || part.Usage.Output == 0 || part.Cost == nil || len(r.Notes) != 1 || !strings.Contains(r.Notes[0].Text, fmt.Sprintf("after %d bytes", len(said))) {
		t.Errorf("of the part that broke off: %+v, notes %+v", part, r.Notes)
	}
	if u := answer.Usage; u != nil && (u.Prompt() <= 30 || u.Output <= 5) {
		t.Errorf("the client was told the usage of one part only: %+v\n%s", u, got)
	}
}

// Where nobody is known to go on, the answer ends with an error of the
// client's dialect that says how far it went.
func TestABrokenAnswerEndsHonestly(t *testing.T) {
	t.Parallel()
	for _, client := range sides() {
		t.Run(client.Name, func(t *testing.T) {
			t.Parallel()
			begun := make(chan string, 4)
			front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.URL.Path, "/b") {
					t.Error("a target was asked that would answer anew")
				}
				begun <- client.begin(t, w)
			})
			config := fmt.Sprintf(continues, client.target(up.URL+"/a"), `{"provider":"openai","api_key":"k","custom_host":"`+up.URL+`/b","override_params":{"model":"gpt-4o"}}`)
			got := client.streams(t, front, config)
			_, err := client.collect(got)
			if err == nil || !strings.Contains(string(got), fmt.Sprintf("%d bytes of text had been sent", len(<-begun))) {
				t.Errorf("read as %v\n%s", err, got)
			}
		})
	}
}

func TestWhatIsNotContinued(t *testing.T) {
	t.Parallel()
	toolCall := `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t","type":"function","function":{"name":"f","arguments":"{"}}]},"finish_reason":null}]}` + "\n\n"
	ask := func(more string) string {
		return `{"model":"m","stream":true` + more + `,"messages":[{"role":"user","content":"Hi"}]}`
	}
	tests := []struct{ name, request, strategy, answer, want string }{
		{"a tool call", ask(""), `"on_break":"continue"`, chunk("Let me see") + toolCall, "a tool call had begun"},
		{"JSON", ask(`,"response_format":{"type":"json_object"}`), `"on_break":"continue"`, chunk(`{"a":`), ""},
		{"two answers", ask(`,"n":2`), `"on_break":"continue"`, chunk("Hi"), ""},
		{"an answer at its limit", ask(`,"max_tokens":2`), `"on_break":"continue"`, chunk("Hi there"), "it is as long as the request allows"},
		{"without the option", ask(""), `"on_break":"fail"`, chunk("Hi"), ""},
		{"by default", ask(""), `"onStatusCodes":[502]`, chunk("Hi"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.URL.Path, "/b") {
					t.Error("the other target was asked")
				}
				w.Header().Set("Content-Type", "text/event-stream")
				write(w, tt.answer)
			})
			config := fmt.Sprintf(`{"strategy":{"mode":"fallback",%[2]s},"targets":[{"provider":"openai","api_key":"k","custom_host":"%[1]s/a"},{"provider":"openai","api_key":"k","custom_host":"%[1]s/b","capabilities":{"prefill":true}}]}`, up.URL, tt.strategy)
			status, got := post(t, front, "/v1/chat/completions", tt.request, map[string]string{"X-Portkey-Config": config})
			if status != http.StatusOK || !strings.Contains(got, `"error"`) || strings.Contains(got, "[DONE]") || !strings.Contains(got, tt.want) {
				t.Errorf("%d %s", status, got)
			}
			if sent := strings.HasPrefix(got, tt.answer); sent != (tt.want == "") {
				t.Errorf("the provider's own bytes were sent: %t\n%s", sent, got)
			}
		})
	}
}

// A target that is declared to go on, and repeats what was said; and the one
// before it that fails.
func TestTheNextTargetThatCanGoesOn(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"fallback", "hedge"} {
		asked := []string{}
		front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			asked = append(asked, r.URL.Path)
			w.Header().Set("Content-Type", "text/event-stream")
			switch r.URL.Path[:3] {
			case "/a/":
				write(w, chunk("Once upon ")+chunk("a time "))
			case "/c/":
				w.WriteHeader(http.StatusServiceUnavailable)
			default:
				if !bytes.Contains(body, []byte(`{"role":"assistant","content":"Once upon a time"}`)) {
					t.Errorf("was asked %s", body)
				}
				write(w, chunk("Once ")+chunk("upon a time there")+chunk(" was")+chatEnd)
			}
		})
		node := `{"provider":"openai","api_key":"k","custom_host":"` + up.URL + `/%s","capabilities":{"prefill":%t}}`
		config := fmt.Sprintf(`{"strategy":{"mode":%q,"onBreak":"continue","delay":60000},"targets":[`+node+`,`+node+`,`+node+`,{"strategy":{"mode":"fallback"},"targets":[`+node+`,`+node+`]}]}`,
			mode, "a", true, "b", false, "c", true, "d", false, "e", true)
		status, got := post(t, front, "/v1/chat/completions", `{"model":"m","stream":true,"messages":[{"role":"user","content":"Hi"}]}`, map[string]string{"X-Portkey-Config": config})
		side := sides()[0]
		answer, err := side.collect([]byte(got))
		if err != nil || status != http.StatusOK {
			t.Fatalf("%d %v\n%s", status, err, got)
		}
		if text := answer.Choices[0].Parts[0].(*llm.Text).Text; text != "Once upon a time there was" {
			t.Errorf("%s: got %q", mode, text)
		}
		if strings.Join(asked, " ") != "/a/v1/chat/completions /c/v1/chat/completions /e/v1/chat/completions" && strings.Join(asked, " ") != "/a/chat/completions /c/chat/completions /e/chat/completions" {
			t.Errorf("%s: asked %q", mode, asked)
		}
	}
}
