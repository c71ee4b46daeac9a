// Package rerank has the canonical form of ranking documents for a query, and
// the forms of the providers that do not speak Cohere's. OpenAI has no such
// operation; most others follow Cohere's first version, which has the
// documents in the answer if they are asked for.
//
// https://docs.cohere.com/v2/reference/rerank
package rerank

import (
	"net/http"
	"strconv"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A Request asks how relevant each document is.
type Request struct {
	Model     string
	Query     string
	Documents []Document
	Top       int64 // best documents to return; 0: all
	Return    bool  // the documents themselves are wanted in the answer
	body      json.Value
}

// A Document is a text, or an object that has one.
type Document struct {
	Text string
	Raw  json.Value // as the client wrote it
}

// DecodeRequest reads Cohere's form.
func DecodeRequest(body []byte) (*Request, error) {
	m, err := json.Pick(body, "model", "query", "documents", "top_n", "return_documents")
	if err != nil {
		return nil, &llm.Error{Kind: llm.BadRequest, Message: "the request body is not a JSON object", Err: err}
	}
	r := &Request{Model: json.Unquote(m[0]), Query: json.Unquote(m[1]), Return: m[4].Kind() == 't', body: body}
	if m[1].Kind() != '"' {
		return nil, dialect.BadMember("query", "must be a text")
	}
	if v := m[3]; json.Present(v) {
		if r.Top, err = strconv.ParseInt(string(v), 10, 32); err != nil || r.Top < 1 {
			return nil, dialect.BadMember("top_n", "must be a whole number above 0")
		}
	}
	r.Documents, err = decodeDocuments(m[2])
	return r, err
}

func decodeDocuments(v json.Value) ([]Document, error) {
	all, err := json.Elements(v)
	if err != nil || len(all) == 0 {
		return nil, dialect.BadMember("documents", "must be a list that is not empty")
	}
	out := make([]Document, len(all))
	for i, d := range all {
		text := d
		if d.Kind() == '{' {
			text = json.Lookup(d, "text")
		}
		if text.Kind() != '"' {
			return nil, dialect.BadMember("documents["+strconv.Itoa(i)+"]", "must be a text, or an object with one")
		}
		out[i] = Document{Text: json.Unquote(text), Raw: d}
	}
	return out, nil
}

// Texts are the documents as texts.
func (r *Request) Texts() []string {
	texts := make([]string, len(r.Documents))
	for i, d := range r.Documents {
		texts[i] = d.Text
	}
	return texts
}

// Member is a member of the request as the client wrote it. It is nil if it
// is absent or null.
func (r *Request) Member(name string) json.Value { return dialect.MemberOf(r.body, name) }

// Left names the members that a provider is not told. Model, query,
// documents, top_n and return_documents always count as said.
func (r *Request) Left(said ...string) []string {
	return dialect.Left(r.body, append([]string{"model", "query", "documents", "top_n", "return_documents"}, said...)...)
}

// A Form is a provider's form of ranking. It is a [dialect.Task].
type Form struct {
	Encode func(r *Request, t dialect.Target) (dialect.TaskCall, error)
	Decode func(r *Request, a dialect.Answered) (*Response, error)
	// Error reads an error. Nil reads it as one of OpenAI and its relatives.
	Error func(status int, h http.Header, body []byte) *llm.Error
}

var _ dialect.Task = Form{}

// Prepare implements [dialect.Task].
func (f Form) Prepare(in core.Incoming, t dialect.Target) (dialect.TaskExchange, error) {
	return dialect.TaskForm[*Request, *Response]{Read: read, Encode: f.Encode, Decode: f.Decode, Write: write, Error: f.Error}.Prepare(in, t)
}

func read(in core.Incoming, t dialect.Target) (*Request, error) {
	r, err := DecodeRequest(in.Body)
	if err != nil {
		return nil, err
	}
	r.Model = t.Model
	return r, nil
}

func write(q *Request, all []*Response) (dialect.TaskAnswer, error) {
	r := all[0]
	body, err := r.Encode(q)
	return dialect.TaskAnswer{Body: body, Model: r.Model, Usage: r.Usage}, err
}
