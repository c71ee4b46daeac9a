package anthropic

import (
	"slices"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// countMembers are the residual members that count_tokens takes.
var countMembers = []string{"mcp_servers", "context_management", "speed", "anthropic_version", "anthropic_beta"}

// PrepareCount is [Codec.Prepare] for the endpoint that counts tokens: the
// same prompt, without what only generating needs.
//
// https://platform.claude.com/docs/en/api/messages/count_tokens
func (Codec) PrepareCount(r *llm.Request, t dialect.Target) (dialect.Exchange, error) {
	p, err := prepare(r, t)
	if err != nil {
		return nil, err
	}
	o := &p.out
	p.out = outgoing{
		Model: o.Model, System: o.System, Messages: o.Messages, Tools: o.Tools, ToolChoice: o.ToolChoice,
		Thinking: o.Thinking, OutputConfig: o.OutputConfig, CacheControl: o.CacheControl, Rest: o.Rest,
	}
	for _, name := range json.Names(p.out.Rest) {
		if !slices.Contains(countMembers, name) {
			p.out.Rest, _ = json.Splice(p.out.Rest, json.Edit{Name: name})
		}
	}
	return p.exchange()
}

type tokenCount struct {
	InputTokens *int64 `json:"input_tokens"`
}

// DecodeCountTokens reads the answer of count_tokens.
func (Codec) DecodeCountTokens(body []byte) (int64, error) {
	var c tokenCount
	if err := json.UnmarshalLoose(body, &c); err != nil || c.InputTokens == nil {
		return 0, &llm.Error{Kind: llm.Upstream, Message: "the provider's count of tokens cannot be read", Err: err, Raw: body}
	}
	return *c.InputTokens, nil
}

// EncodeCountTokens writes the answer of count_tokens.
func (Codec) EncodeCountTokens(n int64) []byte { return marshal(tokenCount{&n}) }
