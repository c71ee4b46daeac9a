package api

import (
	"strings"

	"sluice/core"
	"sluice/core/internal/frame"
	"sluice/core/internal/header"
	"sluice/core/llm"
	"sluice/core/usage"
)

// explanation is what is known now. cost, of the answer, may be nil.
func (q *request) explanation(dropped []string, cost *usage.Cost) explanation {
	e := explanation{dropped: dropped, cost: cost}
	if q.call != nil {
		e.attempts, e.notes = usage.AttemptsOf(q.call.Trace, q.billOf), usage.NotesOf(q.call.Trace)
	}
	if cost != nil {
		e.spent = usage.Sum(cost, e.attempts)
	}
	return e
}

// wantsExplanation reports whether the client has asked for one.
func (q *request) wantsExplanation() bool {
	return strings.EqualFold(header.Get(q.header, "X-Sluice-Explain"), "true")
}

// triedSeveral reports whether more than one target was called.
func (q *request) triedSeveral() bool {
	if q.call == nil {
		return false
	}
	attempts := q.call.Trace.Attempts()
	for _, a := range attempts {
		if a.Option != attempts[0].Option {
			return true
		}
	}
	return false
}

// explain sets the header of an answer, if the client has asked for it. reply
// may be nil, and so may cost.
func (q *request) explain(reply *core.Reply, cost *usage.Cost) {
	if !q.wantsExplanation() {
		return
	}
	var dropped []string
	if reply != nil {
		dropped = reply.Dropped
	}
	header.Set(q.w.Header(), "X-Sluice-Explain", q.explanation(dropped, cost).fit(maxExplain))
}

// explainFailure sets the header of an error: a client that was failed by
// several targets is told so unasked.
func (q *request) explainFailure() {
	if q.wantsExplanation() || q.triedSeveral() {
		header.Set(q.w.Header(), "X-Sluice-Explain", q.explanation(nil, nil).fit(maxExplain))
	}
}

// explainEnd writes, as a comment behind the last event, what is known only
// then. reply is nil if nobody answered, and then a client that was failed by
// several targets is told unasked: the headers had gone before.
func (s *stream) explainEnd(reply *core.Reply, cut bool) {
	var text string
	switch {
	case !s.takesComments():
		return
	case reply != nil && s.wantsExplanation():
		text = s.explanation(reply.Dropped, s.price(reply, cut)).fit(maxExplain)
	case reply == nil && (s.wantsExplanation() || s.triedSeveral()):
		text = s.explanation(nil, nil).fit(maxExplain)
	default:
		return
	}
	_ = s.encode(func(dst []byte) ([]byte, error) { return frame.AppendComment(s.gap(dst), "sluice-explain "+text), nil })
}

// takesComments reports whether the client's stream has a place for what is no
// event. Google's SDKs break off at a comment.
func (s *stream) takesComments() bool {
	return s.enc.ContentType() == frame.SSEFormat.ContentType() && s.call.Dialect != llm.Gemini
}
