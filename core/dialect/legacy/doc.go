// Package legacy is the dialects of services that have moved on or gone, for
// hosts that still speak them: AI21's Jurassic-2, Google's PaLM, the first API
// of Reka and the own one of Bytez. Reka's second API is like them.
//
// They are alike: a conversation of texts goes in, an answer comes back whole,
// and there are no tools. So what they cannot say is refused or named in one
// place, and each is little more than its names. A client that wants a stream
// gets the whole answer as one.
package legacy

import (
	"net/http"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaierror"
	"sluice/core/dialect/internal/outbound"
	"sluice/core/internal/frame"
	"sluice/core/llm"
)

// A Codec is one of the dialects. It faces upstreams only, and has no state.
type Codec struct{ form *form }

// The dialects.
var (
	AI21  = Codec{&jurassic}
	PaLM  = Codec{&palm}
	Reka  = Codec{&reka}
	Bytez = Codec{&bytez}

	RekaChat = Codec{&rekaChat}
)

var _ dialect.Outbound = Codec{}

// A form is what is a dialect's own.
type form struct {
	dialect llm.Dialect
	names   names
	images  bool              // pictures can be shown
	members map[string]string // that chat clients may send, :: name in chat → name here
	write   func(p *preparation, lines []line) error
	read    func(body []byte) (*llm.Response, error)
}

// Dialect names the dialect.
func (c Codec) Dialect() llm.Dialect { return c.form.dialect }

// Raw is the exchange for a body that is in the dialect already.
func (c Codec) Raw(body []byte) dialect.Exchange {
	return &exchange{outbound.Exchange{Sent: body}, openaierror.Reader{Dialect: c.form.dialect}, c.form}
}

type exchange struct {
	outbound.Exchange
	openaierror.Reader
	form *form
}

// DecodeError reads the body of a failed request.
func (x *exchange) DecodeError(status int, h http.Header, body []byte) *llm.Error {
	return x.Decode(status, h, body)
}

// DecodeResponse reads an answer. A body of status 200 that holds an error is
// that error.
func (x *exchange) DecodeResponse(body []byte) (*llm.Response, error) {
	if e := x.Inside(body); e != nil {
		return nil, e
	}
	r, err := x.form.read(body)
	switch {
	case err != nil:
		return nil, x.Unreadable(body, "an answer", err.Error())
	case len(r.Choices) == 0:
		return nil, x.Unreadable(body, "an answer", "it says nothing")
	}
	r.Model, r.Native.Dialect = x.Model, x.form.dialect
	return r, nil
}

// DecodeStream reads nothing: streams are never asked for.
func (x *exchange) DecodeStream() core.StreamDecoder { return noStream{x} }

type noStream struct{ x *exchange }

func (s noStream) Decode(dst []llm.Event, f frame.Frame) ([]llm.Event, error) {
	return dst, s.x.Unreadable(f.Data, "an answer", "it is a stream, which was not asked for")
}

func (s noStream) Flush(dst []llm.Event) ([]llm.Event, error) {
	return dst, s.x.Unreadable(nil, "an answer", "it is empty")
}
