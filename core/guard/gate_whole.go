package guard

import (
	"slices"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// cite judges the source of a text, which is there at once.
func (f *flow) cite(e llm.Event) {
	own := *e.Citation
	for _, text := range []*string{&own.URL, &own.Title, &own.Quote} {
		f.permit(*text)
		*text = f.change(*text)
	}
	if len(f.stages) > 0 {
		own.Native = llm.Native{} // may say the same again
	}
	if e.Citation = &own; !f.denied {
		f.mark(e)
	}
}

func (f *flow) change(text string) string {
	for i := range f.stages {
		text = changedText(text, f.stages[i].check)
	}
	return text
}

// wholly judges and changes the strings of a value that is there at once.
func (f *flow) wholly(v json.Value) json.Value {
	if v == nil {
		return v
	}
	var changes []Change
	w := dialect.NewWalker(v, func(s dialect.Span) bool {
		text := json.Unquote(v[s.Start:s.End])
		f.permit(text)
		if now := f.change(text); now != text {
			changes = append(changes, Change{s.Start, s.End, now})
		}
		return true
	})
	if err := w.Strings(""); err == nil {
		_ = w.Flush("")
	}
	for _, c := range slices.Backward(changes) {
		v = slices.Concat(v[:c.Start], json.Quote(c.Text), v[c.End:])
	}
	return v
}
