package core

import (
	"testing"

	"sluice/core/llm"
)

type fixedDecoder struct{ r *llm.Request }

func (d fixedDecoder) DecodeRequest(Incoming) (*llm.Request, error) { return d.r, nil }

func TestNeedsOfAConversation(t *testing.T) {
	t.Parallel()
	media := func(k llm.MediaKind, text string) llm.Part { return &llm.Media{Kind: k, Text: text} }
	tests := []struct {
		name  string
		tools []llm.Tool
		parts []llm.Part
		want  Needs
	}{
		{"text", nil, []llm.Part{&llm.Text{Text: "12345"}}, Needs{}},
		{"tools", []llm.Tool{{Name: "f"}}, nil, Needs{Tools: true}},
		{"an image in a result", nil, []llm.Part{&llm.ToolResult{Parts: []llm.Part{media(llm.Image, "")}}}, Needs{Tools: true, Images: true}},
		{"a sound", nil, []llm.Part{media(llm.Audio, "")}, Needs{Audio: true}},
		{"a document", nil, []llm.Part{media(llm.Document, "")}, Needs{Documents: true}},
		{"a document of plain text", nil, []llm.Part{media(llm.Document, "1234")}, Needs{}},
	}
	for _, tt := range tests {
		c := (&Call{Decoder: fixedDecoder{&llm.Request{Tools: tt.tools, Turns: []llm.Turn{{Parts: tt.parts}}}}}).Prepare()
		if got := c.Needs(); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}
