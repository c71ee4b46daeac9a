package losses

import (
	"reflect"
	"strings"

	"sluice/core/llm"
)

// Smallest files of their kinds, in base64.
const (
	png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
	pdf = "JVBERi0xLjQKJSVFT0YK"
	wav = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA="
)

// media are images, files, sounds and films.
var media = []RequestField{
	{"image in base64", say(llm.User, &llm.Media{Kind: llm.Image, MediaType: "image/png", Data: png}), shown, nil},
	{"image by URL", say(llm.User, &llm.Media{Kind: llm.Image, URL: "https://example.com/cat.png"}), shown, inlined},
	{"detail of an image", say(llm.User, &llm.Media{Kind: llm.Image, MediaType: "image/png", Data: png, Detail: "low"}), details, nil},
	{"PDF in base64", say(llm.User, &llm.Media{Kind: llm.Document, MediaType: "application/pdf", Data: pdf, Name: "paper.pdf"}), shown, nil},
	{"PDF by URL", say(llm.User, &llm.Media{Kind: llm.Document, URL: "https://example.com/paper.pdf"}), shown, inlined},
	{"document as text", say(llm.User, &llm.Media{Kind: llm.Document, MediaType: "text/plain", Text: "All is well", Name: "note"}), shown, []Form{{
		"words with its name above", func(_ *llm.Request, got Heard) bool {
			return strings.Contains(texts(llm.User)(got.Request).(string), "note\n\nAll is well")
		},
	}, {
		"one of the documents beside the conversation", func(_ *llm.Request, got Heard) bool {
			found := false
			each(got.Request, func(_ llm.Role, p llm.Part) {
				m, ok := p.(*llm.Media)
				found = found || ok && m.Text == "All is well"
			})
			return found
		},
	}}},
	{"file by the provider's id", say(llm.User, &llm.Media{Kind: llm.Document, FileID: "file-1"}), shown, nil},
	{"sound in base64", say(llm.User, &llm.Media{Kind: llm.Audio, MediaType: "audio/wav", Data: wav}), shown, nil},
	{"film in base64", say(llm.User, &llm.Media{Kind: llm.Video, MediaType: "video/mp4", Data: "AAAA"}), shown, nil},
}

// web is what URLs lead to, by kind.
var web = map[llm.MediaKind]llm.Media{
	llm.Image:    {MediaType: "image/png", Data: png},
	llm.Document: {MediaType: "application/pdf", Data: pdf},
}

// fetched stands for the gateway's fetching.
func fetched(_ string, m *llm.Media) (*llm.Media, error) {
	got := web[m.Kind]
	return &got, nil
}

// inlined is how media reach an upstream that does not fetch them.
var inlined = []Form{{"fetched by the gateway, sent inline", func(asked *llm.Request, got Heard) bool {
	want := false
	each(asked, func(_ llm.Role, p llm.Part) {
		if m, ok := p.(*llm.Media); ok {
			want = reflect.DeepEqual(files(got.Request), []string{web[m.Kind].Data})
		}
	})
	return want
}}}

// seen is what a medium shows.
type seen struct {
	kind            llm.MediaKind
	data, url, file string
}

// shown lists the media of a request. A document that is plain text may
// become text: its words count.
func shown(r *llm.Request) any {
	var all []seen
	each(r, func(_ llm.Role, p llm.Part) {
		switch m := p.(type) {
		case *llm.Media:
			if m.Text == "" {
				all = append(all, seen{m.Kind, m.Data, m.URL, m.FileID})
			}
		}
	})
	return append(all, seen{data: plainText(r)})
}

func details(r *llm.Request) any {
	var all []string
	each(r, func(_ llm.Role, p llm.Part) {
		if m, ok := p.(*llm.Media); ok && m.Detail != "" {
			all = append(all, m.Detail)
		}
	})
	return all
}
