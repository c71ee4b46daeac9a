package bedrock

import (
	"encoding/base64"
	"path"
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A form is one of the formats that Converse names, with the media types that
// mean it. The first type is the one that it is read as.
type form struct {
	kind   llm.MediaKind
	format string
	types  []string
}

// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html
// and the pages beside it.
var forms = []form{
	{llm.Image, "png", []string{"image/png"}},
	{llm.Image, "jpeg", []string{"image/jpeg", "image/jpg"}},
	{llm.Image, "gif", []string{"image/gif"}},
	{llm.Image, "webp", []string{"image/webp"}},

	{llm.Document, "pdf", []string{"application/pdf", "application/x-pdf"}},
	{llm.Document, "csv", []string{"text/csv", "application/csv"}},
	{llm.Document, "doc", []string{"application/msword"}},
	{llm.Document, "docx", []string{"application/vnd.openxmlformats-officedocument.wordprocessingml.document"}},
	{llm.Document, "xls", []string{"application/vnd.ms-excel"}},
	{llm.Document, "xlsx", []string{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}},
	{llm.Document, "html", []string{"text/html"}},
	{llm.Document, "txt", []string{"text/plain"}},
	{llm.Document, "md", []string{"text/markdown", "text/x-markdown"}},

	{llm.Video, "mp4", []string{"video/mp4"}},
	{llm.Video, "mov", []string{"video/quicktime", "video/mov"}},
	{llm.Video, "mkv", []string{"video/x-matroska", "video/mkv"}},
	{llm.Video, "webm", []string{"video/webm"}},
	{llm.Video, "flv", []string{"video/x-flv", "video/flv"}},
	{llm.Video, "mpeg", []string{"video/mpeg"}},
	{llm.Video, "mpg", []string{"video/mpg"}},
	{llm.Video, "wmv", []string{"video/x-ms-wmv", "video/wmv"}},
	{llm.Video, "three_gp", []string{"video/3gpp", "video/3gp"}},

	{llm.Audio, "mp3", []string{"audio/mpeg", "audio/mp3"}},
	{llm.Audio, "wav", []string{"audio/wav", "audio/x-wav", "audio/wave"}},
	{llm.Audio, "flac", []string{"audio/flac", "audio/x-flac"}},
	{llm.Audio, "ogg", []string{"audio/ogg"}},
	{llm.Audio, "opus", []string{"audio/opus"}},
	{llm.Audio, "aac", []string{"audio/aac"}},
	{llm.Audio, "m4a", []string{"audio/m4a", "audio/x-m4a"}},
	{llm.Audio, "mp4", []string{"audio/mp4"}},
	{llm.Audio, "webm", []string{"audio/webm"}},
	{llm.Audio, "pcm", []string{"audio/pcm", "audio/l16"}},
}

func formOfType(mediaType string) (form, bool) {
	mediaType, _, _ = strings.Cut(strings.ToLower(mediaType), ";")
	mediaType = strings.TrimSpace(mediaType)
	for _, f := range forms {
		for _, t := range f.types {
			if t == mediaType {
				return f, true
			}
		}
	}
	return form{}, false
}

func formOfFormat(kind llm.MediaKind, format string) (form, bool) {
	for _, f := range forms {
		if f.kind == kind && f.format == format {
			return f, true
		}
	}
	return form{}, false
}

// formOf finds the format of a part by its type, by what its data begin with,
// and by its name. A document of which nothing is known is taken for a PDF:
// most are, and clients count on it.
func formOf(m *llm.Media) (form, error) {
	if m.MediaType != "" {
		if f, ok := formOfType(m.MediaType); ok {
			return f, nil
		}
		return form{}, llm.Errorf(llm.Unsupported, "bedrock takes no %s of type %s", m.Kind, m.MediaType)
	}
	if f, ok := formOfType(dialect.SniffMediaType(m.Data)); ok {
		return f, nil
	}
	for _, name := range []string{m.Name, m.URL} {
		if f, ok := formOfFormat(m.Kind, strings.TrimPrefix(strings.ToLower(path.Ext(name)), ".")); ok {
			return f, nil
		}
	}
	if m.Kind == llm.Document {
		f, _ := formOfFormat(llm.Document, "pdf")
		return f, nil
	}
	return form{}, llm.Errorf(llm.BadRequest, "bedrock must be told the media type of the %s", m.Kind)
}

// decodeMedia reads an image, document, film or sound. A source that the
// canonical form has no word for stays a block of this dialect.
func decodeMedia(b *block, kind llm.MediaKind, m *media) llm.Part {
	out := &llm.Media{Kind: kind, Name: m.Name}
	native := json.ObjectOf(m.Rest)
	if f, ok := formOfFormat(kind, m.Format); ok {
		out.MediaType = f.types[0]
	} else if m.Format != "" {
		native.Add("format", json.Quote(m.Format))
	}
	switch s := m.Source; {
	case s == nil || s.Rest != nil:
		return foreign(b)
	case s.Bytes != nil:
		out.Data = *s.Bytes
	case s.S3 != nil:
		out.URL = s.S3.URI
		native.Add("s3Location", s.S3.Rest)
	case s.Text != nil:
		out.Text = *s.Text
	default:
		return foreign(b)
	}
	out.Native = llm.NativeOf(llm.Converse, native.Value())
	return out
}

// encodeMedia writes a part. plainText says that the model takes a document
// as text; for others it is sent as a file.
func encodeMedia(m *llm.Media, plainText bool) (block, error) {
	own, err := inline(m)
	if err != nil {
		return block{}, err
	}
	native := json.ObjectOf(own.Native.For(llm.Converse))
	f := form{kind: own.Kind}
	if format, ok := text(native.Remove("format")); ok {
		f.format = format
	} else if own.Text != "" && own.MediaType == "" {
		f = form{kind: llm.Document}
	} else if f, err = formOf(own); err != nil {
		return block{}, err
	}
	out := &media{Format: f.format, Name: own.Name, Source: sourceOf(own, plainText, native.Remove("s3Location"))}
	if out.Source.Bytes != nil && out.Format == "" {
		out.Format = "txt"
	}
	out.Rest = native.Value()
	return mediaBlock(f.kind, out), nil
}

func sourceOf(m *llm.Media, plainText bool, s3rest json.Value) *source {
	switch {
	case m.URL != "":
		return &source{S3: &s3{URI: m.URL, Rest: s3rest}}
	case m.Text != "" && plainText:
		return &source{Text: &m.Text}
	case m.Text != "":
		data := base64.StdEncoding.EncodeToString([]byte(m.Text))
		return &source{Bytes: &data}
	}
	return &source{Bytes: &m.Data}
}

func mediaBlock(kind llm.MediaKind, m *media) block {
	if kind != llm.Document {
		m.Name = ""
	}
	switch kind {
	case llm.Image:
		return block{Image: m}
	case llm.Video:
		return block{Video: m}
	case llm.Audio:
		return block{Audio: m}
	}
	return block{Document: m}
}

// TakesURL reports that Bedrock fetches nothing by http.
func (Codec) TakesURL(*llm.Media, dialect.Target) bool { return false }

// inline makes sure that Bedrock can get at the data: it fetches nothing but
// what lies in S3.
func inline(m *llm.Media) (*llm.Media, error) {
	scheme, rest, _ := strings.Cut(m.URL, ":")
	switch {
	case m.FileID != "":
		return nil, llm.Errorf(llm.Unsupported, "bedrock knows no file ids: send the %s inline", m.Kind)
	case m.URL == "" || strings.EqualFold(scheme, "s3"):
		return m, nil
	case strings.EqualFold(scheme, "data"):
		return dataURL(m, rest)
	}
	return nil, llm.Errorf(llm.Unsupported, "bedrock does not fetch URLs: send the %s inline as base64, or as an s3:// URL", m.Kind)
}

// dataURL takes apart what RFC 2397 puts together.
func dataURL(m *llm.Media, rest string) (*llm.Media, error) {
	head, data, ok := strings.Cut(rest, ",")
	mediaType, isBase64 := strings.CutSuffix(head, ";base64")
	if !ok || !isBase64 {
		return nil, llm.Errorf(llm.BadRequest, "the data URL of the %s must be base64", m.Kind)
	}
	own := *m
	own.URL, own.Data = "", data
	if mediaType != "" {
		own.MediaType = mediaType
	}
	return &own, nil
}
