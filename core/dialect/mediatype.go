package dialect

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"

	"sluice/core/llm"
)

// MapMedia puts others in the place of media, also of those in the results of
// tools. change returns nil for those that stay. What is given is not changed.
func MapMedia(turns []llm.Turn, change func(*llm.Media) *llm.Media) []llm.Turn {
	own := false
	for i := range turns {
		parts := mapParts(turns[i].Parts, change)
		if parts == nil {
			continue
		}
		if !own {
			turns, own = slices.Clone(turns), true
		}
		turns[i].Parts = parts
	}
	return turns
}

// mapParts returns the parts with what was changed, nil if nothing was.
func mapParts(parts []llm.Part, change func(*llm.Media) *llm.Media) []llm.Part {
	var out []llm.Part
	for i, p := range parts {
		var other llm.Part
		switch p := p.(type) {
		case *llm.Media:
			if m := change(p); m != nil {
				other = m
			}
		case *llm.ToolResult:
			if inner := mapParts(p.Parts, change); inner != nil {
				r := *p
				r.Parts = inner
				other = &r
			}
		}
		if other == nil {
			continue
		}
		if out == nil {
			out = slices.Clone(parts)
		}
		out[i] = other
	}
	return out
}

// TypeMedia gives media the type that their bytes show, in plain spelling, for
// [MapMedia]. Clients send PDFs as images, and PNGs as image/jpeg; providers
// refuse what is not what it says.
func TypeMedia(m *llm.Media) *llm.Media {
	if m.Data == "" {
		return nil
	}
	typ, kind := PlainMediaType(m.MediaType), m.Kind
	if found := SniffMediaType(m.Data); found != "" {
		typ, kind = found, llm.Image
		if found == "application/pdf" {
			kind = llm.Document
		}
	}
	if typ == m.MediaType && kind == m.Kind {
		return nil
	}
	n := *m
	n.MediaType, n.Kind = typ, kind
	return &n
}

// PlainMediaType brings a media type into its plain form: no parameters, lower
// case, and image/jpeg for the name that many programs have for it.
func PlainMediaType(typ string) string {
	typ, _, _ = strings.Cut(typ, ";")
	typ = strings.ToLower(strings.TrimSpace(typ))
	if typ == "image/jpg" {
		return "image/jpeg"
	}
	return typ
}

// beginnings are the first bytes of what most providers read; "RIFF....WEBP"
// has a length in the middle.
var beginnings = []struct{ magic, typ string }{
	{"\x89PNG\r\n\x1a\n", "image/png"},
	{"\xff\xd8\xff", "image/jpeg"},
	{"GIF87a", "image/gif"},
	{"GIF89a", "image/gif"},
	{"%PDF-", "application/pdf"},
}

// SniffMediaType tells the media type from the first bytes of base64 data, or
// "".
func SniffMediaType(data string) string {
	head := data[:min(len(data), 24)]
	b := make([]byte, base64.StdEncoding.DecodedLen(len(head)))
	n, _ := base64.StdEncoding.Decode(b, []byte(head)) // a fault leaves what came before it
	b = b[:n]
	for _, s := range beginnings {
		if bytes.HasPrefix(b, []byte(s.magic)) {
			return s.typ
		}
	}
	if len(b) >= 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP" {
		return "image/webp"
	}
	return ""
}
