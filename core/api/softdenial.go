package api

import (
	"context"
	"errors"
	"strings"

	"sluice/core"
	"sluice/core/internal/header"
	"sluice/core/llm"
)

// denialHeader says how a guardrail's denial is told. "refusal" is for agents
// that give up, or try for ever, when they see a status that they do not know:
// the model seems to have refused, with status 200. Records say 446 all the
// same, and results of guardrails are told as ever.
const denialHeader = "X-Sluice-Denial"

// softly has denials answered as refusals, if the client wants that.
func (q *request) softly(h core.Handler) core.Handler {
	if q.route.operation != llm.Generate || !strings.EqualFold(header.Get(q.header, denialHeader), "refusal") {
		return h
	}
	return core.HandlerFunc(func(ctx context.Context, c *core.Call) (*core.Reply, error) {
		reply, err := h.Handle(ctx, c)
		if e, ok := errors.AsType[*llm.Error](err); ok && e.Kind == llm.Denied {
			return refusal(c, err, e), nil
		}
		return reply, err
	})
}

// refusal is a denial in the words of a model.
func refusal(c *core.Call, err error, e *llm.Error) *core.Reply {
	resp := &llm.Response{ID: c.ID, Model: c.Model, Choices: []llm.Choice{{
		Parts: []llm.Part{&llm.Refusal{Text: e.Message}}, Finish: llm.Finish{Reason: llm.FinishRefusal},
	}}}
	r := core.NewResponse(resp)
	r.Denied, r.Hooks, r.Strict = err, e.Hooks, c.Strict
	if f, ok := errors.AsType[*core.Failure](err); ok {
		r.Option, r.Provider, r.Retries, r.Cache = f.Option, f.Provider, f.Retries, f.Cache
	}
	return r
}
