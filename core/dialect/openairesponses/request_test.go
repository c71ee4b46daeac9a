package openairesponses

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func TestFaultsNameTheirPlace(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, body, want string }{
		{"not an object", `[]`, "the request body: must not be an array"},
		{"no input", `{"model":"m"}`, "input: is missing"},
		{"the wrong route", `{"messages":[]}`, "input: is missing; a body with messages belongs to /v1/chat/completions"},
		{"input", `{"input":7}`, "input: must be a string or an array of items"},
		{"an item", `{"input":[7]}`, "input[0]: must not be a number"},
		{"no type", `{"input":[{}]}`, "input[0].type: is missing"},
		{"role", `{"input":[{"role":"tool","content":"x"}]}`, "input[0].role: must be user, assistant, system or developer"},
		{"content", `{"input":[{"role":"user"}]}`, "input[0].content: is missing"},
		{"a part", `{"input":[{"role":"user","content":[{"text":"x"}]}]}`, "input[0].content[0].type: is missing"},
		{"a text", `{"input":[{"role":"user","content":[{"type":"input_text","text":7}]}]}`, "input[0].content[0].text: must be a string"},
		{"an image", `{"input":[{"role":"user","content":[{"type":"input_image"}]}]}`, "input[0].content[0]: has neither image_url nor file_id"},
		{"a file", `{"input":[{"role":"user","content":[{"type":"input_file"}]}]}`, "input[0].content[0]: has none of file_data, file_id and file_url"},
		{"a call", `{"input":[{"type":"function_call","name":"f","arguments":"{}"}]}`, "input[0].call_id: is missing"},
		{"a result", `{"input":[{"type":"function_call_output","output":"x"}]}`, "input[0].call_id: is missing"},
		{"a summary", `{"input":[{"type":"reasoning","summary":"x"}]}`, "input[0].summary: must not be a string"},
		{"instructions", `{"input":"x","instructions":[]}`, "instructions: must be a string"},
		{"tools", `{"input":"x","tools":[{"type":"function","parameters":{}}]}`, "tools[0].name: is missing"},
		{"chat's form of tools", `{"input":"x","tools":[{"type":"function","function":{"name":"f"}}]}`, "tools[0].name: is missing"},
		{"tool_choice", `{"input":"x","tool_choice":"any"}`, "tool_choice: must be none, auto, required or an object"},
		{"limit", `{"input":"x","max_output_tokens":0}`, "max_output_tokens: must be at least 1"},
		{"format", `{"input":"x","text":{"format":"json"}}`, "text.format: must not be a string"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Codec{}.DecodeRequest(core.Incoming{Body: []byte(tt.body)})
			e, ok := errors.AsType[*llm.Error](err)
			if !ok || e.Kind != llm.BadRequest || e.Message != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestItemsOfTheAssistantAreOneTurn(t *testing.T) {
	t.Parallel()
	r := decode(t, `{"input":[{"role":"user","content":"a"},
		{"type":"reasoning","summary":[{"type":"summary_text","text":"b"}],"encrypted_content":"gA"},{"role":"assistant","content":"c"},
		{"type":"function_call","call_id":"1","name":"f","arguments":"{}"},{"type":"web_search_call"},{"type":"function_call","call_id":"2","name":"g","arguments":"{}"},
		{"type":"function_call_output","call_id":"1","output":"d"},{"type":"function_call_output","call_id":"2","output":"e"},{"role":"assistant","content":"f"}]}`)
	var roles []llm.Role
	for _, turn := range r.Turns {
		roles = append(roles, turn.Role)
	}
	if want := []llm.Role{llm.User, llm.Assistant, llm.ToolRole, llm.ToolRole, llm.Assistant}; !slices.Equal(roles, want) {
		t.Errorf("got %q", roles)
	}
	if n := len(r.Turns[1].Parts); n != 5 {
		t.Errorf("the assistant says %d things", n)
	}
	thought := r.Turns[1].Parts[0].(*llm.Reasoning)
	if thought.Text != "b" || thought.Signature != "gA" || thought.Origin != llm.OpenAIResponses {
		t.Errorf("got %+v", thought)
	}
	if err := dialect.CheckToolPairs(r.Turns); err != nil {
		t.Error(err)
	}
}

func TestWhatIsStoredCanBeAskedFor(t *testing.T) {
	t.Parallel()
	r := decode(t, `{"input":"x","previous_response_id":"resp_1","conversation":{"id":"conv_1"},"background":true}`)
	if PreviousResponseID(r) != "resp_1" || Conversation(r) != "conv_1" || !Store(r) || !Background(r) {
		t.Errorf("got %q, %q, %v, %v", PreviousResponseID(r), Conversation(r), Store(r), Background(r))
	}
	r = decode(t, `{"input":"x","conversation":"conv_2","store":false}`)
	if PreviousResponseID(r) != "" || Conversation(r) != "conv_2" || Store(r) || Background(r) {
		t.Errorf("got %q, %q, %v, %v", PreviousResponseID(r), Conversation(r), Store(r), Background(r))
	}
	if Store(&llm.Request{}) {
		t.Error("a request of another dialect is stored")
	}
}

func TestLeaveRefusesWhatIsElsewhere(t *testing.T) {
	t.Parallel()
	for param, body := range map[string]string{
		"previous_response_id":   `{"input":"x","previous_response_id":"resp_1"}`,
		"conversation":           `{"input":"x","conversation":"c"}`,
		"prompt":                 `{"prompt":{"id":"p"}}`,
		"background":             `{"input":"x","background":true}`,
		"truncation":             `{"input":"x","truncation":"auto"}`,
		"tool_choice":            `{"input":"x","tool_choice":{"type":"file_search"}}`,
		"messages[0].content[0]": `{"input":[{"type":"item_reference","id":"x"}]}`,
		"messages[1].content[0]": `{"input":[{"role":"user","content":"x"},{"type":"compaction","encrypted_content":"x"}]}`,
	} {
		_, _, err := Leave(decode(t, body))
		e, ok := errors.AsType[*llm.Error](err)
		if !ok || e.Kind != llm.Unsupported || e.Param != param {
			t.Errorf("%s: got %v", body, err)
		}
	}
}

func TestLeaveTakesOnlyWhatMeansNothingElsewhere(t *testing.T) {
	t.Parallel()
	const body = `{"model":"m","input":[{"type":"message","id":"msg_0","status":"completed","role":"user","content":"a"},
		{"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[{"type":"output_text","text":"b","annotations":[]}]},
		{"type":"reasoning","id":"rs_1","summary":[]},
		{"type":"function_call","id":"fc_1","call_id":"c","name":"f","arguments":"{}","status":"completed"},{"type":"function_call_output","id":"x","call_id":"c","output":"d"}],
		"store":false,"truncation":"disabled","background":false,"include":["reasoning.encrypted_content"],"prompt_cache_key":"k",
		"tools":[{"type":"tool_search"},{"type":"function","name":"f","defer_loading":true}]}`
	r := decode(t, body)
	out, dropped, err := Leave(r)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(dropped, []string{"tools.tool_search"}) {
		t.Errorf("dropped %q", dropped)
	}
	got := dialecttest.ForeignNames(out)
	slices.Sort(got)
	if want := []string{"defer_loading", "prompt_cache_key"}; !slices.Equal(got, want) {
		t.Errorf("left over %q, want %q", got, want)
	}
	x, err := Codec{}.Prepare(r, dialect.Target{Model: "m"})
	if err != nil || dialecttest.Canonical(t, x.Body(), normalize) != dialecttest.Canonical(t, []byte(body), normalize) {
		t.Errorf("the request itself was changed: %s, %v", x.Body(), err)
	}
	chat := &llm.Request{Native: ofChat(`{"prompt":1}`)}
	if same, _, err := Leave(chat); same != chat || err != nil {
		t.Errorf("a request of chat became %v, %v", same, err)
	}
}

func TestFormsAreNotReportedAsLost(t *testing.T) {
	t.Parallel()
	r := decode(t, `{"model":"m","instructions":"i","reasoning":{"effort":"low","summary":"auto"},"text":{"format":{"type":"text"}},"stream":true,"input":[
		{"role":"user","content":[{"type":"input_text","text":"a"},{"type":"input_image","image_url":"data:application/pdf;base64,QQ=="}]},
		{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"x"}]},
		{"role":"assistant","content":[{"type":"output_text","text":"b","annotations":[]},{"type":"refusal","refusal":"no"}]},
		{"type":"custom_tool_call","call_id":"c","name":"p","input":"x"},{"type":"custom_tool_call_output","call_id":"c","output":[{"type":"input_text","text":"d"}]}],
		"tools":[{"type":"namespace","name":"n","tools":[{"type":"function","name":"f","description":"","parameters":null,"strict":null}]}]}`)
	if got := dialecttest.ForeignNames(r); got != nil {
		t.Errorf("reported %q", got)
	}
}

// A namespace is there and back again: who does not know namespaces gets a
// name of its own for the tool, and the client its two.
func TestNamespacesGoThroughOtherDialects(t *testing.T) {
	t.Parallel()
	r := decode(t, `{"model":"m","input":"x","tools":[{"type":"namespace","name":"mcp__x","tools":[{"type":"function","name":"get","parameters":{"type":"object"}}]}]}`)
	elsewhere := &llm.Request{Tools: []llm.Tool{{Kind: r.Tools[0].Kind, Name: r.Tools[0].Name}}}
	x := prepare(t, elsewhere)
	sent := json.Unquote(json.Lookup(x.Body(), "tools", "0", "name"))
	if !strings.HasPrefix(sent, "mcp__x_get_") || legal(sent) != sent {
		t.Errorf("sent %q", sent)
	}
	answer, err := x.DecodeResponse([]byte(`{"id":"resp_1","output":[{"type":"function_call","id":"fc_1","call_id":"c","name":"` + sent + `","arguments":"{}"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	got := json.Lookup(encoded(t, answer, dialect.Options{}), "output", "0")
	want := `{"id":"fc_1","status":"completed","type":"function_call","call_id":"c","namespace":"mcp__x","name":"get","arguments":"{}"}`
	if string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Thoughts of other providers go home by way of a client, and nowhere else.
func TestSealsKeepTheOrigin(t *testing.T) {
	t.Parallel()
	for _, want := range []llm.Reasoning{
		{Text: "a\n\nb", Signature: "EqQ:x", Origin: llm.Anthropic},
		{Redacted: "ZZ", Origin: llm.Converse},
		{Text: "a", Origin: llm.OpenAIChat},
		{Text: "a", Signature: "gA", Origin: llm.OpenAIResponses},
	} {
		r := want
		out := encoded(t, &llm.Response{Choices: []llm.Choice{{Parts: []llm.Part{&r}}}}, dialect.Options{})
		item := json.Lookup(out, "output", "0")
		again := decode(t, `{"input":[`+string(item)+`]}`)
		got := *again.Turns[0].Parts[0].(*llm.Reasoning)
		got.Native = llm.Native{}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", item, got, want)
		}
		x, err := Codec{}.Prepare(again, dialect.Target{})
		if err != nil {
			t.Fatal(err)
		}
		if home := want.Origin == llm.OpenAIResponses; strings.Contains(string(x.Body()), `"reasoning"`) != home {
			t.Errorf("%s became %s", item, x.Body())
		}
	}
	// Events do not say where Claude's thoughts come from.
	r := llm.Reasoning{Text: "a", Signature: "EqQ"}
	unseal(&r, sealed(&r))
	if r.Origin != "" || r.Signature != "EqQ" {
		t.Errorf("got %+v", r)
	}
}

func TestThoughtsOfOthersLeaveASplicedBody(t *testing.T) {
	t.Parallel()
	const before = `{ "model":"m", "input":[{"type":"reasoning","encrypted_content":"gA"},`
	const foreign = ` {"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"sluice:anthropic:s:x"},`
	const after = `{"role":"user","content":"\"sluice: hi"}] , "x":1.50}`
	got, dropped, err := WithoutForeign([]byte(before + foreign + after))
	if err != nil || string(got) != before+after || !slices.Equal(dropped, []string{"input[1] (reasoning)"}) {
		t.Errorf("got %s, %q, %v", got, dropped, err)
	}
	for _, body := range []string{before + after, `{"input":"\"sluice:"}`, `{"input":"x","user":"sluice:x"}`, `{"input":["sluice:x"]}`} {
		if got, dropped, err := WithoutForeign([]byte(body)); string(got) != body || dropped != nil || err != nil {
			t.Errorf("%s became %s, %q, %v", body, got, dropped, err)
		}
	}
}
