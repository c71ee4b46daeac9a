package anthropic

import (
	"cmp"
	"crypto/rand"
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// DecodeResponse reads a whole answer. An error object, which some gateways
// send with status 200, is returned as the error that it is.
func (x *exchange) DecodeResponse(body []byte) (*llm.Response, error) {
	var w answer
	if err := json.UnmarshalLoose(body, &w); err != nil {
		return nil, &llm.Error{Kind: llm.Upstream, Message: "the provider's answer cannot be read", Err: err, Raw: body}
	}
	if json.Unquote(w.Type) == "error" || w.Content.Kind() != '[' && json.Lookup(body, "error").Kind() == '{' {
		return nil, x.DecodeError(0, nil, body)
	}
	if w.Content.Kind() != '[' {
		return nil, &llm.Error{Kind: llm.Upstream, Message: "the provider's answer has no content", Raw: body}
	}
	d := reader{loose: true}
	parts := d.content(&path{name: "content"}, w.Content)
	for _, part := range parts {
		if c, ok := part.(*llm.ToolCall); ok {
			x.restore(c)
		}
	}
	r := &llm.Response{
		ID:    json.Unquote(w.ID),
		Model: json.Unquote(w.Model),
		Choices: []llm.Choice{{
			Parts:        parts,
			Finish:       finishOf(json.Unquote(w.StopReason)),
			StopSequence: json.Unquote(w.StopSequence),
		}},
	}
	var u usageIn
	if d.object(&path{}, "usage", w.Usage, &u) {
		r.Usage = u.usage()
	}
	end, whole := split(w.Rest, atEnd...)
	r.Choices[0].Native, r.Native = llm.NativeOf(llm.Anthropic, end), llm.NativeOf(llm.Anthropic, whole)
	return r, nil
}

// atEnd are the residual members that a stream tells with the stop reason.
var atEnd = append([]string{"stop_details", "container"}, besideDelta...)

// split parts an object by the names of its members.
func split(object json.Value, names ...string) (picked, rest json.Value) {
	var edits []json.Edit
	for _, name := range names {
		if v := json.Lookup(object, name); v != nil {
			edits = append(edits, json.Edit{Name: name, Value: v})
		}
	}
	if edits == nil {
		return nil, object
	}
	picked, _ = json.Splice([]byte("{}"), edits...)
	for i := range edits {
		edits[i].Value = nil
	}
	if rest, _ = json.Splice(object, edits...); len(json.Names(rest)) == 0 {
		rest = nil
	}
	return picked, rest
}

// restore gives a tool call the client's name of the tool, and the free text
// of a tool that takes some.
func (x *exchange) restore(c *llm.ToolCall) {
	c.Name, c.Custom = x.tool(c.Name)
	if c.Custom {
		c.Arguments = dialect.FreeText(c.Arguments)
	}
}

// finishes says what the stop reasons mean. A reason that is not here is
// FinishOther.
//
// https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons
var finishes = map[string]llm.FinishReason{
	"end_turn":                      llm.FinishStop,
	"stop_sequence":                 llm.FinishStopSequence,
	"max_tokens":                    llm.FinishLength,
	"model_context_window_exceeded": llm.FinishContextLength,
	"tool_use":                      llm.FinishToolCalls,
	"pause_turn":                    llm.FinishPause,
	"compaction":                    llm.FinishPause,
	"refusal":                       llm.FinishRefusal,
}

var stopReasons = map[llm.FinishReason]string{
	llm.FinishStop:          "end_turn",
	llm.FinishStopSequence:  "stop_sequence",
	llm.FinishLength:        "max_tokens",
	llm.FinishContextLength: "model_context_window_exceeded",
	llm.FinishToolCalls:     "tool_use",
	llm.FinishPause:         "pause_turn",
	llm.FinishRefusal:       "refusal",
	llm.FinishContentFilter: "refusal",
}

func finishOf(reason string) llm.Finish {
	f := llm.Finish{Raw: reason, Reason: finishes[reason]}
	if f.Reason == "" && reason != "" {
		f.Reason = llm.FinishOther
	}
	return f
}

// stopReason returns the word for a finish: the provider's own if it is one
// of ours and was not overruled. A reason that no table knows keeps the
// provider's word, or is max_tokens if there is none, so that a cut answer
// does not look whole.
func stopReason(f llm.Finish) string {
	switch {
	case f.Reason == "":
		return ""
	case finishes[f.Raw] == f.Reason:
		return f.Raw
	case stopReasons[f.Reason] != "":
		return stopReasons[f.Reason]
	}
	return cmp.Or(f.Raw, "max_tokens")
}

// EncodeResponse writes a whole answer. Only the first choice is told: the
// dialect has one.
func (Codec) EncodeResponse(r *llm.Response, o dialect.Options) ([]byte, error) {
	w := envelope(r.ID, cmp.Or(r.Model, o.Model), usageOr(r.Usage, o.Estimate))
	w.Rest = r.Native.For(llm.Anthropic)
	content := []block{}
	if len(r.Choices) > 0 {
		c := &r.Choices[0]
		for _, part := range c.Parts {
			content = append(content, answerBlocks(part)...)
		}
		w.stop(c.Finish, c.StopSequence)
		w.Rest = mergeObjects(w.Rest, c.Native.For(llm.Anthropic))
	}
	w.Content = marshal(content)
	return json.Marshal(w)
}

func usageOr(u, estimate *llm.Usage) *llm.Usage {
	if u == nil {
		return estimate
	}
	return u
}

func envelope(id, model string, u *llm.Usage) answer {
	return answer{
		ID:      json.Quote(messageID(id)),
		Type:    word("message"),
		Role:    word("assistant"),
		Model:   json.Quote(model),
		Content: json.Value("[]"),
		Usage:   writeUsage(u),
	}
}

func (w *answer) stop(f llm.Finish, sequence string) {
	w.StopReason, w.StopSequence = stopMembers(f, sequence)
}

// stopMembers returns stop_reason and stop_sequence, nil for null.
func stopMembers(f llm.Finish, sequence string) (reason, met json.Value) {
	word := stopReason(f)
	if sequence != "" {
		met = json.Quote(sequence)
		if f.Reason == llm.FinishStop {
			word = "stop_sequence" // OpenAI has one word for both
		}
	}
	if word != "" {
		reason = json.Quote(word)
	}
	return reason, met
}

// messageID keeps an id of Anthropic's form, on whatever platform it was made
// (msg_01…, msg_bdrk_…, msg_vrtx_…), and mints one for any other.
func messageID(id string) string {
	if strings.HasPrefix(id, "msg_") {
		return id
	}
	return "msg_" + rand.Text()
}

// answerBlocks writes one part of an answer. What no client of this dialect
// could read is left out.
func answerBlocks(part llm.Part) []block {
	switch part := part.(type) {
	case *llm.Text:
		if part.Text == "" && len(part.Citations) == 0 {
			return nil
		}
		b := block{Type: word("text"), Text: json.Quote(part.Text), Rest: part.Native.For(llm.Anthropic)}
		if len(part.Citations) > 0 {
			b.Citations = marshal(answerCitations(part.Citations))
		}
		return []block{b}
	case *llm.Refusal:
		return answerBlocks(&llm.Text{Text: part.Text, Native: part.Native})
	case *llm.Reasoning:
		return []block{answerReasoning(part)}
	case *llm.ToolCall:
		input, _ := toolInput(part.Arguments, part.Custom)
		return []block{{
			Type: word("tool_use"), ID: json.Quote(toolUseID(part.ID)), Name: json.Quote(part.Name),
			Input: input, Rest: part.Native.For(llm.Anthropic),
		}}
	case *llm.Foreign:
		if own := part.Native.For(llm.Anthropic); own != nil {
			return []block{{Rest: own}}
		}
	}
	return nil
}

func answerCitations(cs []llm.Citation) []citation {
	out := make([]citation, len(cs))
	for i := range cs {
		out[i] = writeCitation(&cs[i])
	}
	return out
}

func answerReasoning(r *llm.Reasoning) block {
	b := block{Rest: r.Native.For(llm.Anthropic)}
	if r.Redacted != "" {
		b.Type, b.Data = word("redacted_thinking"), json.Quote(dialect.MarkOrigin(r.Redacted, r.Origin))
		return b
	}
	b.Type, b.Thinking = word("thinking"), json.Quote(r.Text)
	b.Signature = json.Quote(dialect.MarkOrigin(r.Signature, r.Origin))
	return b
}

// toolUseID mints an id for a call that came without one: clients answer by id.
func toolUseID(id string) string {
	if id == "" {
		return "toolu_" + rand.Text()
	}
	return id
}
