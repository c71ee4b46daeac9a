package openaichat

import (
	"cmp"
	"strings"

	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Media have one form for each kind. When a client used another (a PDF in an
// image_url), or left something in the form that has no word, the residue of
// the part has a member of the form's name. Marks beside it tell of members
// that have a word, but another place.
const (
	markMimeType = "with mime_type"
	markFileName = "with file_name"
)

var forms = map[llm.MediaKind]string{llm.Image: "image_url", llm.Video: "video_url", llm.Audio: "input_audio", llm.Document: "file"}

var formNames = []string{"image_url", "video_url", "audio_url", "input_audio", "file"}

// media finishes a part that was read in the given form. inner is what is
// left of the form's object.
func (p *part) media(m *llm.Media, form string, inner llm.Native, marks ...json.Member) *llm.Media {
	m.Cache = p.CacheControl.mark()
	left := inner.Members
	if left == nil && form != defaultForm(m) {
		left = markObject
	}
	m.Native = p.left(form, append(marks, json.Named(form, left))...)
	return m
}

// markUnless makes a mark for a member that is not empty.
func markUnless(empty bool, name string) json.Member {
	if empty {
		return json.Member{}
	}
	return json.Named(name, markString)
}

// defaultForm is the form in which media are written when the residue names
// none.
func defaultForm(m *llm.Media) string {
	switch {
	case m.FileID != "":
		return "file"
	case m.Kind == llm.Audio && m.Data == "":
		return "audio_url"
	}
	return cmp.Or(forms[m.Kind], "file")
}

// kindOf classes a media type; unknown ones are of the kind that their form
// is meant for.
func kindOf(mediaType string, otherwise llm.MediaKind) llm.MediaKind {
	top, _, _ := strings.Cut(mediaType, "/")
	switch top {
	case "image":
		return llm.Image
	case "video":
		return llm.Video
	case "audio":
		return llm.Audio
	case "application", "text":
		return llm.Document
	}
	return otherwise
}

// link reads image_url, video_url and audio_url: an object, or a plain string
// that some clients send.
func (p *part) link(path string) (llm.Part, error) {
	form := p.Type
	v := map[string]json.Value{"image_url": p.ImageURL, "video_url": p.VideoURL, "audio_url": p.AudioURL}[form]
	var in struct {
		URL      string     `json:"url"`
		Detail   string     `json:"detail"`
		MimeType string     `json:"mime_type"`
		Rest     json.Value `json:",embed"`
	}
	if v.Kind() == '"' {
		in.URL = json.Unquote(v)
	} else if err := required(path+"."+form, v, &in); err != nil {
		return nil, err
	}
	if in.URL == "" {
		return nil, dialect.BadMember(path+"."+form+".url", "is missing")
	}
	m := &llm.Media{Detail: in.Detail}
	var verbatim json.Value
	if mediaType, data, ok := dialect.ParseDataURL(in.URL); ok {
		m.MediaType, m.Data = mediaType, data
		if !dialect.IsDataURLOf(in.URL, m) {
			verbatim = json.Quote(in.URL)
		}
	} else {
		m.URL, m.MediaType = in.URL, in.MimeType
	}
	m.Kind = kindOf(m.MediaType, map[string]llm.MediaKind{"video_url": llm.Video, "audio_url": llm.Audio}[form])
	if m.Kind == "" {
		m.Kind = llm.Image
	}
	if in.MimeType != m.MediaType {
		in.Rest = residue(in.Rest, json.Named("mime_type", quotedIf(in.MimeType))).Members
		in.MimeType = ""
	}
	return p.media(m, form, residue(in.Rest, json.Named("url", verbatim)), markUnless(in.MimeType == "", markMimeType)), nil
}

func quotedIf(s string) json.Value {
	if s == "" {
		return nil
	}
	return json.Quote(s)
}

// required reads the object that a part's type stands for.
func required(path string, v json.Value, into any) error {
	if openaiwire.NotNull(v) == nil {
		return dialect.BadMember(path, "is missing")
	}
	return dialect.ReadMember(path, v, into)
}

func (p *part) audio(path string) (llm.Part, error) {
	var in struct {
		Data   string     `json:"data"`
		Format string     `json:"format"`
		Rest   json.Value `json:",embed"`
	}
	if err := required(path+".input_audio", p.InputAudio, &in); err != nil {
		return nil, err
	}
	m := &llm.Media{Kind: llm.Audio, MediaType: openaiwire.AudioType(in.Format), Data: in.Data}
	if in.Data == "" {
		return nil, dialect.BadMember(path+".input_audio.data", "is missing")
	}
	var verbatim json.Value
	if openaiwire.AudioFormat(m.MediaType) != in.Format {
		verbatim = quotedIf(in.Format)
	}
	return p.media(m, "input_audio", residue(in.Rest, json.Named("format", verbatim))), nil
}

// file reads a file part. Data may be a data URL, as OpenAI wants it, or bare
// base64 beside a mime_type; bare text/plain is the text itself.
func (p *part) file(path string) (llm.Part, error) {
	var in struct {
		FileData string     `json:"file_data"`
		FileID   string     `json:"file_id"`
		FileURL  string     `json:"file_url"`
		Filename string     `json:"filename"`
		FileName string     `json:"file_name"`
		MimeType string     `json:"mime_type"`
		Rest     json.Value `json:",embed"`
	}
	if err := required(path+".file", p.File, &in); err != nil {
		return nil, err
	}
	m := &llm.Media{Name: cmp.Or(in.Filename, in.FileName), MediaType: in.MimeType}
	var extra []json.Member
	if in.Filename != "" {
		extra = append(extra, json.Named("file_name", quotedIf(in.FileName)))
		in.FileName = ""
	}
	switch {
	case in.FileData != "":
		if !setFileData(m, in.FileData) {
			extra = append(extra, json.Named("file_data", json.Quote(in.FileData)))
		}
		extra = append(extra, json.Named("file_id", quotedIf(in.FileID)), json.Named("file_url", quotedIf(in.FileURL)))
	case in.FileID != "":
		m.FileID = in.FileID
		extra = append(extra, json.Named("file_url", quotedIf(in.FileURL)))
	case in.FileURL != "":
		m.URL = in.FileURL
	default:
		return nil, dialect.BadMember(path+".file", "has none of file_data, file_id and file_url")
	}
	if in.MimeType != m.MediaType {
		extra = append(extra, json.Named("mime_type", quotedIf(in.MimeType)))
		in.MimeType = ""
	}
	m.Kind = kindOf(m.MediaType, llm.Document)
	return p.media(m, "file", residue(in.Rest, extra...),
		markUnless(in.MimeType == "", markMimeType), markUnless(in.FileName == "", markFileName)), nil
}

// setFileData fills in what file_data says. It reports whether [fileData]
// gives the same again; if not, it has to be kept.
func setFileData(m *llm.Media, s string) bool {
	mediaType, data, ok := dialect.ParseDataURL(s)
	switch {
	case ok:
		bare := m.MediaType != "" // beside a mime_type, data are written bare
		m.MediaType, m.Data = mediaType, data
		return !bare && dialect.IsDataURLOf(s, m)
	case m.MediaType == "text/plain":
		m.Text = s
	default:
		m.Data = s
	}
	return true
}
