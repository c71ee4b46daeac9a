package openaitext

import (
	"errors"
	"strings"
	"testing"

	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
	"sluice/core/llm"
)

func TestAnswersOfOtherDialectsBecomeOneText(t *testing.T) {
	t.Parallel()
	r := &llm.Response{ID: "msg_1", Model: "claude", Created: 5, Choices: []llm.Choice{{
		Parts:  []llm.Part{&llm.Reasoning{Text: "hm"}, &llm.Text{Text: "a "}, &llm.Text{Text: "b"}, &llm.Refusal{Text: "!"}},
		Finish: llm.Finish{Reason: llm.FinishLength, Raw: "max_tokens"},
	}}, Usage: &llm.Usage{Input: 3, CacheRead: 2, Output: 1}}
	for strict, word := range map[bool]string{true: "length", false: "max_tokens"} {
		got, err := Codec{}.EncodeResponse(r, dialect.Options{Provider: "anthropic", Strict: strict})
		if err != nil {
			t.Fatal(err)
		}
		want := `{"id":"msg_1","object":"text_completion","created":5,"model":"claude","provider":"anthropic",` +
			`"choices":[{"text":"a b!","index":0,"logprobs":null,"finish_reason":"` + word + `"}],` +
			`"usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6,"prompt_tokens_details":{"cached_tokens":2},"cache_read_input_tokens":2,"cache_creation_input_tokens":0}}`
		if string(got) != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	for body, says := range map[string]string{
		`{"error":{"message":"no such model","code":"model_not_found"}}`: "no such model",
		`{"object":"text_completion"}`:                                   "it has no choices",
		`{"choices":[{"index":"x"}]}`:                                    "not a text completion",
		`<html>`:                                                         "not a text completion",
	} {
		_, err := Codec{}.Raw(nil).DecodeResponse([]byte(body))
		if e, ok := errors.AsType[*llm.Error](err); !ok || !strings.Contains(e.Message, says) || e.RawDialect != llm.OpenAIText {
			t.Errorf("%s: got %+v", body, err)
		}
	}
}

func TestStreamsOfOtherDialects(t *testing.T) {
	t.Parallel()
	events := []llm.Event{
		{Kind: llm.EventStart, ID: "msg_1", Model: "claude", Created: 5, Native: llm.Native{Dialect: llm.Anthropic}},
		{Kind: llm.EventPartStart, PartKind: llm.ReasoningPart}, {Kind: llm.EventReasoning, Text: "hm"}, {Kind: llm.EventPartStop},
		{Kind: llm.EventPartStart, PartKind: llm.TextPart, Part: 1}, {Kind: llm.EventText, Part: 1, Text: "a"}, {Kind: llm.EventPartStop, Part: 1},
		{Kind: llm.EventFinish, Finish: llm.Finish{Reason: llm.FinishStop, Raw: "end_turn"}},
		{Kind: llm.EventUsage, Usage: &llm.Usage{Input: 3, Output: 1}}, {Kind: llm.EventDone},
	}
	const head = `data: {"id":"msg_1","object":"text_completion","created":5,"model":"claude","choices":[`
	text := head + `{"text":"a","index":0,"logprobs":null,"finish_reason":null}]}` + "\n\n" + head + `{"text":"","index":0,"logprobs":null,"finish_reason":"stop"}]}` + "\n\n"
	usage := head + `],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}` + "\n\n"
	for asked, want := range map[bool]string{false: text + "data: [DONE]\n\n", true: text + usage + "data: [DONE]\n\n"} {
		if got := dialecttest.Written(t, Codec{}.EncodeStream(dialect.Options{Strict: true, IncludeUsage: asked}), events...); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func TestAnErrorEndsAStreamWithoutAReason(t *testing.T) {
	t.Parallel()
	enc := Codec{}.EncodeStream(dialect.Options{Provider: "anthropic"})
	out := enc.Error(nil, &llm.Error{Kind: llm.Overloaded, Message: "later"})
	if want := `data: {"error":{"message":"anthropic error: later","type":"overloaded_error","param":null,"code":null}}` + "\n\n"; string(out) != want {
		t.Errorf("got %s", out)
	}
	if more, err := enc.Flush(nil); len(more) > 0 || err != nil {
		t.Errorf("and then %s, %v", more, err)
	}
	if more := enc.Error(nil, &llm.Error{}); len(more) > 0 {
		t.Errorf("and then %s", more)
	}
}
