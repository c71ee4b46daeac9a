package stored

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Serve answers what is asked about a response that is kept here. call.Rest is
// what stands behind /responses/ in the path: an id, and perhaps more.
func (s *Store) Serve(ctx context.Context, c *core.Call) (*core.Reply, error) {
	id, rest, _ := strings.Cut(c.Rest, "/")
	query, err := url.ParseQuery(c.Query)
	if err != nil {
		return nil, llm.Errorf(llm.BadRequest, "the query cannot be read")
	}
	r, err := s.get(ctx, c.Principal.Workspace, id)
	if errors.Is(err, errUnknown) {
		return nil, &llm.Error{Kind: llm.NotFound, Type: "invalid_request_error", Message: "Response with id '" + id + "' not found."}
	}
	if err != nil {
		return nil, err
	}
	switch c.Method + " " + rest {
	case http.MethodGet + " ":
		return retrieve(r, query)
	case http.MethodDelete + " ":
		return s.remove(ctx, c.Principal.Workspace, id)
	case http.MethodGet + " input_items":
		return s.inputItems(ctx, c.Principal.Workspace, r, query)
	case http.MethodPost + " cancel":
		return nil, llm.Errorf(llm.BadRequest, "Cannot cancel a synchronous response.")
	}
	return nil, llm.Errorf(llm.NotFound, "there is no %s for a response of this gateway", c.Method+" "+c.Rest)
}

func whole(body []byte) *core.Reply { return core.NewBody(llm.OpenAIResponses, nil, body) }

func (s *Store) remove(ctx context.Context, workspace, id string) (*core.Reply, error) {
	if err := s.records().Delete(ctx, part(workspace, id), ""); err != nil {
		return nil, away(err)
	}
	return whole([]byte(`{"id":` + string(json.Quote(id)) + `,"object":"response","deleted":true}`)), nil
}

// retrieve gives a response as it is, or as the events that would tell it.
func retrieve(r *record, query url.Values) (*core.Reply, error) {
	if query.Get("stream") != "true" {
		return whole(r.Response), nil
	}
	after := int64(-1)
	if text := query.Get("starting_after"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return nil, &llm.Error{Kind: llm.BadRequest, Param: "starting_after", Message: "starting_after must be a number that is not negative"}
		}
		after = n
	}
	told, err := replay(r.Response)
	if err != nil {
		return nil, err
	}
	return core.NewStream(llm.OpenAIResponses, codec.Raw(nil), later(told, after), nil), nil
}

// replay encodes a response as a stream. One that failed ends as it did, with
// what it had said.
func replay(response json.Value) ([]byte, error) {
	body, cause := response, (*llm.Error)(nil)
	if json.Unquote(json.Lookup(response, "status")) == "failed" {
		cause = &llm.Error{
			RawDialect: llm.OpenAIResponses, Code: json.Unquote(json.Lookup(response, "error", "code")),
			Message: json.Unquote(json.Lookup(response, "error", "message")),
		}
		var err error
		if body, err = json.Splice(response, json.Edit{Name: "error", Value: json.Value("null")}, json.Edit{Name: "status", Value: json.Value(`"completed"`)}); err != nil {
			return nil, err
		}
	}
	resp, err := codec.Raw(nil).DecodeResponse(body)
	if err != nil {
		return nil, err
	}
	enc := codec.EncodeStream(dialect.Options{})
	var dst []byte
	for e := range resp.Events() {
		if cause != nil && (e.Kind == llm.EventFinish || e.Kind == llm.EventDone) {
			continue
		}
		if dst, err = enc.Encode(dst, e); err != nil {
			return nil, err
		}
	}
	if cause != nil {
		return enc.Error(dst, cause), nil
	}
	return enc.Flush(dst)
}

// later yields the events that come after one of that number.
func later(told []byte, after int64) frame.Seq {
	return func(yield func(frame.Frame, error) bool) {
		for f, err := range frame.SSE(bytes.NewReader(told), 0) {
			n, bad := strconv.ParseInt(string(json.Lookup(f.Data, "sequence_number")), 10, 64)
			if err == nil && bad == nil && n <= after {
				continue
			}
			if !yield(f, err) {
				return
			}
		}
	}
}
