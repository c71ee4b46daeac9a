package anthropic

import (
	"testing"

	"sluice/core/llm"
)

func TestMediaAreWhatTheirBytesAre(t *testing.T) {
	t.Parallel()
	const png, pdf = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB", "JVBERi0xLjQKJSVFT0YK"
	tests := []struct {
		name string
		in   llm.Media
		want string
	}{
		{"as declared", llm.Media{Kind: llm.Image, MediaType: "image/png", Data: png}, `{"type":"image","source":{"type":"base64","media_type":"image/png","data":"` + png + `"}}`},
		{"declared wrongly", llm.Media{Kind: llm.Image, MediaType: "image/jpeg", Data: png}, `{"type":"image","source":{"type":"base64","media_type":"image/png","data":"` + png + `"}}`},
		{"a PDF sent as an image", llm.Media{Kind: llm.Image, MediaType: "image/png", Data: pdf}, `{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"` + pdf + `"}}`},
		{"a PDF in a data URL", llm.Media{Kind: llm.Image, URL: "data:application/pdf;base64," + pdf}, `{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"` + pdf + `"}}`},
		{"upper case, parameters and a common mistake", llm.Media{Kind: llm.Image, MediaType: "IMAGE/JPG; q=1", Data: "AAAA"}, `{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"AAAA"}}`},
		{"no type at all", llm.Media{Kind: llm.Document, Data: "R0lGODlhAQABAAAAACw="}, `{"type":"image","source":{"type":"base64","media_type":"image/gif","data":"R0lGODlhAQABAAAAACw="}}`},
		{"WebP", llm.Media{Kind: llm.Image, Data: "UklGRiQAAABXRUJQVlA4IBgAAAAw"}, `{"type":"image","source":{"type":"base64","media_type":"image/webp","data":"UklGRiQAAABXRUJQVlA4IBgAAAAw"}}`},
		{"JPEG", llm.Media{Kind: llm.Image, Data: "/9j/4AAQSkZJRg=="}, `{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"/9j/4AAQSkZJRg=="}}`},
		{"a URL", llm.Media{Kind: llm.Image, URL: "https://example.com/a.jpg"}, `{"type":"image","source":{"type":"url","url":"https://example.com/a.jpg"}}`},
		{"a document by URL, with a title", llm.Media{Kind: llm.Document, URL: "https://example.com/a.pdf", Name: "a.pdf"}, `{"type":"document","source":{"type":"url","url":"https://example.com/a.pdf"},"title":"a.pdf"}`},
		{"plain text", llm.Media{Kind: llm.Document, Text: "words", MediaType: "text/plain"}, `{"type":"document","source":{"type":"text","media_type":"text/plain","data":"words"}}`},
		{"text in base64", llm.Media{Kind: llm.Document, MediaType: "text/markdown", Data: "IyBIaQ=="}, `{"type":"document","source":{"type":"text","media_type":"text/plain","data":"# Hi"}}`},
		{"text that is not base64", llm.Media{Kind: llm.Document, MediaType: "text/plain", Data: "plain words"}, `{"type":"document","source":{"type":"text","media_type":"text/plain","data":"plain words"}}`},
		{"an own file", llm.Media{Kind: llm.Image, FileID: "file_01"}, `{"type":"image","source":{"type":"file","file_id":"file_01"}}`},
		{"a cache mark", llm.Media{Kind: llm.Image, URL: "https://x/a", Cache: &llm.CacheMark{TTL: "1h"}}, `{"type":"image","source":{"type":"url","url":"https://x/a"},"cache_control":{"type":"ephemeral","ttl":"1h"}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := prepareFor(t, &llm.Request{Turns: []llm.Turn{user(&tt.in)}}, "claude-opus-4-8")
			checks{"messages.0.content.0": tt.want}.run(t, x)
		})
	}
}
