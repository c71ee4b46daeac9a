package gemini

import (
	"cmp"
	"encoding/base64"
	"path"
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// files is where the Gemini API keeps uploaded files. Their URIs look like
// URLs, but nobody else can fetch them: canonically they are ids.
//
// https://ai.google.dev/api/files
const files = "https://generativelanguage.googleapis.com/"

func decodeInline(p *part) llm.Part {
	b := p.Inline
	m := &llm.Media{Kind: kindOf(b.MimeType), MediaType: b.MimeType, Data: standardBase64(b.Data), Name: b.Name}
	native := json.ObjectOf(p.Rest)
	native.Add("inlineData", b.Rest)
	return finish(m, p, native)
}

func decodeFile(p *part) llm.Part {
	f := p.File
	m := &llm.Media{Kind: kindOf(cmp.Or(f.MimeType, typeOfName(f.URI))), MediaType: f.MimeType, Name: f.Name}
	if strings.HasPrefix(f.URI, files) {
		m.FileID = f.URI
	} else {
		m.URL = f.URI
	}
	native := json.ObjectOf(p.Rest)
	native.Add("fileData", f.Rest)
	return finish(m, p, native)
}

func finish(m *llm.Media, p *part, native json.Object) llm.Part {
	if p.Signature != "" {
		native.Add("thoughtSignature", json.Quote(p.Signature))
	}
	if m.Data == "" && m.URL == "" && m.FileID == "" {
		return foreign(p)
	}
	m.Native = residue(native)
	return m
}

func kindOf(mediaType string) llm.MediaKind {
	top, _, _ := strings.Cut(strings.ToLower(mediaType), "/")
	switch top {
	case "image":
		return llm.Image
	case "audio":
		return llm.Audio
	case "video":
		return llm.Video
	}
	return llm.Document
}

// extensions are what files of the types that Gemini reads are called.
var extensions = map[string]string{
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp", ".gif": "image/gif", ".heic": "image/heic", ".heif": "image/heif",
	".pdf": "application/pdf", ".txt": "text/plain", ".md": "text/markdown", ".html": "text/html", ".csv": "text/csv", ".xml": "text/xml", ".json": "application/json",
	".mp3": "audio/mp3", ".wav": "audio/wav", ".flac": "audio/flac", ".ogg": "audio/ogg", ".opus": "audio/opus", ".aac": "audio/aac", ".m4a": "audio/m4a", ".aiff": "audio/aiff",
	".mp4": "video/mp4", ".mov": "video/mov", ".webm": "video/webm", ".mpeg": "video/mpeg", ".mpg": "video/mpg", ".avi": "video/avi", ".wmv": "video/wmv", ".flv": "video/x-flv", ".3gp": "video/3gpp",
}

func typeOfName(name string) string {
	name, _, _ = strings.Cut(name, "?")
	return extensions[strings.ToLower(path.Ext(name))]
}

// spelled are types that the API has under another name.
var spelled = map[string]string{
	"image/jpg": "image/jpeg", "audio/mpeg": "audio/mp3", "audio/x-wav": "audio/wav", "audio/wave": "audio/wav", "audio/pcm16": "audio/pcm",
	"video/quicktime": "video/mov",
}

// usual are the types taken for granted where nothing tells.
var usual = map[llm.MediaKind]string{
	llm.Image: "image/jpeg", llm.Document: "application/pdf", llm.Audio: "audio/mp3", llm.Video: "video/mp4",
}

// beginnings are how the base64 of some types begins.
var beginnings = []struct{ start, mediaType string }{
	{"iVBORw0KGgo", "image/png"}, {"/9j/", "image/jpeg"}, {"R0lGOD", "image/gif"}, {"UklGR", "image/webp"}, {"JVBERi", "application/pdf"},
}

func mediaType(m *llm.Media) string {
	if t, _, _ := strings.Cut(strings.ToLower(m.MediaType), ";"); t != "" {
		t = strings.TrimSpace(t)
		return cmp.Or(spelled[t], t)
	}
	for _, b := range beginnings {
		if m.Kind != llm.Audio && strings.HasPrefix(m.Data, b.start) {
			return b.mediaType
		}
	}
	return cmp.Or(typeOfName(m.URL), typeOfName(m.FileID), typeOfName(m.Name), usual[m.Kind], "application/octet-stream")
}

// encodeMedia writes a part whose media came in this dialect or stand in an
// answer.
func encodeMedia(m *llm.Media) (*part, error) {
	native := own(m.Native)
	out := &part{Signature: json.Unquote(native.Remove("thoughtSignature"))}
	switch {
	case m.Data != "":
		out.Inline = &blob{MimeType: m.MediaType, Data: m.Data, Name: m.Name, Rest: native.Remove("inlineData")}
	case m.Text != "":
		out.Text = ptr(dialect.TitledText(m))
	default:
		uri := cmp.Or(m.URL, m.FileID)
		out.File = &fileData{MimeType: m.MediaType, URI: uri, Name: m.Name, Rest: native.Remove("fileData")}
	}
	out.Rest = native.Value()
	return out, nil
}

// media writes a part of another dialect's.
func (p *preparation) media(m *llm.Media) (*part, error) {
	p.cacheLoss(m.Cache)
	p.foreignLoss("messages.content.", m.Native)
	if m.Detail != "" && m.Detail != "auto" {
		p.drop("messages.content.detail")
	}
	switch {
	case m.Text != "":
		return &part{Text: ptr(dialect.TitledText(m))}, nil
	case m.FileID != "":
		return file(m)
	case m.URL != "":
		return linked(m)
	}
	return &part{Inline: &blob{MimeType: mediaType(m), Data: standardBase64(m.Data)}}, nil
}

// file writes a file that was uploaded to Gemini, by its URI or its name.
func file(m *llm.Media) (*part, error) {
	uri := m.FileID
	if name, ok := strings.CutPrefix(uri, "files/"); ok {
		uri = files + "v1beta/files/" + name
	}
	if !strings.HasPrefix(uri, files) && !strings.HasPrefix(uri, "gs://") {
		return nil, llm.Errorf(llm.Unsupported, "gemini does not know the file %q: send the %s inline, by URL, or by a file id of Gemini's own", m.FileID, m.Kind)
	}
	return &part{File: &fileData{MimeType: mediaType(m), URI: uri}}, nil
}

func linked(m *llm.Media) (*part, error) {
	scheme, rest, _ := strings.Cut(m.URL, ":")
	switch strings.ToLower(scheme) {
	case "http", "https", "gs":
		return &part{File: &fileData{MimeType: mediaType(m), URI: m.URL}}, nil
	case "data":
		return dataURL(m, rest)
	}
	return nil, llm.Errorf(llm.Unsupported, "gemini cannot fetch the %s: send it inline as base64, or by an https:// or gs:// URL", m.Kind)
}

// dataURL takes apart what RFC 2397 puts together.
func dataURL(m *llm.Media, rest string) (*part, error) {
	head, data, ok := strings.Cut(rest, ",")
	typ, isBase64 := strings.CutSuffix(head, ";base64")
	if !ok {
		return nil, llm.Errorf(llm.BadRequest, "the data URL of the %s has no data", m.Kind)
	}
	if !isBase64 {
		data = base64.StdEncoding.EncodeToString([]byte(data))
	}
	inline := &llm.Media{Kind: m.Kind, MediaType: cmp.Or(typ, m.MediaType), Data: data}
	return &part{Inline: &blob{MimeType: mediaType(inline), Data: standardBase64(data)}}, nil
}
