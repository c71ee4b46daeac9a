package openairesponses

import (
	"strings"

	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// markContent is on reasoning whose text is the thought itself, as open
// models give it, and not a summary.
const markContent = "as content"

// reasoning reads a thought. Its text is the thought itself if it is there,
// else the summary. What the text does not say stays native.
func (d *reader) reasoning(path string, it *item) (*llm.Reasoning, error) {
	summary, err := d.thoughts(path+".summary", it.Summary)
	if err != nil {
		return nil, err
	}
	content, err := d.thoughts(path+".content", it.Content)
	if err != nil {
		return nil, err
	}
	blob, err := d.str(path, "encrypted_content", it.Encrypted)
	if err != nil {
		return nil, err
	}
	r := &llm.Reasoning{Text: strings.Join(summary, "\n\n")}
	extra := []json.Member{json.Named("summary", unlikeSummary(it.Summary, summary)), unsaid("encrypted_content", it.Encrypted)}
	if len(content) > 0 {
		r.Text = strings.Join(content, "\n\n")
		extra = []json.Member{json.Named("summary", orEmpty(it.Summary)), json.Named(markContent, markString), extra[1]}
		if len(content) > 1 {
			extra = append(extra, json.Named("content", it.Content))
		}
	} else {
		extra = append(extra, json.Named("content", it.Content))
	}
	if r.Origin = llm.OpenAIResponses; d.loose {
		r.Signature = blob // a provider's own, whatever it looks like
	} else {
		unseal(r, blob)
	}
	r.Native = it.left(d, extra...)
	return r, nil
}

// thoughts are the texts of a summary or of a content.
func (d *reader) thoughts(path string, v json.Value) ([]string, error) {
	if openaiwire.NotNull(v) == nil {
		return nil, nil
	}
	var parts []struct {
		Text text `json:"text"`
	}
	if err := d.unmarshal(path, v, &parts); err != nil {
		if d.loose {
			return nil, nil
		}
		return nil, err
	}
	var out []string
	for _, p := range parts {
		out = append(out, string(p.Text))
	}
	return out, nil
}

// unlikeSummary is the summary, unless one text says all of it.
func unlikeSummary(v json.Value, texts []string) json.Value {
	if len(texts) == 1 && texts[0] != "" && string(json.ValueOf(v)) == string(summaryOf(texts[0])) {
		return nil
	}
	return orEmpty(v)
}

func orEmpty(v json.Value) json.Value {
	if openaiwire.NotNull(v) == nil {
		return markArray
	}
	return v
}

func summaryOf(s string) json.Value {
	w := writer{json.Writer{B: []byte(`[{"type":"summary_text","text":`)}}
	return append(json.AppendQuote(w.B, s), "}]"...)
}

// thoughtMembers writes what thoughts have in requests and in answers.
func (w *writer) thoughtMembers(r *llm.Reasoning, except ...string) {
	n := own(r.Native)
	w.Str("type", typeReasoning)
	switch v := n.Get("summary"); {
	case v != nil:
		w.Raw("summary", v)
	case r.Text == "":
		w.Raw("summary", markArray)
	default:
		w.Raw("summary", summaryOf(r.Text))
	}
	if n.Has(markContent) && !n.Has("content") {
		w.Raw("content", contentOf(r.Text))
	}
	w.StrIf("encrypted_content", sealed(r))
	w.Rest(n, append(except, "summary", markContent)...)
}

func contentOf(s string) json.Value {
	w := writer{json.Writer{B: []byte(`[{"type":"reasoning_text","text":`)}}
	return append(json.AppendQuote(w.B, s), "}]"...)
}
