package partner

import (
	"cmp"
	"context"
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

// inPieces is about for a service that takes no more than limit characters at a
// time.
func inPieces(l *line, member string, limit int, more json.Object, judge judgement) asker {
	return func(ctx context.Context, in *guard.Input) (guard.Verdict, error) {
		texts := pieces(in.Text(), limit)
		found, err := all(ctx, len(texts), func(ctx context.Context, i int) (finding, error) {
			answer, err := l.post(ctx, append(json.Object{json.Named(member, json.Quote(texts[i]))}, more...).Value())
			if err != nil {
				return finding{}, err
			}
			pass, data, err := judge(answer)
			return finding{bad: !pass, data: data}, err
		})
		if err != nil {
			return guard.Verdict{}, err
		}
		whole := together(texts, found)
		return guard.Verdict{Pass: !whole.bad, Data: whole.data}, nil
	}
}

// each asks about every text by itself, of which a service takes no more than
// limit characters at a time (0: no limit). With redact, a text that is bad is
// replaced by its redacted form, and passes then.
func each(redact bool, limit int, ask func(ctx context.Context, e guard.Event, text string) (finding, error)) asker {
	return func(ctx context.Context, in *guard.Input) (guard.Verdict, error) {
		p := partsOf(in, limit)
		found, err := all(ctx, len(p.texts), func(ctx context.Context, i int) (finding, error) {
			return ask(ctx, in.Event, p.texts[i])
		})
		if err != nil {
			return guard.Verdict{}, err
		}
		return sum(in, p.findings(in, found), redact), nil
	}
}

// parallel is how many questions are asked at a time.
const parallel = 8

// all asks n questions. The first error ends it.
func all(ctx context.Context, n int, ask func(ctx context.Context, i int) (finding, error)) ([]finding, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	findings := make([]finding, n)
	slots := make(chan struct{}, parallel)
	var asked sync.WaitGroup
	var once sync.Once
	var first error
	for i := range findings {
		slots <- struct{}{}
		asked.Go(func() {
			defer func() { <-slots }()
			f, err := ask(ctx, i)
			if err != nil {
				once.Do(func() { first = err; cancel() })
			}
			findings[i] = f
		})
	}
	asked.Wait()
	return findings, first
}

// sum makes one verdict of all findings. A redacted form in which nothing is
// redacted is none.
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
		case redact && f.redacted != nil && *f.redacted != texts[i]:
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

// messages are the texts of the request as a chat has them. A developer is a
// system for services; messages without text are left out.
func messages(in *guard.Input) json.Value {
	out := []json.Value{}
	for i := 0; i < len(in.Question); {
		first, said := in.Question[i], guard.Input{}
		for ; i < len(in.Question) && in.Question[i].Turn == first.Turn && in.Question[i].Role == first.Role; i++ {
			said.Texts = append(said.Texts, in.Question[i])
		}
		role := cmp.Or(first.Role, "user")
		if role == "developer" {
			role = "system"
		}
		if text := said.Text(); text != "" {
			out = append(out, json.Object{json.Named("role", json.Quote(role)), json.Named("content", json.Quote(text))}.Value())
		}
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
