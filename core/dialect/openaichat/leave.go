package openaichat

import (
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// PlainForm takes away from media what only says how chat wrote them: a PDF in
// an image_url, a type with parameters. Another dialect loses nothing with it.
// It is nil for media that have nothing of the kind, as [dialect.MapMedia]
// wants it.
func PlainForm(m *llm.Media) *llm.Media {
	members := own(m.Native)
	if len(members) == 0 || m.Data == "" {
		return nil
	}
	w := json.NewWriter("{")
	left := 0
	for _, member := range members {
		if !isForm(member) {
			w.Raw(member.Name, member.Value)
			left++
		}
	}
	if left == len(members) {
		return nil
	}
	w.Close('}')
	plain := *m
	plain.Native = llm.Native{}
	if left > 0 {
		plain.Native = llm.NativeOf(llm.OpenAIChat, json.Value(w.B))
	}
	return &plain
}

// isForm reports whether a member of the residue only names the form, or
// repeats the data.
func isForm(m json.Member) bool {
	switch m.Name {
	case markMimeType, markFileName:
		return true
	}
	for _, name := range formNames {
		if m.Name == name {
			names := json.Names(m.Value)
			return len(names) == 0 || len(names) == 1 && names[0] == "url"
		}
	}
	return false
}
