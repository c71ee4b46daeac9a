package legacy

import (
	"slices"
	"strings"
	"testing"

	"sluice/core/dialect"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func ptr[T any](v T) *T { return &v }

func said(role llm.Role, parts ...llm.Part) llm.Turn { return llm.Turn{Role: role, Parts: parts} }
func text(s string) *llm.Text                        { return &llm.Text{Text: s} }

var all = map[string]Codec{"ai21": AI21, "palm": PaLM, "reka-ai": Reka, "reka chat": RekaChat, "bytez": Bytez}

// everything is a conversation with all that can be said to these services.
var everything = llm.Request{
	Model: "m", Turns: []llm.Turn{
		said(llm.System, text("Be brief.")), said(llm.User, text("Hello")), said(llm.Assistant, text("Hi")), said(llm.User, text("One"), text("Two")),
	},
	N: ptr[int64](1), MaxTokens: ptr[int64](20), Temperature: "0.30", TopP: "0.9", TopK: ptr[int64](4), Stop: []string{"END"}, Seed: ptr[int64](7),
	PresencePenalty: "0.1", FrequencyPenalty: "0.2",
}

func TestRequests(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct{ body, dropped string }{
		"ai21": {`{"system":"Be brief.","messages":[{"role":"user","text":"Hello"},{"role":"assistant","text":"Hi"},{"role":"user","text":"One\nTwo"}],` +
			`"numResults":1,"maxTokens":20,"temperature":0.30,"topP":0.9,"topKReturn":4,"stopSequences":["END"],"presencePenalty":{"scale":0.1},"frequencyPenalty":{"scale":0.2}}`, "seed"},
		"palm": {`{"model":"m","prompt":{"context":"Be brief.","messages":[{"author":"user","content":"Hello"},{"author":"assistant","content":"Hi"},{"author":"user","content":"One\nTwo"}]},` +
			`"candidateCount":1,"maxOutputTokens":20,"temperature":0.30,"topP":0.9,"topK":4,"stopSequences":["END"]}`, "seed presence_penalty frequency_penalty"},
		"reka-ai": {`{"model_name":"m","conversation_history":[{"type":"human","text":"Be brief."},{"type":"model","text":"Placeholder for alternation"},{"type":"human","text":"Hello"},` +
			`{"type":"model","text":"Hi"},{"type":"human","text":"One\nTwo"}],"request_output_len":20,"temperature":0.30,"runtime_top_p":0.9,"runtime_top_k":4,"stop_words":["END"],` +
			`"random_seed":7,"presence_penalty":0.1,"frequency_penalty":0.2}`, ""},
		"reka chat": {`{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"Be brief."},{"type":"text","text":"Hello"}]},{"role":"assistant","content":[{"type":"text","text":"Hi"}]},` +
			`{"role":"user","content":[{"type":"text","text":"One\nTwo"}]}],"max_tokens":20,"temperature":0.30,"top_p":0.9,"top_k":4,"stop":["END"],"seed":7,"presence_penalty":0.1,"frequency_penalty":0.2}`, ""},
		"bytez": {`{"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hello"},{"role":"assistant","content":"Hi"},{"role":"user","content":"One\nTwo"}],` +
			`"params":{"max_new_tokens":20,"temperature":0.30,"top_p":0.9}}`, "top_k stop seed presence_penalty frequency_penalty"},
	} {
		x, err := all[name].Prepare(&everything, dialect.Target{Provider: name})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if string(x.Body()) != want.body || strings.Join(x.Dropped(), " ") != want.dropped || x.Header() != nil {
			t.Errorf("%s: %s\nwant %s\ndropped %q, want %s", name, x.Body(), want.body, x.Dropped(), want.dropped)
		}
	}
}

// TestWhatEveryServiceLacks: what shapes an answer is named, what would make
// another one is refused.
func TestWhatEveryServiceLacks(t *testing.T) {
	t.Parallel()
	hi := []llm.Turn{said(llm.User, text("Hi"))}
	shaped := llm.Request{
		Turns:  []llm.Turn{said(llm.Assistant, &llm.Reasoning{Text: "Hm."}, &llm.Refusal{Text: "No."}), said(llm.User, &llm.Media{Kind: llm.Document, Name: "n", Text: "doc"})},
		Output: llm.Output{Kind: llm.OutputJSON}, Reasoning: llm.Thinking{Mode: llm.ThinkingOn, Effort: "low"}, User: "u", ServiceTier: "flex", Cache: &llm.CacheMark{},
		Native: llm.Native{Dialect: llm.OpenAIChat, Members: json.Value(`{"logit_bias":{"1":1}}`)},
		Tools:  []llm.Tool{{Kind: llm.FunctionTool, Name: "f"}}, ToolChoice: llm.ToolChoice{Mode: llm.ToolNone},
	}
	lost := []string{"response_format", "thinking", "reasoning_effort", "user", "service_tier", "cache_control", "messages.content (reasoning)", "logit_bias"}
	refused := map[string]llm.Request{
		"tools":            {Turns: hi, Tools: []llm.Tool{{Kind: llm.FunctionTool, Name: "f"}}},
		"messages":         {Turns: []llm.Turn{said(llm.Assistant, &llm.ToolCall{ID: "1", Name: "f"})}},
		"messages.content": {Turns: []llm.Turn{said(llm.User, &llm.Media{Kind: llm.Audio, Data: "AA=="})}},
	}
	for name, c := range all {
		x, err := c.Prepare(&shaped, dialect.Target{})
		if err != nil || !slices.Equal(x.Dropped(), lost) || !strings.Contains(string(x.Body()), `n\ndoc`) {
			t.Errorf("%s: %v, dropped %q", name, err, x.Dropped())
		}
		for param, r := range refused {
			_, err := c.Prepare(&r, dialect.Target{})
			if e, ok := err.(*llm.Error); !ok || e.HTTPStatus() != 400 || e.Param != param {
				t.Errorf("%s, %s: %v", name, param, err)
			}
		}
	}
	for _, c := range []Codec{Reka, RekaChat, Bytez} {
		if _, err := c.Prepare(&llm.Request{Turns: hi, N: ptr[int64](2)}, dialect.Target{}); err == nil {
			t.Errorf("%s gives two answers", c.Dialect())
		}
	}
}

// TestAPictureInTheFirstMessage is fault 62 of the reference: it crashed.
func TestAPictureInTheFirstMessage(t *testing.T) {
	t.Parallel()
	picture := &llm.Media{Kind: llm.Image, MediaType: "image/png", Data: "AA=="}
	body := func(c Codec, turns ...llm.Turn) string {
		x, err := c.Prepare(&llm.Request{Turns: turns}, dialect.Target{})
		if err != nil {
			return err.Error()
		}
		return string(x.Body())
	}
	const first = `{"type":"human","text":"","media_url":"data:image/png;base64,AA=="}`
	for _, tt := range []struct{ name, got, want string }{
		{"alone", body(Reka, said(llm.User, picture)), `{"conversation_history":[` + first + `]}`},
		{"later", body(Reka, said(llm.User, text("Hi")), said(llm.Assistant, text("Yes?")), said(llm.User, picture, text("What?"))),
			`{"conversation_history":[` + first + `,{"type":"model","text":"Placeholder for alternation"},{"type":"human","text":"Hi"},{"type":"model","text":"Yes?"},{"type":"human","text":"What?"}]}`},
		{"two", body(Reka, said(llm.User, picture, picture)), "messages.content: reka takes one image"},
		{"by id", body(Reka, said(llm.User, &llm.Media{Kind: llm.Image, FileID: "f"})), "messages.content: reka does not take image input like this"},
		{"by URL, today", body(RekaChat, said(llm.System, text("s")), said(llm.Assistant, text("a")), said(llm.User, &llm.Media{Kind: llm.Image, URL: "https://e.x/a.png"}, text("What?"))),
			`{"messages":[{"role":"user","content":[{"type":"text","text":"s"}]},{"role":"assistant","content":[{"type":"text","text":"a"}]},` +
				`{"role":"user","content":[{"type":"image_url","image_url":"https://e.x/a.png"},{"type":"text","text":"What?"}]}]}`},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %s\nwant %s", tt.name, tt.got, tt.want)
		}
	}
}

