package losses

import (
	"net/http"
	"reflect"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/llm"
	"sluice/core/upstream"
)

// A RequestField is something that a request can say.
type RequestField struct {
	Name string
	Put  func(r *llm.Request)     // says it in a plain conversation
	See  func(r *llm.Request) any // what a request says of it; zero or nil: nothing
	Or   []Form                   // other ways to say it
}

// A Form is a way to say something in a dialect that has no word for it, such
// that the model understands it or the gateway itself does it.
type Form struct {
	Words string
	Is    func(asked *llm.Request, got Heard) bool
}

// Heard is a request as an upstream reads it, with the exchange that will
// read its answer.
type Heard struct {
	*llm.Request
	upstream *Side
	exchange dialect.Exchange
	dropped  []string
}

// Answered is what becomes of a text that the upstream answers.
func (h Heard) Answered(text string) string {
	body, err := h.upstream.In.EncodeResponse(answer(&llm.Text{Text: text}), dialect.Options{})
	if err != nil {
		return err.Error()
	}
	r, err := h.exchange.DecodeResponse(body)
	if err != nil {
		return err.Error()
	}
	return said(r)
}

// Ask finds out what becomes of a field between a client and an upstream.
func Ask(client, target *Side, f RequestField) Outcome {
	asked := plain(client.Model)
	asked.Native.Dialect = client.In.Dialect()
	f.Put(asked)
	spoken, err := client.speak(asked)
	if err != nil || !says(f, asked, spoken.Request) {
		return Outcome{Kind: Unspoken}
	}
	if same(client, target) {
		return Outcome{Kind: Carried}
	}
	got, err := target.hear(spoken.Request, client.In.Dialect())
	if err != nil {
		return Outcome{Refused, err.Error()}
	}
	if says(f, asked, got.Request) {
		return Outcome{Kind: Carried}
	}
	for _, form := range f.Or {
		if form.Is(asked, got) {
			return Outcome{Adapted, form.Words}
		}
	}
	if names := added(got.dropped, usual(client, target)); names != "" {
		return Outcome{Dropped, names}
	}
	return Outcome{Kind: Silent}
}

func says(f RequestField, want, got *llm.Request) bool {
	return reflect.DeepEqual(f.See(want), f.See(got))
}

// usual lists what is reported of a plain conversation.
func usual(client, target *Side) []string {
	spoken, err := client.speak(plain(client.Model))
	if err != nil {
		return nil
	}
	got, err := target.hear(spoken.Request, client.In.Dialect())
	if err != nil {
		return nil
	}
	return got.dropped
}

// speak writes a request in the side's dialect and reads it again, as the
// gateway does with a client's.
func (s *Side) speak(r *llm.Request) (Heard, error) {
	x, err := s.Out.Prepare(r, s.target())
	if err != nil {
		return Heard{}, err
	}
	in := core.Incoming{Method: http.MethodPost, Header: http.Header{}, Body: x.Body(), Model: s.Model, Stream: r.Stream}
	read, err := s.In.DecodeRequest(in)
	return Heard{read, s, x, x.Dropped()}, err
}

// hear prepares a client's request for the side and reads what it is sent.
func (s *Side) hear(r *llm.Request, client llm.Dialect) (Heard, error) {
	own := *r
	own.Model = s.Model
	ready, left, err := upstream.Leave(&own, client)
	if err != nil {
		return Heard{}, err
	}
	if ready, err = upstream.Inline(ready, s.Out, s.target(), fetched); err != nil {
		return Heard{}, err
	}
	got, err := s.speak(ready)
	got.dropped = append(left, got.dropped...)
	return got, err
}

// plain is the conversation that fields are put into.
func plain(model string) *llm.Request {
	most := int64(20000)
	return &llm.Request{Model: model, MaxTokens: &most, Turns: []llm.Turn{{Role: llm.User, Parts: []llm.Part{&llm.Text{Text: "Hello"}}}}}
}
