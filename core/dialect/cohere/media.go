package cohere

import (
	"strings"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// image reads an image: a link, or a data URL. One that is not plain base64
// is kept as it is beside what it says.
//
// https://docs.cohere.com/docs/image-inputs
func (p *part) image() *llm.Media {
	in := p.ImageURL
	m := &llm.Media{Kind: llm.Image, Detail: in.Detail}
	if mediaType, data, ok := splitDataURL(in.URL); ok {
		m.MediaType, m.Data = mediaType, data
	} else {
		m.URL = in.URL
	}
	m.Native = p.left("image_url", json.Named("image_url", json.Join(in.Rest)))
	return m
}

func (u *imageURL) json() json.Value {
	w := json.NewWriter("{")
	w.Str("url", u.URL)
	w.StrIf("detail", u.Detail)
	w.Splice(u.Rest)
	w.Close('}')
	return w.B
}

const dataScheme, base64Mark = "data:", ";base64,"

func splitDataURL(s string) (mediaType, data string, ok bool) {
	rest, ok := strings.CutPrefix(s, dataScheme)
	if !ok {
		return "", "", false
	}
	return strings.Cut(rest, base64Mark)
}

// imagePart writes an image. The other media have no word.
func (w *writer) imagePart(m *llm.Media) {
	n := own(m.Native)
	w.Str("type", "image_url")
	w.Open("image_url", '{')
	if m.Data != "" {
		w.Str("url", dataScheme+m.MediaType+base64Mark+m.Data)
	} else {
		w.Str("url", m.URL)
	}
	w.StrIf("detail", m.Detail)
	w.Rest(json.ObjectOf(n.Get("image_url")))
	w.Close('}')
	w.Rest(n, "image_url")
}
