package upstream

import (
	"testing"

	"sluice/core/llm"
)

func TestTypeOf(t *testing.T) {
	t.Parallel()
	const png, jpeg, pdf, mp3, page = "\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "%PDF-1.4", "ID3\x03", "<!DOCTYPE html>"
	for _, tt := range []struct {
		name, header, asked, path, data string
		kind                            llm.MediaKind
		want                            string
		fits                            bool
	}{
		{"as the host says", "image/png", "", "/a", png, llm.Image, "image/png", true},
		{"parameters", "IMAGE/PNG; v=1", "", "/a", png, llm.Image, "image/png", true},
		{"another image than the host says", "image/png", "", "/a", jpeg, llm.Image, "image/jpeg", true},
		{"a host that says nothing", "", "", "/a", jpeg, llm.Image, "image/jpeg", true},
		{"an image that only the host knows", "image/avif", "", "/a", "\x00\x00\x00\x1cftypavif", llm.Image, "image/avif", true},
		{"an image that nobody knows", "", "", "/a", "\x00\x01", llm.Image, "application/octet-stream", false},
		{"an image that the request knows", "", "image/heic", "/a", "\x00\x01", llm.Image, "image/heic", true},
		{"words in place of an image", "image/png", "", "/a.png", "not found", llm.Image, "text/plain", false},
		{"a page in place of a sound", "audio/mpeg", "", "/a", page, llm.Audio, "text/html", false},
		{"a sound", "application/octet-stream", "", "/a", mp3, llm.Audio, "audio/mpeg", true},
		{"a sound in place of an image", "image/png", "", "/a", mp3, llm.Image, "audio/mpeg", false},
		{"a PDF that the host calls something", "application/octet-stream", "", "/a", pdf, llm.Document, "application/pdf", true},
		{"Markdown that begins like a page", "text/markdown", "", "/a", "<h1>Hi</h1>", llm.Document, "text/markdown", true},
		{"a page in place of a PDF", "text/html", "application/pdf", "/a.pdf", page, llm.Document, "text/html", false},
		{"a page by name", "text/html", "", "/a.html", page, llm.Document, "text/html", true},
		{"an image as a document", "application/pdf", "", "/a.pdf", png, llm.Document, "image/png", false},
		{"a text by its bytes", "", "", "/a", "hello", llm.Document, "text/plain", true},
		{"bytes of nobody", "binary/octet-stream", "", "/a", "\x00\x01", llm.Document, "binary/octet-stream", false},
	} {
		m := &llm.Media{Kind: tt.kind, MediaType: tt.asked}
		if got, fits := typeOf(m, tt.path, tt.header, []byte(tt.data)); got != tt.want || fits != tt.fits {
			t.Errorf("%s: %s, %t", tt.name, got, fits)
		}
	}
}
