package guard

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// Run asks the hooks of an event, but for those nobody waits for, all at the
// same time. in.Texts are all texts; each hook judges those in its scope.
//
// What hooks replace is put together in their order: a hook that replaces
// something is run again on what those before it have left when both have
// changed something, so that none takes back what another has done.
func Run(ctx context.Context, hooks []*Hook, in *Input) *Outcome {
	o := &Outcome{}
	waited := Waited(hooks, in.Event)
	runs := make([]run, len(waited))
	var all sync.WaitGroup
	for i, h := range waited {
		all.Go(func() { runs[i] = h.run(ctx, in) })
	}
	all.Wait()
	current := in
	for i, h := range waited {
		r := runs[i]
		if r.left != nil && current != in {
			r = h.run(ctx, current)
		}
		if r.left != nil {
			current = r.left
		}
		o.Results = append(o.Results, r.result)
	}
	if current != in {
		o.Texts, o.left = textsOf(current.Texts), current.doc
	}
	return o
}

// Waited picks the hooks of an event that somebody waits for.
func Waited(hooks []*Hook, e Event) (list []*Hook) {
	for _, h := range hooks {
		if h.Event == e && !h.Async {
			list = append(list, h)
		}
	}
	return list
}

// RunLater asks hooks that do nothing about what they find.
func RunLater(ctx context.Context, hooks []*Hook, in *Input) []Result {
	var results []Result
	for _, h := range hooks {
		if h.Event == in.Event {
			results = append(results, h.run(ctx, in).result)
		}
	}
	return results
}

// A run is a hook on its way through its checks.
type run struct {
	result Result
	left   *Input // what the checks have made of the input; nil: it is unchanged
}

func (h *Hook) run(ctx context.Context, in *Input) run {
	ctx, cancel := context.WithTimeout(ctx, hookTime)
	defer cancel()
	began := time.Now()
	r := run{result: Result{
		ID: h.ID, Type: h.Type, Async: h.Async, Verdict: true, Created: Moment(began),
		Checks: make([]CheckResult, len(h.uses)),
	}}
	h.ask(ctx, in, &r)
	for _, c := range r.result.Checks {
		r.result.Verdict = r.result.Verdict && (c.Verdict || c.Error != nil && (!c.FailOnError || c.nothing))
	}
	r.result.Deny = h.Deny && !r.result.Verdict && !h.Async
	r.result.Transformed = r.left != nil
	r.result.Feedback = h.feedback(r.result.Checks)
	r.result.Took = time.Since(began).Milliseconds()
	return r
}

// ask runs the checks: at the same time as long as none replaces anything, for
// then each has to see what the one before it has left.
func (h *Hook) ask(ctx context.Context, in *Input, r *run) {
	verdicts := make([]Verdict, len(h.uses))
	if !h.inOrder() {
		var all sync.WaitGroup
		for i, u := range h.uses {
			all.Go(func() { verdicts[i], r.result.Checks[i] = u.ask(ctx, h.view(in, u)) })
		}
		all.Wait()
	}
	for i, u := range h.uses {
		v := verdicts[i]
		if h.inOrder() || r.left != nil && v.replaces() {
			v, r.result.Checks[i] = u.ask(ctx, h.view(in, u))
		}
		if !v.replaces() {
			continue
		}
		next, err := in.after(&v, h.sees(in, u))
		if err != nil {
			r.result.Checks[i].fail(err)
			continue
		}
		in, r.left = next, next
	}
}

// sees picks the texts that a check of the hook judges.
func (h *Hook) sees(in *Input, u use) []int {
	scope := h.Scope.of(in.Texts, in.Event)
	if !u.form {
		return scope
	}
	return slices.DeleteFunc(scope, func(at int) bool {
		t := &in.Texts[at]
		return t.beside || t.Place == FileName || t.Place == Definition
	})
}

// view is an input as a check of the hook sees it.
func (h *Hook) view(in *Input, u use) *Input {
	own := *in
	scope := h.sees(in, u)
	own.Texts = make([]Text, len(scope))
	for i, at := range scope {
		own.Texts[i] = in.Texts[at]
	}
	own.nothing = h.nothingIn(in)
	return &own
}

// nothingIn reports whether there is nothing for a check to judge, rather than
// something that it cannot read: the scope is of texts that need not be there,
// or an answer only calls tools, without arguments in words.
func (h *Hook) nothingIn(in *Input) bool {
	calls := h.Scope == Instructions || h.Scope == Tools
	for _, at := range h.Scope.of(in.Texts, in.Event) {
		t := &in.Texts[at]
		if t.Text != "" && !t.beside {
			return false
		}
		calls = calls || t.Place == ToolCall
	}
	return calls
}

// after is the input as a check has left it that saw the texts in a scope.
func (in *Input) after(v *Verdict, scope []int) (*Input, error) {
	out := *in
	out.Transformed = true
	var err error
	switch {
	case v.Request != nil && in.Event == Before:
		out.Request = v.Request
		if in.doc != nil {
			out.doc, err = in.doc.replaced(v.Request)
		}
	case v.Response != nil && in.Event == After:
		out.Response = v.Response
		if in.doc != nil {
			out.doc, err = in.doc.replaced(v.Response)
		}
	case v.Texts != nil:
		out.Texts = slices.Clone(in.Texts)
		for i, at := range scope {
			out.Texts[at].Text = v.Texts[i]
		}
		if in.doc != nil {
			out.doc, err = in.doc.with(textsOf(out.Texts))
		}
	}
	if err == nil && out.doc != nil {
		out.read()
	}
	return &out, err
}

// replaces reports whether the verdict changes anything: [use.ask] has taken out
// what is not of the event.
func (v *Verdict) replaces() bool { return v.Texts != nil || v.Request != nil || v.Response != nil }

// fail takes back a verdict: there is none.
func (r *CheckResult) fail(err error) {
	r.Verdict, r.Transformed, r.Error = false, false, &CheckError{nameOf(err), err.Error()}
}

func textsOf(texts []Text) []string {
	out := make([]string, len(texts))
	for i := range texts {
		out[i] = texts[i].Text
	}
	return out
}

// ask runs one check. A bug in it is an error of it.
func (u use) ask(ctx context.Context, in *Input) (v Verdict, r CheckResult) {
	began := time.Now()
	v, err := u.shielded(ctx, in)
	if in.Event == Before {
		v.Response = nil
	} else {
		v.Request = nil
	}
	if err == nil && v.Texts != nil && len(v.Texts) != len(in.Texts) {
		v, err = Verdict{}, errors.New("the check gave back another number of texts")
	}
	r = CheckResult{
		Data: u.secrets.JSON(v.Data), Verdict: v.Pass && err == nil, ID: u.id, Took: time.Since(began).Milliseconds(),
		Transformed: v.replaces(), Created: Moment(began), FailOnError: u.onError == Close,
	}
	if err != nil {
		v = Verdict{}
		r.Verdict, r.Transformed, r.Error = u.open && u.onError != Close, false, &CheckError{nameOf(err), u.secrets.Text(err.Error())}
		r.nothing = err == ErrNoText && in.nothing
	}
	return v, r
}

func (u use) shielded(ctx context.Context, in *Input) (v Verdict, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &Error{"Check error", "Error executing check"}
		}
	}()
	return u.check.Check(ctx, in)
}

func nameOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Name
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "TimeoutError"
	}
	return "Error"
}
