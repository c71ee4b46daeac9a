package bedrock

import (
	"encoding/base64"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// What requests and answers write alike.

// encodeText writes a text: as it is, as JSON if it came as JSON, or with its
// citations.
func encodeText(t *llm.Text) block {
	native := json.ObjectOf(t.Native.For(llm.Converse))
	cited, isCited := native.Get(citedName), native.Get(citedName) != nil
	switch {
	case native.Remove("json") != nil && json.Valid([]byte(t.Text)):
		return block{JSON: json.Value(t.Text)}
	case isCited || len(t.Citations) > 0:
		c := &citedContent{Content: []plain{{t.Text}}}
		if json.ObjectOf(cited) != nil {
			c.Rest = json.ObjectOf(cited).Value()
		}
		for i := range t.Citations {
			c.Citations = append(c.Citations, encodeCitation(&t.Citations[i]))
		}
		return block{Cited: c}
	}
	return block{Text: &t.Text, Rest: native.Value()}
}

func encodeCitation(c *llm.Citation) citation {
	native := json.ObjectOf(c.Native.For(llm.Converse))
	if c.URL != "" {
		url := json.Object{json.Named("url", json.Quote(c.URL))}.Value()
		native.Add("location", json.Object{json.Named("web", url)}.Value())
	}
	out := citation{Title: c.Title, Rest: native.Value()}
	if c.Quote != "" {
		out.Content = []plain{{c.Quote}}
	}
	return out
}

func encodeReasoning(r *llm.Reasoning) block {
	if r.Redacted != "" {
		marked := markRedacted(r.Redacted, r.Origin)
		return block{Reasoning: &reasoning{Redacted: &marked}}
	}
	signature := dialect.MarkOrigin(r.Signature, r.Origin)
	return block{Reasoning: &reasoning{Text: &reasoningText{Text: r.Text, Signature: signature, Rest: r.Native.For(llm.Converse)}}}
}

// markRedacted marks an encrypted thought of another provider. What stands in
// redactedContent has to be base64.
func markRedacted(blob string, origin llm.Dialect) string {
	if dialect.Claudes(origin) {
		return blob
	}
	return base64.StdEncoding.EncodeToString([]byte(dialect.MarkOrigin(blob, origin)))
}

// readRedacted undoes markRedacted.
func readRedacted(s string) (string, llm.Dialect) {
	inner, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return s, llm.Converse
	}
	if blob, origin := dialect.ReadOrigin(string(inner), llm.Converse); origin != llm.Converse {
		return blob, origin
	}
	return s, llm.Converse
}

// toolInput makes the input of a call an object, which it has to be: models
// write nothing for a call without arguments, and now and then something
// broken, and what stands in the history must not fail every later turn. It
// reports whether the arguments could stay what they are.
func toolInput(c *llm.ToolCall) (json.Value, bool) {
	switch {
	case c.Custom:
		return json.Object{json.Named("input", json.Quote(c.Arguments))}.Value(), true
	case blank(c.Arguments):
		return json.Value("{}"), true
	}
	v := json.Value(c.Arguments)
	if !v.IsValid() {
		return json.Object{json.Named("arguments", json.Quote(c.Arguments))}.Value(), false
	}
	if v.Kind() != '{' {
		return json.Object{json.Named("arguments", v)}.Value(), false
	}
	return v, true
}
