package losses

import (
	"bytes"
	"reflect"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/llm"
)

// An AnswerField is something that an answer can say.
type AnswerField struct {
	Name string
	Put  func(r *llm.Response)
	See  func(r *llm.Response) any // what an answer says of it
}

// Tell finds out what becomes of a field of an answer between an upstream and
// a client, whole or as a stream.
func Tell(client, upstream *Side, f AnswerField, stream bool) Outcome {
	said := answer(&llm.Text{Text: "Hello"})
	f.Put(said)
	pass := (*Side).whole
	if stream {
		pass = (*Side).streamed
	}
	told, err := pass(upstream, said)
	if err != nil || !reflect.DeepEqual(f.See(said), f.See(told)) {
		return Outcome{Kind: Unspoken}
	}
	if same(client, upstream) {
		return Outcome{Kind: Carried}
	}
	got, err := pass(client, told)
	switch {
	case err != nil:
		return Outcome{Refused, err.Error()}
	case reflect.DeepEqual(f.See(said), f.See(got)):
		return Outcome{Kind: Carried}
	}
	without := answer(&llm.Text{Text: "Hello"})
	if names := added(dialect.LeftOut(told, client.In.Dialect(), true), dialect.LeftOut(without, client.In.Dialect(), true)); names != "" {
		return Outcome{Dropped, names}
	}
	return Outcome{Kind: Silent}
}

func (s *Side) options() dialect.Options {
	return dialect.Options{Provider: s.Provider, Model: s.Model, IncludeUsage: true, Strict: true}
}

// whole writes an answer in the side's dialect and reads it again.
func (s *Side) whole(r *llm.Response) (*llm.Response, error) {
	body, err := s.In.EncodeResponse(r, s.options())
	if err != nil {
		return nil, err
	}
	return s.Out.Raw(nil).DecodeResponse(body)
}

// streamed writes an answer as a stream in the side's dialect and reads it
// again.
func (s *Side) streamed(r *llm.Response) (*llm.Response, error) {
	enc := s.In.EncodeStream(s.options())
	var out []byte
	var err error
	for e := range r.Events() {
		if out, err = enc.Encode(out, e); err != nil {
			return nil, err
		}
	}
	if out, err = enc.Flush(out); err != nil {
		return nil, err
	}
	var c llm.Collector
	for e, err := range core.Events(s.Frames(bytes.NewReader(out), 0), s.Out.Raw(nil).DecodeStream()) {
		if err != nil {
			return nil, err
		}
		c.Add(e)
	}
	return c.Response(), nil
}

// answer is an answer that has ended well.
func answer(parts ...llm.Part) *llm.Response {
	return &llm.Response{
		ID: "a-1", Model: "m-1", Created: 1700000000,
		Choices: []llm.Choice{{Parts: parts, Finish: llm.Finish{Reason: llm.FinishStop}}},
		Usage:   &llm.Usage{Input: 10, Output: 5},
	}
}

// said joins the texts of an answer.
func said(r *llm.Response) string {
	var b bytes.Buffer
	for _, c := range r.Choices {
		for _, p := range c.Parts {
			if t, ok := p.(*llm.Text); ok {
				b.WriteString(t.Text)
			}
		}
	}
	return b.String()
}
