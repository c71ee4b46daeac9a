package dialect

import (
	"testing"

	"sluice/core/llm"
)

func TestMediaHaveTheTypeOfTheirBytes(t *testing.T) {
	t.Parallel()
	const png, pdf = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB", "JVBERi0xLjQKJSVFT0YK"
	tests := []struct {
		in   llm.Media
		typ  string
		kind llm.MediaKind
	}{
		{llm.Media{Kind: llm.Image, MediaType: "image/png", Data: png}, "image/png", llm.Image},
		{llm.Media{Kind: llm.Image, MediaType: "image/jpeg", Data: png}, "image/png", llm.Image},
		{llm.Media{Kind: llm.Image, MediaType: "image/png", Data: pdf}, "application/pdf", llm.Document},
		{llm.Media{Kind: llm.Document, Data: png}, "image/png", llm.Image},
		{llm.Media{Kind: llm.Image, MediaType: "IMAGE/JPG; q=1", Data: "AAAA"}, "image/jpeg", llm.Image},
		{llm.Media{Kind: llm.Audio, MediaType: "audio/wav", Data: "UklGRiQAAABXQVZF"}, "audio/wav", llm.Audio},
		{llm.Media{Kind: llm.Image, MediaType: "IMAGE/PNG", URL: "https://e.example/a"}, "IMAGE/PNG", llm.Image},
	}
	for _, tt := range tests {
		was := tt.in
		turns := []llm.Turn{{Role: llm.User, Parts: []llm.Part{&llm.ToolResult{Parts: []llm.Part{&tt.in}}, &tt.in}}}
		got := MapMedia(turns, TypeMedia)
		for _, p := range []llm.Part{got[0].Parts[0].(*llm.ToolResult).Parts[0], got[0].Parts[1]} {
			if m := p.(*llm.Media); m.MediaType != tt.typ || m.Kind != tt.kind || m.Data != tt.in.Data {
				t.Errorf("%s %s became %s %s", was.Kind, was.MediaType, m.Kind, m.MediaType)
			}
		}
		if tt.in.MediaType != was.MediaType || turns[0].Parts[1] != llm.Part(&tt.in) {
			t.Error("what was given is changed")
		}
	}
}
