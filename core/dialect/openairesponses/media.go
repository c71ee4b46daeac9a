package openairesponses

import (
	"strings"

	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Media have one form for each kind. When a client used another (a PDF as an
// input_image), the residue of the part has a mark.

func (d *reader) image(path string, p *part) (llm.Part, error) {
	link, err := d.str(path, "image_url", p.ImageURL)
	if err != nil {
		return nil, err
	}
	m := &llm.Media{Kind: llm.Image}
	if d.source(m, p, &p.ImageURL, link); m.Data == "" && m.URL == "" && m.FileID == "" {
		return nil, dialect.BadMember(path, "has neither image_url nor file_id")
	}
	return d.media(path, m, p, "input_image")
}

func (d *reader) file(path string, p *part) (llm.Part, error) {
	data, err := d.str(path, "file_data", p.FileData)
	if err != nil {
		return nil, err
	}
	m := &llm.Media{Kind: llm.Document}
	switch link := json.Unquote(p.FileURL); {
	case data != "":
		if setData(m, data) {
			p.FileData = nil
		}
	case link != "":
		m.URL, p.FileURL = link, nil
	case json.Unquote(p.FileID) != "":
		m.FileID, p.FileID = json.Unquote(p.FileID), nil
	default:
		return nil, dialect.BadMember(path, "has none of file_data, file_id and file_url")
	}
	if s := json.Unquote(p.Filename); s != "" {
		m.Name, p.Filename = s, nil
	}
	return d.media(path, m, p, "input_file")
}

func (d *reader) audio(path string, p *part) (llm.Part, error) {
	var in struct {
		Data   string     `json:"data"`
		Format string     `json:"format"`
		Rest   json.Value `json:",embed"`
	}
	if err := d.unmarshal(path+".input_audio", orObject(openaiwire.NotNull(p.InputAudio)), &in); err != nil {
		return nil, err
	}
	if in.Data == "" {
		return nil, dialect.BadMember(path+".input_audio.data", "is missing")
	}
	m := &llm.Media{Kind: llm.Audio, MediaType: openaiwire.AudioType(in.Format), Data: in.Data}
	if openaiwire.AudioFormat(m.MediaType) != in.Format {
		in.Rest = json.Join(in.Rest, json.Named("format", json.Quote(in.Format)))
	}
	p.InputAudio = notEmpty(in.Rest)
	return d.media(path, m, p, "input_audio")
}

func notEmpty(v json.Value) json.Value {
	if string(v) == "{}" || len(v) == 0 {
		return nil
	}
	return v
}

// source fills in where an image is. What it uses leaves the part.
func (d *reader) source(m *llm.Media, p *part, from *json.Value, link string) {
	switch {
	case dialect.IsDataURL(link):
		if setData(m, link) {
			*from = nil
		}
	case link != "":
		m.URL, *from = link, nil
	default:
		if id := json.Unquote(p.FileID); id != "" {
			m.FileID, p.FileID = id, nil
		}
	}
}

// media finishes a part that was read in the given form.
func (d *reader) media(path string, m *llm.Media, p *part, form string) (llm.Part, error) {
	detail, err := d.str(path, "detail", p.Detail)
	if err != nil {
		return nil, err
	}
	if m.Detail = detail; detail != "" {
		p.Detail = nil
	}
	if form != "input_audio" {
		m.Kind = kindOf(m.MediaType, m.Kind)
	}
	p.Type = nil
	var mark json.Value
	if formOf(m) != form {
		mark = markString
	}
	m.Native = p.left(json.Named(markAs+form, mark))
	return m, nil
}

// formOf is the type of part in which media are written.
func formOf(m *llm.Media) string {
	switch m.Kind {
	case llm.Image:
		return "input_image"
	case llm.Audio:
		return "input_audio"
	}
	return "input_file"
}

// kindOf classes a media type; unknown ones are of the kind that their form
// is meant for.
func kindOf(mediaType string, otherwise llm.MediaKind) llm.MediaKind {
	top, _, _ := strings.Cut(mediaType, "/")
	switch top {
	case "image":
		return llm.Image
	case "application", "text":
		return llm.Document
	}
	return otherwise
}

// setData fills in what a data URL or bare base64 says. It reports whether
// [dataOf] gives the same again; if not, it has to be kept.
func setData(m *llm.Media, s string) bool {
	mediaType, data, ok := dialect.ParseDataURL(s)
	if !ok {
		m.Data = s
		return true
	}
	m.MediaType, m.Data = mediaType, data
	return m.MediaType != "" && dialect.IsDataURLOf(s, m)
}

// dataOf is a data URL, or the data alone if nobody knows what they are.
func dataOf(m *llm.Media) string {
	if m.MediaType == "" {
		return m.Data
	}
	return dialect.DataURL(m)
}
