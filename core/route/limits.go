package route

import (
	"cmp"
	"slices"

	"sluice/core"
	"sluice/core/llm"
	"sluice/core/price"
	"sluice/core/upstream"
)

// limits are what a target is known not to take.
type limits struct {
	noTools, noImages, noAudio, noDocuments bool
	context                                 int64 // in tokens; 0: not known
}

// limitsOf says what a model cannot take. What the config says counts, then
// what the data says. It has no word for what a model does not do: of a chat
// model whose features are listed, images are among them if it sees. Tools,
// sounds and documents are left out for many models that take them, so that
// nothing follows from their absence.
func limitsOf(can Capabilities, f price.Facts) limits {
	l := limits{
		noImages: f.Kind == "chat" && len(f.Features) > 0 && !slices.Contains(f.Modalities(), "image"),
		context:  f.ContextLength,
	}
	for _, d := range []struct {
		said *bool
		no   *bool
	}{{can.Vision, &l.noImages}, {can.Audio, &l.noAudio}, {can.Documents, &l.noDocuments}, {can.Tools, &l.noTools}} {
		if d.said != nil {
			*d.no = !*d.said
		}
	}
	l.context = cmp.Or(can.ContextLength, l.context)
	return l
}

// against says why a conversation is not for a model with these limits; empty
// if nothing speaks against it.
func (l limits) against(c *core.Call) string {
	if l.tooSmall(c) {
		return "its context is too small"
	}
	if l.context = 0; l == (limits{}) {
		return ""
	}
	n := c.Needs()
	switch {
	case l.noImages && n.Images:
		return "no image input"
	case l.noAudio && n.Audio:
		return "no audio input"
	case l.noDocuments && n.Documents:
		return "no document input"
	case l.noTools && n.Tools:
		return "no tools"
	}
	return ""
}

// tooSmall reports whether the prompt alone does not fit. It is only guessed
// how long that is: what may be half as long again still fits.
func (l limits) tooSmall(c *core.Call) bool {
	if l.context == 0 {
		return false
	}
	prompt, _ := c.Expected()
	return prompt > l.context+l.context/2
}

// A knownModel is the model that a target was asked for last, with its limits.
type knownModel struct {
	table *price.Table // that was asked
	model string
	limits
}

// limitsFor are those of a model at the target. They are looked up when the
// model changes only.
func (l *leaf) limitsFor(model string) limits {
	table := l.env.table()
	if k := l.last.Load(); k != nil && k.model == model && k.table == table {
		return k.limits
	}
	f, _ := table.Facts(l.spec.ID, model)
	k := &knownModel{table, model, limitsOf(l.can, f)}
	l.last.Store(k)
	return k.limits
}

func (l *leaf) unable(c *core.Call) string {
	if !upstream.Offers(l.spec, c.Operation) {
		return l.spec.ID + " has no " + string(c.Operation)
	}
	if c.Operation != llm.Generate && c.Operation != llm.Compact {
		return ""
	}
	return l.limitsFor(l.model(c)).against(c)
}
