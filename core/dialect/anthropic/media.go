package anthropic

import (
	"cmp"
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// filesBeta is the header with which older deployments take file ids.
const filesBeta = "files-api-2025-04-14"

// media writes an image or a document, by what the bytes are where the
// request says something else: a PDF that was sent as an image is a document.
func (p *preparer) media(m *llm.Media) []block {
	if m.Detail != "" && m.Detail != "auto" {
		p.drop("messages.detail")
	}
	b := block{Rest: p.residue("messages.", m.Native)}
	kind := cmp.Or(m.Kind, llm.Document)
	if json.Lookup(b.Rest, "source") == nil { // else the residue has a form of its own
		var s source
		s, kind = p.source(m)
		b.Source = marshal(s)
	}
	b.Type = word(string(kind))
	if m.Name != "" && kind == llm.Document {
		b.Title = json.Quote(m.Name)
	}
	b.CacheControl = p.cache(m.Cache)
	return []block{b}
}

func (p *preparer) source(m *llm.Media) (source, llm.MediaKind) {
	if m.Kind == llm.Audio || m.Kind == llm.Video {
		p.fail(llm.Unsupported, "%s takes no %s", nameOf(p.target), m.Kind)
		return source{}, llm.Document
	}
	switch {
	case m.FileID != "":
		return p.file(m)
	case m.Text != "":
		return textSource(m.Text), llm.Document
	case strings.HasPrefix(m.URL, "data:"):
		typ, data := splitDataURL(m.URL)
		return p.data(m, typ, data)
	case m.URL != "":
		return p.url(m)
	}
	return p.data(m, m.MediaType, m.Data)
}

// file writes a file id. The ids of another provider mean nothing here, and
// silence would hide that; Anthropic's begin with "file_".
func (p *preparer) file(m *llm.Media) (source, llm.MediaKind) {
	if !p.native && !strings.HasPrefix(m.FileID, "file_") {
		p.fail(llm.BadRequest, "the file %q belongs to another provider: %s cannot read it", m.FileID, nameOf(p.target))
	}
	p.beta(filesBeta)
	return source{Type: word("file"), FileID: json.Quote(m.FileID)}, m.Kind
}

func (p *preparer) url(m *llm.Media) (source, llm.MediaKind) {
	scheme, _, _ := strings.Cut(m.URL, "://")
	if !p.native && scheme != "https" && scheme != "http" {
		p.fail(llm.Unsupported, "%s cannot fetch %q: only http and https URLs", nameOf(p.target), scheme+"://…")
	}
	return source{Type: word("url"), URL: json.Quote(m.URL)}, m.Kind
}

// inlineOnly are the providers that have Claude but do not fetch for it.
//
// https://platform.claude.com/docs/en/build-with-claude/vision
var inlineOnly = map[string]bool{"bedrock": true, "bedrock-mantle": true, "vertex-ai": true}

// TakesURL reports whether the provider fetches what a URL names.
func (Codec) TakesURL(m *llm.Media, t dialect.Target) bool {
	return !inlineOnly[t.Provider] || m.Kind == llm.Audio || m.Kind == llm.Video
}

func textSource(text string) source {
	return source{Type: word("text"), MediaType: word("text/plain"), Data: json.Quote(text)}
}

// data writes bytes. Texts of any kind are documents of plain text.
func (p *preparer) data(m *llm.Media, typ, data string) (source, llm.MediaKind) {
	typ = dialect.PlainMediaType(typ)
	kind := cmp.Or(m.Kind, llm.Document)
	if found := dialect.SniffMediaType(data); found != "" && found != typ {
		typ = found
	}
	switch typ {
	case "image/jpeg", "image/png", "image/gif", "image/webp":
		kind = llm.Image
	case "application/pdf":
		kind = llm.Document
	default:
		if isText(typ) {
			return textSource(decodeText(data)), llm.Document
		}
		if !p.native {
			p.fail(llm.Unsupported, "%s reads no %s of type %q", nameOf(p.target), kind, typ)
		}
	}
	return source{Type: word("base64"), MediaType: json.Quote(typ), Data: json.Quote(data)}, kind
}

func isText(typ string) bool {
	return strings.HasPrefix(typ, "text/") || typ == "application/json" || typ == "application/xml" || typ == "application/yaml"
}

// decodeText returns the text of a document. Some clients send it in base64,
// others as it is.
func decodeText(data string) string {
	b, err := base64.StdEncoding.DecodeString(data)
	if err != nil || !utf8.Valid(b) {
		return data
	}
	return string(b)
}

func splitDataURL(url string) (typ, data string) {
	head, data, _ := strings.Cut(strings.TrimPrefix(url, "data:"), ",")
	return strings.TrimSuffix(head, ";base64"), data
}
