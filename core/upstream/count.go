package upstream

import (
	"context"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/bedrock"
	"sluice/core/llm"
)

// counting reads a provider's token count as a response whose only content is
// its usage.
type counting struct {
	dialect.Exchange
	body   []byte
	decode func([]byte) (int64, error)
}

var _ core.Reading = (*counting)(nil)

func (c *counting) Body() []byte { return c.body }

func (c *counting) DecodeResponse(body []byte) (*llm.Response, error) {
	n, err := c.decode(body)
	if err != nil {
		return nil, err
	}
	return &llm.Response{Usage: &llm.Usage{Input: n}}, nil
}

// A counter is a codec of an API that counts tokens.
type counter interface {
	PrepareCount(r *llm.Request, t dialect.Target) (dialect.Exchange, error)
	DecodeCountTokens(body []byte) (int64, error)
}

// count asks for the tokens of a request in another dialect.
func (x *exchange) count(ctx context.Context) error {
	if x.endpoint.Codec.Dialect() == llm.Converse {
		return x.countOnBedrock(ctx)
	}
	c, ok := x.endpoint.Codec.(counter)
	if !ok {
		return x.translate(ctx, x.endpoint.Codec.Prepare)
	}
	if err := x.translate(ctx, c.PrepareCount); err != nil {
		return err
	}
	x.codec = &counting{Exchange: x.codec, body: x.body, decode: c.DecodeCountTokens}
	return nil
}

// countOnBedrock asks Bedrock to count. Claude counts a Messages body as it
// is, with what would be lost on the way to Converse.
func (x *exchange) countOnBedrock(ctx context.Context) error {
	var err error
	c := &counting{decode: bedrock.DecodeCount}
	if x.call.Dialect == llm.Anthropic && bedrock.IsClaude(x.call.Model) {
		c.Exchange = bedrock.Codec{}.Raw(nil)
		c.body, err = bedrock.CountMessagesBody(x.call.Body)
	} else if err = x.translate(ctx, x.endpoint.Codec.Prepare); err == nil {
		c.Exchange = x.codec
		c.body, err = bedrock.CountBody(x.codec.Body())
	}
	x.codec, x.body = c, c.body
	return err
}
