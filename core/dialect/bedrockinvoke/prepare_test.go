package bedrockinvoke

import (
	"io"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/frame"
	"sluice/core/llm"
)

func turn(role llm.Role, parts ...llm.Part) llm.Turn { return llm.Turn{Role: role, Parts: parts} }

func say(text string) llm.Part { return &llm.Text{Text: text} }

func TestConversationsBecomePrompts(t *testing.T) {
	t.Parallel()
	talk := []llm.Turn{turn(llm.System, say("Be brief")), turn(llm.User, say("Hi")), turn(llm.Assistant, say("Yes?")), turn(llm.User, say("Go"))}
	for model, want := range map[string]string{
		"ai21.j2-ultra-v1":        `{"prompt":"system: Be brief\nuser: Hi\nassistant: Yes?\nuser: Go\nAssistant:","numResults":2}`,
		"anthropic.claude-v2":     `{"prompt":"Be brief\n\nHuman: Hi\n\nAssistant: Yes?\n\nHuman: Go\n\nAssistant:"}`,
		"cohere.command-text-v14": `{"prompt":"system: Be brief\nuser: Hi\nassistant: Yes?\nuser: Go\nAssistant:","num_generations":2}`,
	} {
		r := &llm.Request{Turns: talk}
		if model != "anthropic.claude-v2" {
			r.N = new(int64(2))
		}
		x, err := Codec{}.Prepare(r, dialect.Target{Model: model})
		if err != nil || string(x.Body()) != want {
			t.Errorf("%s: %v %s, want %s", model, err, x.Body(), want)
		}
	}
}

func TestWhatAPromptCannotSayIsRefusedOrReported(t *testing.T) {
	t.Parallel()
	const llama = "meta.llama3-8b-instruct-v1:0"
	one := []llm.Turn{turn(llm.User, say("Hi"))}
	for name, r := range map[string]*llm.Request{
		"tools": {Turns: one, Tools: []llm.Tool{{Kind: llm.FunctionTool, Name: "f"}}},
		"image": {Turns: []llm.Turn{turn(llm.User, &llm.Media{Kind: llm.Image, Data: "AA"})}},
		"n":     {Turns: one, N: new(int64(2))},
	} {
		if x, err := (Codec{}).Prepare(r, dialect.Target{Model: llama}); err == nil {
			t.Errorf("%s: became %s", name, x.Body())
		}
	}
	r := &llm.Request{Turns: one, Stop: []string{"x"}, TopK: new(int64(3)), Seed: new(int64(1)), Native: llm.NativeOf(llm.OpenAIChat, []byte(`{"logit_bias":{"1":2}}`))}
	x, err := Codec{}.Prepare(r, dialect.Target{Model: llama})
	if err != nil || strings.Join(x.Dropped(), " ") != "top_k stop seed logit_bias" && strings.Join(x.Dropped(), " ") != "seed stop top_k logit_bias" {
		t.Errorf("dropped %q, %v", x.Dropped(), err)
	}
}

// TestAFormThatNobodyKnowsIsPassedOn: its chunks are parts that only this
// dialect has a word for, and the metrics end them.
func TestAFormThatNobodyKnowsIsPassedOn(t *testing.T) {
	t.Parallel()
	raw := dialecttest.EventStream(t, []byte(`chunk {"message":"a film"}
chunk {"finishReason":"stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":8,"outputTokenCount":5}}`))
	dialecttest.EverySplit(t, raw, func(r io.Reader) string {
		var events []llm.Event
		for e, err := range core.Events(frame.EventStream(r, 0), Codec{}.Raw(nil).DecodeStream()) {
			if err != nil {
				t.Fatal(err)
			}
			events = append(events, e)
		}
		last := len(events) - 1
		if last < 2 || !events[1].Content() || events[last].Kind != llm.EventDone || events[last-1].Usage.Output != 5 {
			t.Fatal(dialecttest.Dump(events, nil))
		}
		return dialecttest.Dump(events, nil)
	})
}

// TestNovaLeavesOutWhatOnlyConverseHas: guardrails are headers of InvokeModel.
func TestNovaLeavesOutWhatOnlyConverseHas(t *testing.T) {
	t.Parallel()
	r := &llm.Request{Turns: []llm.Turn{turn(llm.User, say("Hi"))}, TopK: new(int64(7)), Native: llm.NativeOf(llm.Converse, []byte(`{"guardrailConfig":{"guardrailIdentifier":"g"}}`))}
	x, err := Codec{}.Prepare(r, dialect.Target{Model: "amazon.nova-lite-v1:0"})
	if err != nil {
		t.Fatal(err)
	}
	if body := string(x.Body()); !strings.Contains(body, `"inferenceConfig":{"topK":7}`) || strings.Contains(body, "guardrail") || strings.Join(x.Dropped(), " ") != "guardrailConfig" {
		t.Errorf("%s, dropped %q", body, x.Dropped())
	}
}
