package jobs

import (
	"cmp"
	"errors"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A result is one line of a job's output, in the provider's form.
type result struct {
	id     string
	answer json.Value // nil if there is none …
	fault  string     // … and why
	code   string
}

// results writes lines of OpenAI's output file.
type results struct {
	read     func(line []byte) (result, error)
	codec    core.Reading
	client   dialect.Inbound
	provider string
	model    string
}

// row rewrites a line. What cannot be read is told in the row, so that the
// others are not lost.
func (o results) row(dst, line []byte) ([]byte, error) {
	r, err := o.read(line)
	if err != nil {
		r.fault, r.code = "the provider's row cannot be read: "+err.Error(), "unreadable_row"
	}
	w := json.Writer{B: append(dst, '{')}
	w.Str("id", "batch_req_"+r.id)
	w.Str("custom_id", r.id)
	body, fault, code := o.body(r)
	if fault != "" {
		w.Nullable("response", "")
		w.Open("error", '{')
		w.Nullable("code", code)
		w.Str("message", fault)
		w.Close('}')
	} else {
		w.Open("response", '{')
		w.Int("status_code", 200)
		w.Str("request_id", r.id)
		w.Raw("body", body)
		w.Close('}')
		w.Nullable("error", "")
	}
	w.Close('}')
	return w.B, nil
}

func (o results) body(r result) (body json.Value, fault, code string) {
	if r.fault != "" || r.answer == nil {
		return nil, cmp.Or(r.fault, "the row has no answer"), r.code
	}
	resp, err := o.codec.DecodeResponse(r.answer)
	if err == nil {
		body, err = o.client.EncodeResponse(resp, dialect.Options{Provider: o.provider, Model: o.model, RequestID: r.id, Strict: true})
	}
	if e, ok := errors.AsType[*llm.Error](err); ok {
		return nil, e.Message, cmp.Or(e.Code, "unreadable_answer")
	}
	if err != nil {
		return nil, err.Error(), "unreadable_answer"
	}
	return body, "", ""
}
