package upstream

import (
	"bytes"
	"errors"

	"sluice/core"
	"sluice/core/internal/frame"
	"sluice/core/internal/redact"
	"sluice/core/llm"
)

// credentials are what the target was sent, or was to be: its settings, and
// what they were exchanged for on the way. Providers have been seen to quote
// them in errors, which go on to clients, logs and records, and in answers, which
// are kept: they are noted with the call.
func (x *exchange) credentials() redact.Secrets {
	list := append(redact.OfHeader(x.sent), x.target.Settings.APIKey.Reveal())
	for key, v := range x.target.Settings.Options {
		if redact.Named(key) {
			list = append(append(list, v.Reveal()), redact.OfJSON([]byte(v.Reveal()))...)
		}
	}
	s := redact.New(append(list, redact.OfQuery(x.call.Query)...)...)
	if x.call.Trace != nil {
		x.call.Trace.Hide(s)
	}
	return s
}

// hideIn takes credentials out of an error.
func hideIn(e *llm.Error, s redact.Secrets) {
	e.Message, e.Type, e.Code, e.Param = s.Text(e.Message), s.Text(e.Type), s.Text(e.Code), s.Text(e.Param)
	e.Raw, e.RawType = s.JSON(e.Raw), s.Text(e.RawType)
	if e.Err != nil {
		e.Err = hideText(e.Err, s)
	}
}

// hideText replaces an error whose text has a credential.
func hideText(err error, s redact.Secrets) error {
	text := err.Error()
	if clean := s.Text(text); clean != text {
		return errors.New(clean)
	}
	return err
}

// hide is for the errors of codecs, which keep their kind, or have none.
func hide(err error, s redact.Secrets) error {
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*llm.Error](err)
	if !ok {
		return hideText(err, s)
	}
	own := *e
	hideIn(&own, s)
	return &own
}

// hideInFrame takes credentials out of a frame that tells an error. All other
// frames are the answer itself, and nobody's to change.
func (x *exchange) hideInFrame(f frame.Frame) frame.Frame {
	data, raw := x.secrets.JSON(f.Data), x.secrets.Text(string(f.Raw))
	if bytes.Equal(data, f.Data) && raw == string(f.Raw) {
		return f
	}
	f.Event, f.Data = x.secrets.Text(f.Event), data
	switch {
	case x.endpoint.Format != frame.EventStreamFormat:
		f.Raw = frame.AppendSSE(nil, f.Event, data)
	case f.Exception:
		f.Raw = frame.AppendException(nil, f.Event, data)
	default:
		f.Raw = frame.AppendEvent(nil, f.Event, data)
	}
	return f
}

// discreet reads an answer as a codec does. What a codec says of an answer
// that it cannot read may quote it.
type discreet struct {
	codec   core.Reading
	secrets redact.Secrets
}

var _ core.Reading = discreet{}

func (d discreet) DecodeResponse(body []byte) (*llm.Response, error) {
	r, err := d.codec.DecodeResponse(body)
	return r, hide(err, d.secrets)
}

func (d discreet) DecodeStream() core.StreamDecoder {
	return discreetStream{d.codec.DecodeStream(), d.secrets}
}

type discreetStream struct {
	core.StreamDecoder
	secrets redact.Secrets
}

func (d discreetStream) Decode(dst []llm.Event, f frame.Frame) ([]llm.Event, error) {
	dst, err := d.StreamDecoder.Decode(dst, f)
	return dst, hide(err, d.secrets)
}

func (d discreetStream) Flush(dst []llm.Event) ([]llm.Event, error) {
	dst, err := d.StreamDecoder.Flush(dst)
	return dst, hide(err, d.secrets)
}
