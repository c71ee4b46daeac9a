package bedrock

import (
	"cmp"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// DecodeResponse reads the answer of Converse.
func (x *exchange) DecodeResponse(body []byte) (*llm.Response, error) {
	var w response
	if err := json.UnmarshalLoose(body, &w); err != nil {
		return nil, x.unreadable("its answer is not a Converse answer", err)
	}
	if w.Output == nil && w.StopReason == "" {
		return nil, x.unreadable(cmp.Or(messageOf(body), "its answer has neither output nor stop reason"), nil)
	}
	c := llm.Choice{Finish: finishOf(w.StopReason), StopSequence: stopSequence(w.Additional)}
	native := json.ObjectOf(w.Rest)
	if w.Output != nil {
		native.Add("output", w.Output.Rest)
		if m := w.Output.Message; m != nil {
			c.Parts = x.restore(decodeBlocks(m.Content))
			native.Add("message", m.Rest)
		}
	}
	c.Native = decodeEnd(w.Additional)
	r := &llm.Response{Choices: []llm.Choice{c}, Usage: decodeUsage(w.Usage, w.Tier)}
	if w.Tier != nil {
		native.Add("serviceTier", json.ValueOf(w.Tier))
	}
	r.Native = llm.NativeOf(llm.Converse, native.Value())
	return r, nil
}

func (x *exchange) unreadable(what string, err error) *llm.Error {
	return &llm.Error{Kind: llm.Upstream, Provider: x.provider, Message: what, Err: err}
}

// restore gives tool calls the client's names and freeform tools their text.
func (x *exchange) restore(parts []llm.Part) []llm.Part {
	for _, p := range parts {
		c, ok := p.(*llm.ToolCall)
		if !ok {
			continue
		}
		c.Name = x.names.Client(c.Name)
		c.Arguments = cmp.Or(c.Arguments, "{}")
		if x.names.IsFree(c.Name) {
			c.Custom, c.Arguments = true, dialect.FreeText(c.Arguments)
		}
	}
	return parts
}

// decodeEnd keeps what a stream tells with the stop reason.
func decodeEnd(additional json.Value) llm.Native {
	var native json.Object
	native.Add("additionalModelResponseFields", additional)
	return llm.NativeOf(llm.Converse, native.Value())
}

// encodeEnd is its inverse. A stop sequence that was met is one of the fields.
func encodeEnd(n llm.Native, stopSequence string) json.Value {
	native := json.ObjectOf(n.For(llm.Converse))
	if v := native.Get("additionalModelResponseFields"); v != nil || stopSequence == "" {
		return v
	}
	return json.Object{json.Named("stop_sequence", json.Quote(stopSequence))}.Value()
}

// stopSequence finds the sequence that was met, which is told only if the
// client asks for the field "/stop_sequence".
func stopSequence(additional json.Value) string {
	return json.Unquote(json.Lookup(additional, "stop_sequence"))
}

// finishes is what stop reasons mean. Those that are missing are
// [llm.FinishOther]: an answer that broke off must not look whole.
var finishes = map[string]llm.FinishReason{
	"end_turn":                      llm.FinishStop,
	"stop_sequence":                 llm.FinishStopSequence,
	"max_tokens":                    llm.FinishLength,
	"model_context_window_exceeded": llm.FinishContextLength,
	"tool_use":                      llm.FinishToolCalls,
	"guardrail_intervened":          llm.FinishContentFilter,
	"content_filtered":              llm.FinishContentFilter,
	"malformed_model_output":        llm.FinishOther,
	"malformed_tool_use":            llm.FinishOther,
	"refusal":                       llm.FinishRefusal,
	"pause_turn":                    llm.FinishPause,
}

func finishOf(stopReason string) llm.Finish {
	return llm.Finish{Reason: cmp.Or(finishes[stopReason], llm.FinishOther), Raw: stopReason}
}

// stopReasonOf is the inverse of finishOf for the reasons of any dialect.
func stopReasonOf(f llm.Finish) string {
	if known, ok := finishes[f.Raw]; ok && known == f.Reason {
		return f.Raw
	}
	switch f.Reason {
	case llm.FinishStop, llm.FinishPause:
		return "end_turn"
	case llm.FinishStopSequence:
		return "stop_sequence"
	case llm.FinishLength:
		return "max_tokens"
	case llm.FinishContextLength:
		return "model_context_window_exceeded"
	case llm.FinishToolCalls:
		return "tool_use"
	case llm.FinishContentFilter, llm.FinishRefusal:
		return "content_filtered"
	}
	return cmp.Or(f.Raw, "malformed_model_output")
}

// EncodeResponse writes an answer for a client of Converse. An answer has one
// choice here: of several the first is written.
func (Codec) EncodeResponse(r *llm.Response, _ dialect.Options) ([]byte, error) {
	var c llm.Choice
	if len(r.Choices) > 0 {
		c = r.Choices[0]
	}
	native := json.ObjectOf(r.Native.For(llm.Converse))
	w := response{
		StopReason: stopReasonOf(c.Finish),
		Usage:      encodeUsage(r.Usage),
		Additional: encodeEnd(c.Native, c.StopSequence),
		Output: &output{
			Message: &message{Role: "assistant", Content: encodeParts(c.Parts), Rest: native.Remove("message")},
			Rest:    native.Remove("output"),
		},
	}
	if native.Get("serviceTier") == nil {
		native.Add("serviceTier", tierOf(r.Usage))
	}
	native.Add("metrics", noMetrics) // the API promises it; a pure codec knows no time
	w.Rest = native.Value()
	return json.Marshal(&w)
}

var noMetrics = json.Value(`{"latencyMs":0}`)

// encodeParts writes the parts of an answer. Foreign parts of other dialects
// have no form here.
func encodeParts(parts []llm.Part) []block {
	blocks := []block{}
	for _, p := range parts {
		b := encodePart(p)
		if !empty(&b) {
			blocks = append(blocks, b)
		}
	}
	return blocks
}

func encodePart(p llm.Part) block {
	switch p := p.(type) {
	case *llm.Text:
		return encodeText(p)
	case *llm.Refusal:
		return textBlock(p.Text)
	case *llm.Reasoning:
		if p.Text == "" && p.Signature == "" && p.Redacted == "" {
			return block{}
		}
		return encodeReasoning(p)
	case *llm.ToolCall:
		input, _ := toolInput(p)
		return block{ToolUse: &toolUse{ID: p.ID, Name: p.Name, Input: input, Rest: p.Native.For(llm.Converse)}}
	case *llm.Media:
		if b, err := encodeMedia(p, true); err == nil {
			return b
		}
	case *llm.Foreign:
		return block{Rest: p.Native.For(llm.Converse)}
	}
	return block{}
}
