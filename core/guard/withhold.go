package guard

import (
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
)

// withheld stands in for what was found.
const withheld = "[WITHHELD]"

// findings are the members in which checks say what they have found in a text,
// and excerpts those in which they quote it.
var (
	findings = []string{"matchDetails", "matchedText", "foundWords", "matches", "entities", "detectedEntities"}
	excerpts = []string{"textExcerpt", "matchedJson"}
)

// Withhold takes out of results what was found in an answer that is denied: it
// is not to reach the client as a quotation. Which check has failed is said all
// the same. Where nothing forbidden was found, but something was missing,
// excerpts stay.
func Withhold(results []Result) {
	var pairs []string
	each(results, func(data json.Value) json.Value {
		for _, name := range findings {
			for _, p := range stringsIn(json.Lookup(data, name)) {
				if p.Text.Text != "" {
					pairs = append(pairs, p.Text.Text, withheld)
				}
			}
		}
		return data
	})
	if len(pairs) == 0 {
		return
	}
	found := strings.NewReplacer(pairs...)
	each(results, func(data json.Value) json.Value {
		pieces := stringsIn(data)
		texts := make([]string, len(pieces))
		for i := range pieces {
			texts[i] = found.Replace(pieces[i].Text.Text)
		}
		data = spliced(data, pieces, texts)
		for _, name := range excerpts {
			if json.Lookup(data, name) == nil {
				continue
			}
			if out, err := json.Splice(data, json.Edit{Name: name, Value: json.Quote(withheld)}); err == nil {
				data = out
			}
		}
		return data
	})
}

// each changes the data of all checks that have some.
func each(results []Result, f func(data json.Value) json.Value) {
	for i := range results {
		for k := range results[i].Checks {
			if c := &results[i].Checks[k]; c.Data.Kind() == '{' {
				c.Data = f(c.Data)
			}
		}
	}
}

// stringsIn finds all strings inside a value, but names.
func stringsIn(v json.Value) []piece {
	if v == nil {
		return nil
	}
	var list []piece
	w := dialect.NewWalker(v, func(s dialect.Span) bool {
		list = append(list, piece{Text{Text: json.Unquote(v[s.Start:s.End])}, s.Start, s.End})
		return true
	})
	if err := w.Strings(""); err == nil {
		_ = w.Flush("")
	}
	return list
}
