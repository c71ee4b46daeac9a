package openaitext

import (
	"cmp"
	"fmt"
	"net/http"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Prepare writes a request. What a completion cannot do is refused with an
// *llm.Error of kind Unsupported; the rest of what it has no word for is named
// in [dialect.Exchange.Dropped].
func (Codec) Prepare(r *llm.Request, t dialect.Target) (dialect.Exchange, error) {
	e := encoder{Writer: json.NewWriter("{"), r: r, same: r.Native.Dialect == llm.OpenAIText}
	e.StrIf("model", cmp.Or(t.Model, r.Model))
	for _, write := range []func() error{e.refusals, e.prompt} {
		if err := write(); err != nil {
			return nil, err
		}
	}
	e.params()
	e.Close('}')
	return &exchange{body: e.B, dropped: e.dropped, provider: t.Provider}, nil
}

// Raw is the exchange for a body that is in the dialect already.
func (Codec) Raw(body []byte) dialect.Exchange { return &exchange{body: body} }

type exchange struct {
	body     []byte
	dropped  []string
	provider string // id, if known
}

func (x *exchange) Body() []byte        { return x.body }
func (x *exchange) Header() http.Header { return nil }
func (x *exchange) Dropped() []string   { return x.dropped }

func (x *exchange) DecodeStream() core.StreamDecoder { return &streamDecoder{provider: x.provider} }

func (x *exchange) DecodeResponse(body []byte) (*llm.Response, error) {
	return decodeResponse(body, x.provider)
}

func (x *exchange) DecodeError(status int, h http.Header, body []byte) *llm.Error {
	return errorsOf(x.provider).Decode(status, h, body)
}

// encoder writes one request.
type encoder struct {
	json.Writer
	r       *llm.Request
	same    bool // the request came from here: it is written as it was
	dropped []string
}

func (e *encoder) drop(format string, args ...any) {
	e.dropped = append(e.dropped, fmt.Sprintf(format, args...))
}

func (e *encoder) dropIf(said bool, name string) {
	if said {
		e.drop("%s", name)
	}
}

// lost reports what another dialect left over.
func (e *encoder) lost(at string, n llm.Native) {
	for _, name := range n.ForeignTo(llm.OpenAIText) {
		e.drop("%s%s", at, name)
	}
}

func unable(param, what string) *llm.Error {
	return &llm.Error{
		Kind: llm.Unsupported, Status: 400, Param: param,
		Message: param + ": " + what + " not possible with a model that only completes text",
	}
}

// refusals are the things that the answer would be wrong without.
func (e *encoder) refusals() error {
	r := e.r
	switch {
	case len(r.Tools) > 0:
		return unable("tools", "tools are")
	case r.Output.Kind == llm.OutputJSON || r.Output.Kind == llm.OutputSchema:
		return unable("response_format", "structured output is")
	case r.Reasoning.Mode == llm.ThinkingOn || r.Reasoning.Mode == llm.ThinkingAdaptive,
		r.Reasoning.Effort != "" && r.Reasoning.Effort != "none":
		return unable("reasoning", "reasoning is")
	}
	return nil
}

func (e *encoder) params() {
	r := e.r
	e.IntIf("max_tokens", r.MaxTokens)
	e.Raw("temperature", r.Temperature.Value())
	e.Raw("top_p", r.TopP.Value())
	if e.same {
		e.IntIf("top_k", r.TopK)
	}
	e.Raw("frequency_penalty", r.FrequencyPenalty.Value())
	e.Raw("presence_penalty", r.PresencePenalty.Value())
	e.IntIf("seed", r.Seed)
	e.IntIf("n", r.N)
	e.StrIf("user", r.User)
	if len(r.Stop) > 0 {
		e.Open("stop", '[')
		for _, s := range r.Stop {
			e.Element(json.Quote(s))
		}
		e.Close(']')
	}
	e.stream()
	n := own(r.Native)
	e.Rest(n, "stream_options")
	e.lost("", r.Native)
	e.dropIf(!e.same && r.TopK != nil, "top_k")
	e.dropIf(r.ServiceTier != "", "service_tier")
	e.dropIf(r.Cache != nil, "cache_control")
}

// stream asks for usage, too: without it nobody knows what an answer has cost.
func (e *encoder) stream() {
	options := own(e.r.Native).Get("stream_options")
	if !e.r.Stream {
		if options != nil || e.r.IncludeUsage != nil {
			e.streamOptions(options, e.r.IncludeUsage)
		}
		return
	}
	usage := true
	e.Bool("stream", true)
	e.streamOptions(options, &usage)
}

func (e *encoder) streamOptions(rest json.Value, usage *bool) {
	e.Open("stream_options", '{')
	e.BoolIf("include_usage", usage)
	e.Rest(json.ObjectOf(rest))
	e.Close('}')
}
