// Package compact shortens conversations of the Responses API for providers
// that cannot: the model that is asked sums the conversation up, and the
// client gets the summary as one opaque item, to be sent in place of what it
// stands for. Codex relies on it, and has no other way to go on when its
// context is full.
//
// A provider that can compact is asked to, and its items are its own.
//
// https://platform.openai.com/docs/guides/compaction
package compact

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/openairesponses"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

var codec openairesponses.Codec

// introduction stands in front of a summary where a model reads it.
const introduction = "The conversation up to here was summed up to save room. The summary, on which you go on:\n\n"

// Expand puts the summaries into a request that its sealed items stand for,
// whatever provider it goes to.
func (s *Sealer) Expand(ctx context.Context, c *core.Call) (*core.Call, error) {
	if !bytes.Contains(c.Body, []byte(`"`+prefix)) {
		return c, nil
	}
	all, err := json.Elements(json.Lookup(c.Body, "input"))
	if err != nil {
		return c, nil // for the codec to refuse
	}
	input := json.NewWriter("[")
	for i, v := range all {
		if v, err = s.expand(ctx, c.Principal.Workspace, i, v); err != nil {
			return nil, err
		}
		input.Element(v)
	}
	input.Close(']')
	body, err := json.Splice(c.Body, json.Edit{Name: "input", Value: input.B})
	if err != nil {
		return nil, err
	}
	return c.WithBody(body), nil
}

func (s *Sealer) expand(ctx context.Context, workspace string, i int, item json.Value) (json.Value, error) {
	blob := json.Unquote(json.Lookup(item, "encrypted_content"))
	if !strings.HasPrefix(blob, prefix) {
		return item, nil
	}
	summary, err := s.open(ctx, workspace, blob)
	if errors.Is(err, errSeal) {
		where := fmt.Sprintf("input[%d].encrypted_content", i)
		return nil, &llm.Error{Kind: llm.BadRequest, Code: "invalid_encrypted_content", Param: where, Message: where + ": the compacted history could not be verified"}
	}
	if err != nil {
		return nil, err
	}
	w := json.NewWriter(`{"type":"message","role":"user","content":[{"type":"input_text"`)
	w.Str("text", introduction+summary)
	w.B = append(w.B, "}]}"...)
	return w.B, nil
}

// Around turns the summaries that next gives into sealed items. What a
// provider has compacted itself passes as it is.
func (s *Sealer) Around(next core.Handler) core.Handler {
	return core.HandlerFunc(func(ctx context.Context, c *core.Call) (*core.Reply, error) {
		reply, err := next.Handle(ctx, c)
		if err != nil || !asks(c) || reply.Dialect == llm.OpenAIResponses || reply.Status >= 300 {
			return reply, err
		}
		defer reply.Close()
		short, err := s.compacted(ctx, c, reply)
		if err != nil {
			return nil, &core.Failure{Option: reply.Option, Provider: reply.Provider, Retries: reply.Retries, Err: err}
		}
		return short, nil
	})
}

// asks reports whether a request wants its conversation compacted.
func asks(c *core.Call) bool {
	return c.Operation == llm.Compact || openairesponses.Triggered(c.Body)
}

func (s *Sealer) compacted(ctx context.Context, c *core.Call, reply *core.Reply) (*core.Reply, error) {
	resp, err := reply.Response()
	if err != nil {
		return nil, err
	}
	summary, err := summaryOf(resp, reply.Provider)
	if err != nil {
		return nil, err
	}
	blob, err := s.seal(ctx, c.Principal.Workspace, summary)
	if err != nil {
		return nil, err
	}
	id := openairesponses.NewID()
	item := json.NewWriter("{")
	item.Str("id", openairesponses.ItemID(id, "compaction", 0))
	item.Str("type", "compaction")
	item.Str("encrypted_content", blob)
	item.Close('}')
	short := &llm.Response{
		ID: id, Model: resp.Model, Created: resp.Created, Usage: resp.Usage,
		Choices: []llm.Choice{{
			Parts:  []llm.Part{&llm.Foreign{Kind: "compaction", Native: llm.NativeOf(llm.OpenAIResponses, item.B)}},
			Finish: llm.Finish{Reason: llm.FinishStop},
		}},
	}
	if c.Operation == llm.Compact {
		return answered(reply, short)
	}
	return described(core.NewResponse(short), reply), nil
}

// summaryOf is the text of a summary that is whole: history is not replaced by
// half of it.
func summaryOf(resp *llm.Response, provider string) (string, error) {
	unfit := func(why string) error {
		return &llm.Error{Kind: llm.Upstream, Provider: provider, Message: "the conversation could not be summed up: " + why}
	}
	if len(resp.Choices) == 0 {
		return "", unfit("there is no answer")
	}
	if f := resp.Choices[0].Finish; f.Reason != llm.FinishStop {
		return "", unfit("the model stopped with " + string(f.Reason))
	}
	var b strings.Builder
	for _, p := range resp.Choices[0].Parts {
		if t, ok := p.(*llm.Text); ok {
			b.WriteString(t.Text)
		}
	}
	if strings.TrimSpace(b.String()) == "" {
		return "", unfit("the summary is empty")
	}
	return b.String(), nil
}

// answered is the answer of POST /v1/responses/compact, which is no response.
func answered(reply *core.Reply, short *llm.Response) (*core.Reply, error) {
	whole, err := codec.EncodeResponse(short, dialect.Options{})
	if err != nil {
		return nil, err
	}
	ms, err := json.Pick(whole, "id", "created_at", "output", "usage")
	if err != nil {
		return nil, err
	}
	w := json.NewWriter("{")
	w.Raw("id", ms[0])
	w.Str("object", "response.compaction")
	w.Raw("created_at", ms[1])
	w.Raw("output", ms[2])
	w.Raw("usage", ms[3])
	w.Close('}')
	return described(core.NewBody(llm.OpenAIResponses, nil, w.B), reply), nil
}

// described gives a reply what is known of the one that it is made of.
func described(r, of *core.Reply) *core.Reply {
	r.Status, r.Header, r.Provider, r.Model, r.Option = of.Status, of.Header, of.Provider, of.Model, of.Option
	r.Dropped, r.Region, r.Strict, r.Retries = of.Dropped, of.Region, of.Strict, of.Retries
	r.Report(of.Usage(), of.Served())
	return r
}
