package price

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Facts are what the data says about a model beside its price. What it does
// not say is zero: unknown, not absent.
type Facts struct {
	Kind          string   // chat, text, embedding, image, audio, video, rerank, moderation, ocr or responses
	Features      []string // in the data's words: tools, image, pdf, doc, audio, video, code, …
	ContextLength int64    // tokens read and written together
	MaxOutput     int64    // tokens, the largest limit that the provider takes
	Source        string   // where this is from

	// What the provider assumes if a request for images or video names none.
	DefaultSeconds, DefaultSamples, DefaultSteps int64
}

// Modalities lists the media other than text that the model is known to read
// or make, as far as the data tells: it does not always.
func (f Facts) Modalities() []string {
	var media []string
	add := func(m string) {
		if !slices.Contains(media, m) {
			media = append(media, m)
		}
	}
	switch f.Kind {
	case "image", "audio", "video":
		add(f.Kind)
	}
	for _, feature := range f.Features {
		switch feature {
		case "image", "vision", "image_generation":
			add("image")
		case "audio", "video":
			add(feature)
		case "pdf", "doc":
			add("document")
		}
	}
	return media
}

// Tools reports whether the model is known to call tools.
func (f Facts) Tools() bool { return slices.Contains(f.Features, "tools") }

// facts returns what the entry says, over what was known before.
func (e *Entry) facts(before Facts, source string) (Facts, error) {
	f := before
	for _, word := range append([]string{e.Type}, e.Features...) {
		if strings.ContainsFunc(word, notPlain) {
			return f, fmt.Errorf("type and features: must be words in ASCII letters")
		}
	}
	if min(e.ContextLength, e.MaxOutput) < 0 {
		return f, fmt.Errorf("context_length and max_output_tokens: must not be negative")
	}
	f.Kind = cmp.Or(e.Type, f.Kind)
	f.ContextLength = cmp.Or(e.ContextLength, f.ContextLength)
	f.MaxOutput = cmp.Or(e.MaxOutput, f.MaxOutput)
	if e.Features != nil {
		f.Features = e.Features
	}
	for name, n := range e.DefaultUnits {
		field := map[string]*int64{"duration_seconds": &f.DefaultSeconds, "sample_count": &f.DefaultSamples, "steps": &f.DefaultSteps}[name]
		if field == nil || n < 0 {
			return f, fmt.Errorf("default_units.%s: unknown or negative", name)
		}
		*field = n
	}
	if !f.same(before) {
		f.Source = source
	}
	return f, nil
}

func (f Facts) same(o Facts) bool {
	return f.Kind == o.Kind && slices.Equal(f.Features, o.Features) && f.ContextLength == o.ContextLength && f.MaxOutput == o.MaxOutput &&
		f.DefaultSeconds == o.DefaultSeconds && f.DefaultSamples == o.DefaultSamples && f.DefaultSteps == o.DefaultSteps
}
