package openaitext

import (
	"cmp"
	"crypto/rand"
	"time"

	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// response is an answer, or a chunk of a streamed one.
type response struct {
	ID      openaiwire.Text  `json:"id"`
	Object  openaiwire.Text  `json:"object"`
	Created json.Value       `json:"created"`
	Model   openaiwire.Text  `json:"model"`
	Choices []choice         `json:"choices"`
	Usage   json.Value       `json:"usage"`
	Error   openaiwire.Maybe `json:"error"`
	Rest    json.Value       `json:",embed"`
}

type choice struct {
	Text         openaiwire.Text  `json:"text"`
	Index        *int             `json:"index"`
	Logprobs     openaiwire.Maybe `json:"logprobs"`
	FinishReason openaiwire.Text  `json:"finish_reason"`
	Rest         json.Value       `json:",embed"`
}

const whatItIs = "a text completion"

// decodeResponse reads a whole answer. A body of status 200 that holds an
// error is that error; one that is no completion is an *llm.Error of kind
// Upstream.
func decodeResponse(body []byte, provider string) (*llm.Response, error) {
	var r response
	err := json.UnmarshalLoose(body, &r)
	if err != nil || r.Choices == nil {
		if e := errorsOf(provider).Inside(body); e != nil {
			return nil, e
		}
		why := "it has no choices"
		if err != nil {
			path, what := json.Problem(err)
			why = path + ": " + what
		}
		return nil, errorsOf(provider).Unreadable(body, whatItIs, why)
	}
	out := &llm.Response{
		ID: string(r.ID), Model: string(r.Model), Created: openaiwire.WholeNumber(r.Created),
		Usage: openaiwire.DecodeUsage(llm.OpenAIText, r.Usage, ""), Native: residue(r.Rest),
	}
	for i := range r.Choices {
		out.Choices = append(out.Choices, r.Choices[i].canonical(i))
	}
	return out, nil
}

func (c *choice) canonical(i int) llm.Choice {
	out := llm.Choice{Index: i, Native: residue(c.Rest, json.Named("logprobs", c.Logprobs.Value()))}
	if c.Index != nil {
		out.Index = *c.Index
	}
	if c.Text != "" {
		out.Parts = []llm.Part{&llm.Text{Text: string(c.Text)}}
	}
	out.Finish = openaiwire.Finish(string(c.FinishReason), false)
	out.StopSequence = openaiwire.MetStop(c.Rest, &out.Finish)
	return out
}

// EncodeResponse writes a whole answer for a client. The texts of a choice,
// and a refusal, are one text.
func (Codec) EncodeResponse(r *llm.Response, o dialect.Options) ([]byte, error) {
	w := head(r.ID, r.Model, r.Created, r.Native, o)
	w.Open("choices", '[')
	for i := range r.Choices {
		c := &r.Choices[i]
		writeChoice(&w, c.Index, dialect.SpokenText(c.Parts), &c.Finish, own(c.Native), o)
	}
	w.Close(']')
	if r.Usage != nil {
		openaiwire.WriteUsage(&w, llm.OpenAIText, r.Usage)
	}
	w.Close('}')
	return w.B, nil
}

// head begins an answer or a chunk, with all members that stand before its
// choices.
func head(id, model string, created int64, native llm.Native, o dialect.Options) json.Writer {
	w := json.NewWriter("{")
	w.Str("id", cmp.Or(id, "cmpl-"+rand.Text()))
	w.Str("object", "text_completion")
	w.Int("created", cmp.Or(created, time.Now().Unix()))
	w.Str("model", cmp.Or(model, o.Model))
	if o.Provider != "" {
		w.Str("provider", o.Provider)
		w.Rest(own(native), "provider")
	} else {
		w.Rest(own(native))
	}
	return w
}

// writeChoice writes one element of choices. There is no finish reason yet,
// or nobody has told one, if finish says nothing.
func writeChoice(w *json.Writer, index int, text string, finish *llm.Finish, native json.Object, o dialect.Options) {
	w.Open("", '{')
	w.Str("text", text)
	w.Int("index", int64(index))
	if !native.Has("logprobs") {
		w.Nullable("logprobs", "")
	}
	if finish == nil || finish.Raw == "" && (finish.Reason == "" || finish.Reason == llm.FinishOther) {
		w.Nullable("finish_reason", "")
	} else {
		w.Str("finish_reason", openaiwire.FinishWord(*finish, o.Strict))
	}
	w.Rest(native)
	w.Close('}')
}
