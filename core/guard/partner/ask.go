package partner

import (
	"context"
	"strings"
	"sync"

	"sluice/core/guard"
	"sluice/core/internal/json"
)

// A judgement is what an answer comes to.
type judgement func(answer json.Value) (pass bool, data json.Value, err error)

// once asks about all texts together.
func once(l *line, body func(in *guard.Input) json.Object, judge judgement) asker {
	return func(ctx context.Context, in *guard.Input) (guard.Verdict, error) {
		answer, err := l.post(ctx, body(in).Value())
		if err != nil {
			return guard.Verdict{}, err
		}
		pass, data, err := judge(answer)
		return guard.Verdict{Pass: pass && err == nil, Data: data}, err
	}
}

// about is once with a body that has the text in one member.
func about(l *line, member string, more json.Object, judge judgement) asker {
	return once(l, func(in *guard.Input) json.Object {
		return append(json.Object{json.Named(member, json.Quote(in.Text()))}, more...)
	}, judge)
}

// A finding is what a service says about one text.
type finding struct {
	bad      bool
	redacted *string    // the text without what was found; nil: there is none
	data     json.Value // nil: nothing to say
}

// each asks about every text by itself. With redact, a text that is bad is
// replaced by its redacted form, and passes then.
func each(redact bool, ask func(ctx context.Context, e guard.Event, text string) (finding, error)) asker {
	return func(ctx context.Context, in *guard.Input) (guard.Verdict, error) {
		findings, err := all(ctx, in, ask)
		if err != nil {
			return guard.Verdict{}, err
		}
		return sum(in, findings, redact), nil
	}
}

// parallel is how many questions are asked at a time.
const parallel = 8

// all asks about the texts that are not empty. The first error ends it.
func all(ctx context.Context, in *guard.Input, ask func(context.Context, guard.Event, string) (finding, error)) ([]finding, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	findings := make([]finding, len(in.Texts))
	slots := make(chan struct{}, parallel)
	var asked sync.WaitGroup
	var once sync.Once
	var first error
	for i, t := range in.Texts {
		if t.Text == "" {
			continue
		}
		slots <- struct{}{}
		asked.Go(func() {
			defer func() { <-slots }()
			f, err := ask(ctx, in.Event, t.Text)
			if err != nil {
				once.Do(func() { first = err; cancel(err) })
			}
			findings[i] = f
		})
	}
	asked.Wait()
	return findings, first
}

// sum makes one verdict of all findings.
func sum(in *guard.Input, findings []finding, redact bool) guard.Verdict {
	v := guard.Verdict{Pass: true}
	texts, changed := make([]string, len(in.Texts)), false
	var data []json.Value
	for i, f := range findings {
		texts[i] = in.Texts[i].Text
		if f.data != nil {
			data = append(data, f.data)
		}
		switch {
		case !f.bad:
		case redact && f.redacted != nil:
			texts[i], changed = *f.redacted, true
		default:
			v.Pass = false
		}
	}
	if data != nil {
		v.Data = json.ValueOf(data)
	}
	if changed {
		v.Texts = texts
	}
	return v
}

// messages are the texts of the request as a chat has them.
func messages(in *guard.Input) json.Value {
	out := []json.Value{}
	for i := 0; i < len(in.Question); {
		first, texts := in.Question[i], []string{}
		for ; i < len(in.Question) && in.Question[i].Turn == first.Turn && in.Question[i].Role == first.Role; i++ {
			if t := in.Question[i].Text; t != "" {
				texts = append(texts, t)
			}
		}
		role := first.Role
		if role == "" {
			role = "user"
		}
		out = append(out, json.Object{
			json.Named("role", json.Quote(role)), json.Named("content", json.Quote(strings.Join(texts, "\n"))),
		}.Value())
	}
	return json.ValueOf(out)
}

// question is the text of the last message of the request, which an answer
// was given to.
func question(in *guard.Input) string {
	if in.Event == guard.Before {
		return in.Text()
	}
	var last guard.Input
	for _, t := range in.Question {
		if len(last.Texts) > 0 && last.Texts[0].Turn != t.Turn {
			last.Texts = nil
		}
		last.Texts = append(last.Texts, t)
	}
	return last.Text()
}

// side is one word on the way in and another on the way out.
func side(e guard.Event, before, after string) string {
	if e == guard.Before {
		return before
	}
	return after
}
