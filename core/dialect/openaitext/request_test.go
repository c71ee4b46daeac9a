package openaitext

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/llm"
)

func TestBadRequestsNameThePlace(t *testing.T) {
	t.Parallel()
	tests := []struct{ body, param, says string }{
		{`{"prompt":7}`, "prompt", "must be a string"},
		{`{"prompt":[]}`, "prompt", "must be a string"},
		{`{"prompt":["a",1]}`, "prompt", "must be a string"},
		{`{"prompt":[["a"]]}`, "prompt", "must be a string"},
		{`{"prompt":[[[1]]]}`, "prompt", "must be a string"},
		{`{"prompt":"a","n":0}`, "n", "at least 1"},
		{`{"prompt":"a","max_tokens":-1}`, "max_tokens", "at least 0"},
		{`{"prompt":"a","temperature":"hot"}`, "temperature", "must be a number"},
		{`{"prompt":"a","stop":[1]}`, "stop[0]", "must not be a number"},
		{`{"prompt":"a","prompt":"b"}`, "prompt", "duplicate"},
		{`[]`, "", "the request body"},
	}
	for _, tt := range tests {
		_, err := Codec{}.DecodeRequest(core.Incoming{Body: []byte(tt.body)})
		e, ok := errors.AsType[*llm.Error](err)
		if !ok || e.Kind != llm.BadRequest || e.Param != tt.param || !strings.Contains(e.Message, tt.says) {
			t.Errorf("%s: got %+v", tt.body, err)
		}
	}
}

func TestThePromptIsATurnOfTheUser(t *testing.T) {
	t.Parallel()
	for _, prompt := range []string{`"Say \u00e9"`, `["Say é"]`} {
		r := decoded(t, `{"model":"m","max_tokens":5,"prompt":`+prompt+`,"stop":"x"}`)
		text, ok := r.Turns[0].Parts[0].(*llm.Text)
		if len(r.Turns) != 1 || r.Turns[0].Role != llm.User || !ok || text.Text != "Say é" || *r.MaxTokens != 5 || r.Stop[0] != "x" {
			t.Errorf("%s: got %+v", prompt, r)
		}
	}
}

func TestLeavingRefusesWhatAConversationCannotSay(t *testing.T) {
	t.Parallel()
	tests := []struct{ body, param, says string }{
		{`{}`, "prompt", "is missing"},
		{`{"prompt":["a","b","c"]}`, "prompt", "not 3"},
		{`{"prompt":[1,2]}`, "prompt", "token ids"},
		{`{"prompt":[[1],[2]]}`, "prompt", "token ids"},
		{`{"prompt":"a","suffix":"b"}`, "suffix", "before it"},
		{`{"prompt":"a","echo":true}`, "echo", "repeated"},
		{`{"prompt":"a","max_tokens":0}`, "max_tokens", "at least one"},
	}
	for _, tt := range tests {
		_, err := Leave(decoded(t, tt.body))
		e, ok := errors.AsType[*llm.Error](err)
		if !ok || e.HTTPStatus() != 400 || e.Param != tt.param || !strings.Contains(e.Message, tt.says) {
			t.Errorf("%s: got %+v", tt.body, err)
		}
	}
}

func TestLeavingKeepsWhatIsALossAndDropsWhatIsNone(t *testing.T) {
	t.Parallel()
	in := decoded(t, `{"prompt":"a","echo":false,"best_of":1,"suffix":null,"logprobs":3,"logit_bias":{"5":1},"user":"u"}`)
	out, err := Leave(in)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := out.Native.ForeignTo(llm.OpenAIChat), []string{"logprobs", "logit_bias"}; !slices.Equal(got, want) {
		t.Errorf("lost are %q, want %q", got, want)
	}
	if out.User != "u" || !own(in.Native).Has("echo") {
		t.Errorf("the request itself has changed: %+v, %+v", out, in)
	}
	other := &llm.Request{Native: llm.Native{Dialect: llm.OpenAIChat}}
	if same, err := Leave(other); same != other || err != nil {
		t.Errorf("a request of another dialect became %+v, %v", same, err)
	}
}

func TestTextsArePromptsAndSuffix(t *testing.T) {
	t.Parallel()
	tests := []struct {
		body string
		want []string
	}{
		{`{"model":"m", "prompt" : "a\"b", "suffix":"c","user":"u"}`, []string{`0 user "a\"b"`, `0 user "c"`}},
		{`{"pro\u006dpt":["a","",[1,2],"b"],"suffix":null}`, []string{`0 user "a"`, `3 user "b"`}},
		{`{"prompt":[[1,2],[3]]}`, nil},
		{`{"prompt":["a"`, []string{`0 user "a"`}},
		{`[]`, nil},
	}
	for _, tt := range tests {
		var got []string
		for s := range (Codec{}).Texts(core.Incoming{Body: []byte(tt.body)}) {
			got = append(got, fmt.Sprintf("%d %s %s", s.Turn, s.Surface, tt.body[s.Start:s.End]))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.body, got, tt.want)
		}
	}
	for range (Codec{}).Texts(core.Incoming{Body: []byte(`{"prompt":["a","b"]}`)}) {
		break // nothing is yielded after that, or the range panics
	}
}
