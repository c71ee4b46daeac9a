// Package rescue has streams that break off after content go on as others do,
// so that the client reads one answer.
package rescue

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"sluice/core"
	"sluice/core/llm"
)

// Wrap has a stream that breaks off after content go on as another one: next
// is asked for the committed answer to a call that continues what the client
// has been given, see [core.Call.Continue]. The client sees one answer, which
// repeats nothing and whose usage is that of all its parts; what the parts
// that broke off used is billed to their attempts in the call's trace, and the
// reply is that of its last part from then on. The last part may break off in
// turn.
//
// What is not mere text is not continued, nor is anything once ctx has ended.
// The error of such an answer says how far it went, and why no farther.
func Wrap(ctx context.Context, c *core.Call, r *core.Reply, next func(*core.Call) (*core.Reply, error)) {
	r.Joined = true
	r.Rewrite(func(seq core.EventSeq) core.EventSeq {
		x := &rescue{ctx: ctx, call: c, reply: r, next: next, said: newSaid()}
		return func(yield func(llm.Event, error) bool) { x.run(seq, yield) }
	})
}

type rescue struct {
	ctx   context.Context
	call  *core.Call
	reply *core.Reply
	next  func(*core.Call) (*core.Reply, error)

	said  *said
	began int64      // of what was said, at the start of the part that runs
	text  int        // bytes of text that the part goes on from
	paid  *llm.Usage // by the parts before it
	joint *joint     // of the part to those before it; nil for the first
}

func (x *rescue) run(seq core.EventSeq, yield func(llm.Event, error) bool) {
	for seq != nil {
		err, left := x.pass(seq, yield)
		if err == nil || left {
			return
		}
		if seq, err = x.goOn(err); err != nil {
			yield(llm.Event{}, err)
		}
	}
}

// pass hands on the events of one part, until it ends or the client leaves.
func (x *rescue) pass(seq core.EventSeq, yield func(llm.Event, error) bool) (err error, left bool) {
	var buf []llm.Event
	for e, err := range seq {
		if err != nil {
			return err, false
		}
		buf = append(buf[:0], e)
		if x.joint != nil {
			buf = x.joint.join(buf[:0], e)
		}
		for i := range buf {
			x.said.see(&buf[i])
			if !yield(buf[i], nil) {
				return nil, true
			}
		}
	}
	return nil, false
}

// goOn finds the next part, or the error that the client is to be told.
func (x *rescue) goOn(broke error) (core.EventSeq, error) {
	if x.ctx.Err() != nil {
		return nil, broke // the client has gone, or its time is up
	}
	text := x.said.text.String()
	why := x.hopeless(broke, text)
	if why == "" {
		c := x.call.Continue(text)
		n, err := x.next(c)
		if err == nil {
			return x.join(n, c, text, broke), nil
		}
		why = plainly(err)
	}
	x.call.Trace.Note(x.reply.Option, fmt.Sprintf("broke off after %d bytes of text, and nobody goes on with them: %s", len(text), why))
	return nil, honest(broke, len(text), why)
}

// hopeless says why an answer is not to be continued.
func (x *rescue) hopeless(broke error, text string) string {
	if e, ok := errors.AsType[*llm.Error](broke); !ok || !e.Retryable() && e.Kind != llm.Quota {
		return "trying again would not help"
	}
	if why := x.said.whole(); why != "" {
		return why
	}
	r, err := x.call.Request()
	if err != nil {
		return err.Error()
	}
	if r.MaxTokens != nil && *r.MaxTokens <= llm.Estimate(0, int64(len(text))).Output {
		return "it is as long as the request allows"
	}
	return ""
}

// honest is the error of an answer that is not continued. What the provider
// said of it is told in our words, since it does not say how far it went.
func honest(broke error, bytes int, why string) error {
	e, ok := errors.AsType[*llm.Error](broke)
	if !ok {
		return broke
	}
	own := *e
	own.Raw, own.RawDialect, own.RawType = nil, "", ""
	own.Message = fmt.Sprintf("%s; %d bytes of text had been sent, and nobody goes on with them: %s", cmp.Or(e.Message, e.Kind.String()), bytes, why)
	return &own
}

// plainly says what a failure is, without words of a provider: notes travel
// farther than those.
func plainly(err error) string {
	e, ok := errors.AsType[*llm.Error](err)
	switch {
	case !ok:
		return llm.Internal.String()
	case e.Kind == llm.Unsupported && e.Provider == "":
		return e.Message
	}
	return e.Kind.String()
}

// join takes n for the next part of the answer.
func (x *rescue) join(n *core.Reply, c *core.Call, text string, broke error) core.EventSeq {
	r := x.reply
	x.bill()
	c.Trace.Note(n.Option, fmt.Sprintf("goes on with the answer of %s, which broke off after %d bytes of text: %s", r.Option, len(text), plainly(broke)))
	r.OnClose(n.Close)
	r.Become(n)
	x.joint = newJoint(x.said, newRepetition(c.Ending(), text, n.Repeats), x.paid)
	x.joint.abroad = n.Dialect != r.Dialect
	x.began, x.text = x.said.size, len(text)
	events := n.Events()
	return func(yield func(llm.Event, error) bool) {
		defer func() { r.Become(n) }() // what it used, and who went on with it in turn
		events(yield)
	}
}

// bill books what the part that broke off has used so far. Nobody reports the
// end of it: what it said at its start counts the prompt, and little else.
func (x *rescue) bill() {
	r := x.reply
	guess := llm.Estimate(int64(len(x.call.Body)+x.text), x.said.size-x.began)
	u := guess
	if got := r.Usage(); got != nil {
		own := *got
		if own.Output < guess.Output {
			own.Output, own.Estimated = guess.Output, true
		}
		u = &own
	}
	x.paid = x.paid.Plus(u)
	x.call.Trace.Bill(r.Option, &core.Bill{Usage: u, Others: r.Others, Region: r.Region})
}
