package gemini

import (
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// citations reads what a candidate's texts rest on: one for each source of
// each passage. Sources of no passage stay native.
//
// https://ai.google.dev/gemini-api/docs/google-search
func citations(native json.Object) []llm.Citation {
	grounding := native.Get("groundingMetadata")
	if grounding == nil {
		return nil
	}
	chunks, _ := json.Elements(json.Lookup(grounding, "groundingChunks"))
	supports, _ := json.Elements(json.Lookup(grounding, "groundingSupports"))
	var out []llm.Citation
	for _, s := range supports {
		quote := json.Unquote(json.Lookup(s, "segment", "text"))
		indices, _ := json.Elements(json.Lookup(s, "groundingChunkIndices"))
		for _, v := range indices {
			if i, ok := integer(v); ok && i >= 0 && i < int64(len(chunks)) {
				if c, ok := source(chunks[i]); ok {
					c.Quote = quote
					out = append(out, c)
				}
			}
		}
	}
	return out
}

// source reads a page of the web, of the client's own store, or a place.
func source(chunk json.Value) (llm.Citation, bool) {
	for _, kind := range []string{"web", "retrievedContext", "maps"} {
		if v := json.Lookup(chunk, kind); v != nil {
			c := llm.Citation{URL: json.Unquote(json.Lookup(v, "uri")), Title: json.Unquote(json.Lookup(v, "title"))}
			return c, c.URL != ""
		}
	}
	return llm.Citation{}, false
}

// cite gives the citations to the last text, which they stand behind in a
// stream.
func cite(parts []llm.Part, all []llm.Citation) {
	for i := len(parts) - 1; i >= 0 && all != nil; i-- {
		if t, ok := parts[i].(*llm.Text); ok {
			t.Citations = all
			return
		}
	}
}

// groundingOf writes the citations of another dialect's answer as passages and
// their sources.
func groundingOf(parts []llm.Part) json.Value {
	var chunks, supports []json.Value
	for _, p := range parts {
		t, ok := p.(*llm.Text)
		if !ok {
			continue
		}
		for _, c := range t.Citations {
			if c.URL == "" {
				continue
			}
			web := json.Object{json.Named("uri", json.Quote(c.URL))}
			if c.Title != "" {
				web.Add("title", json.Quote(c.Title))
			}
			at := int64(len(chunks))
			chunks = append(chunks, json.Object{json.Named("web", web.Value())}.Value())
			segment := json.Object{json.Named("text", json.Quote(c.Quote))}
			supports = append(supports, json.Object{json.Named("segment", segment.Value()), json.Named("groundingChunkIndices", array([]json.Value{number(&at)}))}.Value())
		}
	}
	if chunks == nil {
		return nil
	}
	return json.Object{json.Named("groundingChunks", array(chunks)), json.Named("groundingSupports", array(supports))}.Value()
}
