package rescue

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/llm"
)

func TestWhatIsNotMereTextEndsHonestly(t *testing.T) {
	t.Parallel()
	part := func(n int, kind llm.PartKind) llm.Event {
		return llm.Event{Kind: llm.EventPartStart, Part: n, PartKind: kind}
	}
	residue := func(d llm.Dialect, members string) llm.Event {
		return llm.Event{Kind: llm.EventNative, Native: llm.NativeOf(d, []byte(members))}
	}
	four := int64(1)
	tests := []struct {
		name    string
		request llm.Request
		broke   error
		after   []llm.Event
		want    string
	}{
		{"a tool call", question, cut, []llm.Event{closes, part(1, llm.ToolCallPart)}, "a tool call had begun"},
		{"a signature", question, cut, []llm.Event{part(1, llm.ReasoningPart), {Kind: llm.EventSignature, Part: 1, Text: "s"}}, "its thoughts are signed"},
		{"hidden thoughts", question, cut, []llm.Event{part(1, llm.RedactedPart)}, "its thoughts are signed"},
		{"thoughts that chat has signed", question, cut, []llm.Event{residue(llm.OpenAIChat, `{"delta":{"reasoning_details":[]}}`)}, "its thoughts are signed"},
		{"a thought that broke off", question, cut, []llm.Event{part(1, llm.ReasoningPart)}, "a thought had begun"},
		{"a refusal", question, cut, []llm.Event{part(1, llm.RefusalPart)}, "it is a refusal"},
		{"an image", question, cut, []llm.Event{part(1, llm.MediaPart)}, "it has more than text"},
		{"a block that nobody knows", question, cut, []llm.Event{part(1, llm.ForeignPart)}, "it has more than text"},
		{"pieces that nobody knows", question, cut, []llm.Event{residue(llm.Anthropic, `{"delta":{"type":"new"}}`)}, "it has more than text"},
		{"sources", question, cut, []llm.Event{{Kind: llm.EventCitation, Citation: &llm.Citation{}}}, "it names sources"},
		{"logprobs", question, cut, []llm.Event{residue(llm.OpenAIChat, `{"logprobs":{}}`)}, "it has logprobs"},
		{"several answers", question, cut, []llm.Event{{Kind: llm.EventText, Choice: 1, Text: "x"}}, "it has several answers"},
		{"an end without its end", question, cut, []llm.Event{closes, ends}, "it had ended"},
		{"a policy", question, &llm.Error{Kind: llm.ContentFilter}, nil, "trying again would not help"},
		{"our own fault", question, errors.New("bug"), nil, ""},
		{"no room", llm.Request{MaxTokens: &four}, cut, nil, "it is as long as the request allows"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			first := append([]llm.Event{begins, opens, say("Once")}, tt.after...)
			c := asked(tt.request)
			_, got, err := rescued(t, c, tt.broke, first, replyOf("second", script(nil, spoken("never")...)))
			if tt.want == "" {
				if !errors.Is(err, tt.broke) {
					t.Errorf("ended with %v", err)
				}
				return
			}
			if e, ok := errors.AsType[*llm.Error](err); !ok || !strings.Contains(e.Message, "bytes of text had been sent") || !strings.HasSuffix(e.Message, tt.want) {
				t.Errorf("ended with %v", err)
			}
			if !slices.EqualFunc(got, first, func(a, b llm.Event) bool { return a.Kind == b.Kind && a.Text == b.Text }) {
				t.Errorf("got %+v", got)
			}
			if len(c.Trace.Notes()) != 1 || c.Trace.Attempts()[0].Bill != nil {
				t.Errorf("notes %+v, attempts %+v", c.Trace.Notes(), c.Trace.Attempts())
			}
		})
	}
}

func TestNobodyGoesOnWithIt(t *testing.T) {
	t.Parallel()
	broke := &llm.Error{Kind: llm.Overloaded, Message: "busy", Raw: []byte(`{"type":"error"}`), RawDialect: llm.Anthropic}
	_, _, err := rescued(t, asked(question), broke, []llm.Event{begins, opens, say("Once")})
	e, ok := errors.AsType[*llm.Error](err)
	if !ok || e.Kind != llm.Overloaded || e.Raw != nil || e.Message != "busy; 4 bytes of text had been sent, and nobody goes on with them: there is no other target" {
		t.Errorf("ended with %+v", err)
	}
	if string(broke.Raw) == "" {
		t.Error("the provider's own error was changed")
	}
}

func TestNothingIsRescuedForAClientThatHasLeft(t *testing.T) {
	t.Parallel()
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	r := replyOf("first", script(cut, begins, opens, say("Once")))
	Wrap(ctx, asked(question), r, func(*core.Call) (*core.Reply, error) {
		t.Error("another target was asked")
		return nil, cut
	})
	var last error
	for e, err := range r.Events() {
		if last = err; e.Kind == llm.EventText {
			leave()
		}
	}
	if !errors.Is(last, cut) {
		t.Errorf("ended with %v", last)
	}
}
