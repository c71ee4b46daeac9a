package openaitext

import (
	"iter"

	"sluice/core"
	"sluice/core/dialect"
)

// Texts yields the prompts and the suffix. The turn of a prompt is its index,
// that of the suffix 0. Token ids are no texts.
func (Codec) Texts(in core.Incoming) iter.Seq[dialect.Span] {
	return func(yield func(dialect.Span) bool) {
		w := dialect.NewWalker(in.Body, yield, "prompt", "suffix")
		// An error has its answer elsewhere: such a body cannot be decoded.
		_ = w.Object(func(name string) error {
			w.Turn = 0
			switch name {
			case "prompt":
				return prompt(&w)
			case "suffix":
				return noted(&w)
			}
			return w.SkipValue()
		})
	}
}

func prompt(w *dialect.Walker) error {
	if w.Kind() != '[' {
		return noted(w)
	}
	return w.Array(func() error {
		err := noted(w)
		w.Turn++
		return err
	})
}

func noted(w *dialect.Walker) error {
	if err := w.Text("user"); err != nil {
		return err
	}
	return w.Flush("user")
}