func TestMembersOfTheServicesOwn(t *testing.T) {
	t.Parallel()
	r := llm.Request{Native: llm.Native{Dialect: llm.OpenAIChat, Members: json.Value(`{"minTokens":3,"countPenalty":{"scale":1},"length_penalty":0.5,"use_search_engine":true}`)}}
	for c, want := range map[Codec]string{
		AI21:     `{"messages":[],"minTokens":3,"countPenalty":{"scale":1}} [length_penalty use_search_engine]`,
		Reka:     `{"conversation_history":[],"length_penalty":0.5,"use_search_engine":true} [minTokens countPenalty]`,
		RekaChat: `{"messages":[],"use_search_engine":true} [minTokens countPenalty length_penalty]`,
	} {
		x, err := c.Prepare(&r, dialect.Target{})
		if err != nil {
			t.Fatal(err)
		}
		if got := string(x.Body()) + " [" + strings.Join(x.Dropped(), " ") + "]"; got != want {
			t.Errorf("%s: %s\nwant %s", c.Dialect(), got, want)
		}
	}
}

// TestAPromptHasItsOwnForm: a completion is no conversation of one message.
func TestAPromptHasItsOwnForm(t *testing.T) {
	t.Parallel()
	r := llm.Request{Model: "m", Turns: []llm.Turn{said(llm.User, text("Once"))}, MaxTokens: ptr[int64](5), Native: llm.Native{Dialect: llm.OpenAIText}}
	for c, want := range map[Codec]string{
		AI21: `{"prompt":"Once","maxTokens":5}`,
		PaLM: `{"model":"m","prompt":{"text":"Once"},"maxOutputTokens":5}`,
	} {
		x, err := c.Prepare(&r, dialect.Target{})
		if err != nil || string(x.Body()) != want {
			t.Errorf("%s: %v, want %s", c.Dialect(), err, want)
		}
	}
}

