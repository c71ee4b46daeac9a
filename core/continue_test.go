package core

import (
	"testing"

	"sluice/core/llm"
)

// asked is a call for a stream of words.
func asked(r llm.Request) *Call {
	return (&Call{Incoming: Incoming{Stream: true}, Operation: llm.Generate, Decoder: decoder{&r}}).Prepare()
}

type decoder struct{ r *llm.Request }

func (d decoder) DecodeRequest(Incoming) (*llm.Request, error) { return d.r, nil }

var question = llm.Request{Turns: []llm.Turn{{Role: llm.User, Parts: []llm.Part{&llm.Text{Text: "go"}}}}}

func TestACallGoesOnFromWhatWasSaid(t *testing.T) {
	t.Parallel()
	limit := int64(100)
	ask := llm.Turn{Role: llm.User, Parts: []llm.Part{&llm.Text{Text: "go"}}}
	begun := llm.Turn{Role: llm.Assistant, Parts: []llm.Part{&llm.Text{Text: "Once "}}}
	tests := []struct {
		name  string
		turns []llm.Turn
		text  string
		want  string // the last words
		turn  int    // how many turns
		left  int64
	}{
		{"after a question", []llm.Turn{ask}, "upon a time", "upon a time", 2, 97},
		{"without the white space at its end", []llm.Turn{ask}, "upon a\u00a0\n\t", "upon a", 2, 97},
		{"after what the client began", []llm.Turn{ask, begun}, "upon a time ", "Once upon a time", 2, 97},
		{"after nothing", nil, "upon", "upon", 1, 99},
		{"after more than there is room for", []llm.Turn{ask}, string(make([]byte, 1000)), string(make([]byte, 1000)), 2, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := llm.Request{Turns: tt.turns, MaxTokens: &limit, Reasoning: llm.Thinking{Mode: llm.ThinkingOn}}
			c := asked(r).Continue(tt.text).WithBody(nil) // overrides change the body, and nothing of this
			got, err := c.Request()
			if err != nil || !c.Continues() {
				t.Fatal(err, c.Continues())
			}
			if c.Ending() != tt.want || len(got.Turns) != tt.turn || *got.MaxTokens != tt.left || !got.Reasoning.IsZero() {
				t.Errorf("goes on from %q in %d turns, with room for %d, thinking %+v", c.Ending(), len(got.Turns), *got.MaxTokens, got.Reasoning)
			}
			if got.Turns[len(got.Turns)-1].Role != llm.Assistant || begun.Parts[0].(*llm.Text).Text != "Once " || limit != 100 {
				t.Error("the client's request was changed")
			}
		})
	}
}

func TestWhiteSpaceIsNothingToGoOnFrom(t *testing.T) {
	t.Parallel()
	c := asked(question).Continue(" \n")
	r, err := c.Request()
	if err != nil || c.Continues() || len(r.Turns) != 1 || c.Ending() != "" {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestWhatMustBeOnePiece(t *testing.T) {
	t.Parallel()
	two := int64(2)
	members := func(m string) llm.Request { return llm.Request{Native: llm.NativeOf(llm.OpenAIChat, []byte(m))} }
	tests := []struct {
		name    string
		request llm.Request
		change  func(*Call)
		want    string
	}{
		{"words", question, nil, ""},
		{"words, with tools at hand", llm.Request{Tools: []llm.Tool{{Name: "t"}}}, nil, ""},
		{"not streamed", question, func(c *Call) { c.Stream = false }, "it is not a stream of words"},
		{"vectors", question, func(c *Call) { c.Operation = llm.Embed }, "it is not a stream of words"},
		{"two answers", llm.Request{N: &two}, nil, "several answers were asked for"},
		{"JSON", llm.Request{Output: llm.Output{Kind: llm.OutputJSON}}, nil, "JSON was asked for"},
		{"JSON of a schema", llm.Request{Output: llm.Output{Kind: llm.OutputSchema}}, nil, "JSON was asked for"},
		{"logprobs", members(`{"logprobs":true}`), nil, "logprobs were asked for"},
		{"no logprobs", members(`{"logprobs":false,"top_logprobs":null}`), nil, ""},
		{"Google's logprobs", members(`{"generationConfig":{"responseLogprobs":true}}`), nil, "logprobs were asked for"},
		{"logprobs of Responses", members(`{"include":["message.output_text.logprobs"]}`), nil, "logprobs were asked for"},
	}
	for _, tt := range tests {
		c := asked(tt.request)
		if tt.change != nil {
			tt.change(c)
		}
		if got := c.WholeOnly(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
