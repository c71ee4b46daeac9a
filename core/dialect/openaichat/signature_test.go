package openaichat

import (
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/frame"
	"sluice/core/llm"
)

const (
	asReference = `"thought_signature":"c2ln"`
	asGoogle    = `"extra_content":{"google":{"thought_signature":"c2ln"}}`
)

func TestThoughtSignaturesAreReadInBothForms(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]string{
		"the reference's": `{"id":"a","type":"function","function":{"name":"f","arguments":"{}",` + asReference + `}}`,
		"Google's":        `{"id":"a","type":"function","function":{"name":"f","arguments":"{}"},` + asGoogle + `}`,
	} {
		body := `{"model":"m","messages":[{"role":"assistant","content":null,"tool_calls":[` + call + `]}]}`
		r, err := Codec{}.DecodeRequest(core.Incoming{Body: []byte(body)})
		if err != nil {
			t.Fatal(err)
		}
		if c := r.Turns[0].Parts[0].(*llm.ToolCall); c.Signature != "c2ln" {
			t.Errorf("%s: signature %q", name, c.Signature)
		}
		chunk := `{"id":"c","choices":[{"index":0,"delta":{"tool_calls":[` + strings.Replace(call, `{"id"`, `{"index":0,"id"`, 1) + `]}}]}`
		events, err := Codec{}.Raw(nil).DecodeStream().Decode(nil, frame.Frame{Data: []byte(chunk)})
		if err != nil || len(events) < 2 || events[1].Text != "c2ln" {
			t.Errorf("%s, streamed: %+v, %v", name, events, err)
		}
	}
}

// A strict client gets nothing that OpenAI does not have.
func TestThoughtSignaturesAreWritten(t *testing.T) {
	t.Parallel()
	r := &llm.Response{ID: "r", Choices: []llm.Choice{{Parts: []llm.Part{&llm.ToolCall{ID: "a", Name: "f", Arguments: "{}", Signature: "c2ln"}}, Finish: llm.Finish{Reason: llm.FinishToolCalls}}}}
	for _, strict := range []bool{false, true} {
		o := dialect.Options{Strict: strict}
		whole, err := Codec{}.EncodeResponse(r, o)
		if err != nil {
			t.Fatal(err)
		}
		s, streamed := Codec{}.EncodeStream(o), []byte(nil)
		for e := range r.Events() {
			if streamed, err = s.Encode(streamed, e); err != nil {
				t.Fatal(err)
			}
		}
		for _, out := range []string{string(whole), string(streamed)} {
			for _, form := range []string{asReference, asGoogle} {
				if strings.Contains(out, form) == strict {
					t.Errorf("strict %v: %s in\n%s", strict, form, out)
				}
			}
		}
	}
}

func TestPicturesAreStreamedToClientsThatAreNotStrict(t *testing.T) {
	t.Parallel()
	r := &llm.Response{ID: "r", Choices: []llm.Choice{{Parts: []llm.Part{&llm.Media{Kind: llm.Image, MediaType: "image/png", Data: "QQ=="}}, Finish: llm.Finish{Reason: llm.FinishStop}}}}
	for _, strict := range []bool{false, true} {
		s, out := Codec{}.EncodeStream(dialect.Options{Strict: strict}), []byte(nil)
		for e := range r.Events() {
			var err error
			if out, err = s.Encode(out, e); err != nil {
				t.Fatal(err)
			}
		}
		const want = `"content_blocks":[{"index":0,"delta":{"type":"image_url","image_url":{"url":"data:image/png;base64,QQ=="}}}]`
		if strings.Contains(string(out), want) == strict {
			t.Errorf("strict %v:\n%s", strict, out)
		}
	}
}

// What a call was signed with is nothing for OpenAI.
func TestThoughtSignaturesOfOthersAreReportedDropped(t *testing.T) {
	t.Parallel()
	r := &llm.Request{Model: "m", Turns: []llm.Turn{
		{Role: llm.User, Parts: []llm.Part{&llm.Text{Text: "Hi"}}},
		{Role: llm.Assistant, Parts: []llm.Part{&llm.ToolCall{ID: "a", Name: "f", Arguments: "{}", Signature: "c2ln"}}},
		{Role: llm.ToolRole, Parts: []llm.Part{&llm.ToolResult{CallID: "a", Parts: []llm.Part{&llm.Text{Text: "1"}}}}},
	}}
	x, err := Codec{}.Prepare(r, dialect.Target{Provider: "openai", Model: "m"})
	if err != nil || strings.Contains(string(x.Body()), "c2ln") || !strings.Contains(strings.Join(x.Dropped(), " "), "thought_signature") {
		t.Errorf("%s\ndropped %q, %v", x.Body(), x.Dropped(), err)
	}
}