// TestAnswers reads what each service says, also where it says little: nobody
// makes up a reason or a count.
func TestAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		c    Codec
		body string
		want string // texts, reasons, tokens
	}{
		{"ai21", AI21, `{"id":"a1","outputs":[{"text":"Hi","finishReason":{"reason":"endoftext"}},{"text":"Ho","finishReason":{"reason":"length"}}]}`, "a1 Hi/stop Ho/length"},
		{"ai21, id as a number", AI21, `{"id":12,"outputs":[{"text":"Hi","finishReason":{"reason":"why"}}]}`, "12 Hi/other"},
		{"ai21, of a prompt", AI21, `{"id":"c","completions":[{"data":{"text":" Hi"},"finishReason":{"reason":"length"}}]}`, "c  Hi/length"},
		{"palm, of a prompt", PaLM, `{"candidates":[{"output":"Hi"}]}`, " Hi/stop"},
		{"palm", PaLM, `{"candidates":[{"author":"1","content":"Hi"}]}`, " Hi/stop"},
		{"palm, refused", PaLM, `{"filters":[{"reason":"SAFETY"}]}`, " /content_filter"},
		{"reka", Reka, `{"type":"model","text":"A cat","finish_reason":"stop","metadata":{"input_tokens":5,"generated_tokens":2}}`, " A cat/stop 5+2"},
		{"reka, uncounted", Reka, `{"text":"","finish_reason":"length"}`, " /length"},
		{"reka chat", RekaChat, `{"id":"r","responses":[{"message":{"role":"assistant","content":[{"type":"text","text":"Hi"}]},"finish_reason":"context"}],"usage":{"input_tokens":3,"output_tokens":1}}`, "r Hi/context_length 3+1"},
		{"bytez", Bytez, `{"error":null,"output":{"role":"assistant","content":"Hi"}}`, " Hi/stop"},
		{"bytez, plain", Bytez, `{"output":"Hi"}`, " Hi/stop"},
		{"bytez, parts", Bytez, `{"output":{"content":[{"type":"text","text":"H"},{"type":"text","text":"i"}]}}`, " Hi/stop"},
	}
	for _, tt := range tests {
		r, err := tt.c.Raw(nil).DecodeResponse([]byte(tt.body))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got := show(r); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func show(r *llm.Response) string {
	out := r.ID
	for _, c := range r.Choices {
		out += " "
		for _, p := range c.Parts {
			out += p.(*llm.Text).Text
		}
		out += "/" + string(c.Finish.Reason)
	}
	if u := r.Usage; u != nil {
		out += " " + string(rune('0'+u.Input)) + "+" + string(rune('0'+u.Output))
	}
	return out
}

func TestWhatIsNoAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range all {
		x := c.Raw(nil)
		for _, body := range []string{`{}`, `[]`, `<html>`, `{"error":"no"}`, `{"error":{"message":"no"}}`} {
			if r, err := x.DecodeResponse([]byte(body)); err == nil {
				t.Errorf("%s: %s is read as %+v", name, body, r)
			}
		}
		if _, err := x.DecodeStream().Decode(nil, frame.Frame{Data: []byte("x")}); err == nil {
			t.Errorf("%s reads a stream", name)
		}
		if _, err := x.DecodeStream().Flush(nil); err == nil {
			t.Errorf("%s reads an empty stream", name)
		}
	}
	for c, body := range map[Codec]string{AI21: `{"detail":"Unprocessable"}`, Reka: `{"detail":[{"loc":["body","x"],"msg":"bad"}]}`, Bytez: `{"error":"Bad model","output":null}`, PaLM: `{"error":{"message":"no"}}`} {
		if e := c.Raw(nil).DecodeError(422, nil, []byte(body)); e.Message == "" || e.Kind != llm.BadRequest {
			t.Errorf("%s: %+v", c.Dialect(), e)
		}
	}
}

// FuzzAnswer: whatever comes is an answer or an error.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{
		`{"outputs":[{"text":"x","finishReason":{"reason":"stop"}}]}`, `{"candidates":[{"content":"x"}],"filters":[{}]}`, `{"text":"x","metadata":{}}`,
		`{"output":{"content":[{"text":"x"},7]}}`, `{"responses":[{"message":{"content":"x"}}],"usage":{}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for name, c := range all {
			r, err := c.Raw(nil).DecodeResponse(body)
			if err == nil && len(r.Choices) == 0 {
				t.Fatalf("%s: %s is an answer that says nothing", name, body)
			}
		}
	})
}
