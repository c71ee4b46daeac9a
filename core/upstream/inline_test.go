package upstream

import (
	"reflect"
	"strings"
	"testing"

	"sluice/core/dialect"
	"sluice/core/dialect/anthropic"
	"sluice/core/dialect/bedrock"
	"sluice/core/dialect/bedrockinvoke"
	"sluice/core/dialect/gemini"
	"sluice/core/dialect/ollama"
	"sluice/core/dialect/openaichat"
	"sluice/core/dialect/workersai"
	"sluice/core/llm"
)

func TestWhoTakesURLs(t *testing.T) {
	t.Parallel()
	image, document, audio := llm.Media{Kind: llm.Image}, llm.Media{Kind: llm.Document}, llm.Media{Kind: llm.Audio}
	for _, tt := range []struct {
		codec           dialect.Outbound
		provider, model string
		fetched         []llm.Media
		left            []llm.Media
	}{
		{openaichat.Codec{}, "openai", "gpt-5", nil, []llm.Media{image, document}},
		{gemini.Codec{}, "google", "gemini-2.5-flash", nil, []llm.Media{image, document, audio}},
		{anthropic.Codec{}, "anthropic", "claude-sonnet-4-5", nil, []llm.Media{image, document}},
		{anthropic.Codec{}, "azure-ai", "claude-sonnet-4-5", nil, []llm.Media{image, document}},
		{anthropic.Codec{}, "vertex-ai", "anthropic.claude-sonnet-4-5", []llm.Media{image, document}, []llm.Media{audio}},
		{anthropic.Codec{}, "bedrock-mantle", "anthropic.claude-sonnet-4-5", []llm.Media{image, document}, nil},
		{bedrock.Codec{}, "bedrock", "amazon.nova-pro-v1:0", []llm.Media{image, document, audio}, nil},
		{bedrockinvoke.Codec{}, "bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", []llm.Media{image, document}, []llm.Media{audio}},
		{bedrockinvoke.Codec{}, "bedrock", "amazon.nova-pro-v1:0", []llm.Media{image, document}, nil},
		{bedrockinvoke.Codec{}, "bedrock", "mistral.pixtral-large-2502-v1:0", []llm.Media{image}, nil},
		{bedrockinvoke.Codec{}, "bedrock", "meta.llama3-8b-instruct-v1:0", nil, []llm.Media{image}},
		{ollama.Codec{}, "ollama-native", "m", []llm.Media{image}, []llm.Media{document}},
		{workersai.Codec{}, "workers-ai", "m", []llm.Media{image}, []llm.Media{document}},
	} {
		for i, m := range append(tt.fetched, tt.left...) {
			m.URL = "https://example.com/x"
			r := &llm.Request{Turns: []llm.Turn{{Role: llm.User, Parts: []llm.Part{&m}}}}
			got, err := Inline(r, tt.codec, dialect.Target{Provider: tt.provider, Model: tt.model}, fixed)
			if err != nil {
				t.Fatal(err)
			}
			part := got.Turns[0].Parts[0].(*llm.Media)
			if want := i < len(tt.fetched); (part.Data != "") != want || (part.URL == "") != want {
				t.Errorf("%T for %s, %s: %s is %+v, want it fetched: %t", tt.codec, tt.provider, tt.model, m.Kind, part, want)
			}
		}
	}
}

func fixed(string, *llm.Media) (*llm.Media, error) {
	return &llm.Media{MediaType: "image/png", Data: "aGk="}, nil
}

// Other targets work on the same request at the same time.
func TestInlineLeavesTheRequestAsItIs(t *testing.T) {
	t.Parallel()
	shared := func() *llm.Request {
		image := func() llm.Part {
			return &llm.Media{Kind: llm.Image, URL: "https://example.com/x", Detail: "low"}
		}
		return &llm.Request{Turns: []llm.Turn{
			{Role: llm.User, Parts: []llm.Part{&llm.Text{Text: "Look"}, image()}},
			{Role: llm.ToolRole, Parts: []llm.Part{&llm.ToolResult{CallID: "c", Parts: []llm.Part{image(), &llm.Text{Text: "there"}}}}},
		}}
	}
	r := shared()
	got, err := Inline(r, bedrock.Codec{}, dialect.Target{}, fixed)
	if err != nil || !reflect.DeepEqual(r, shared()) {
		t.Fatalf("%v: the request became %+v", err, r)
	}
	result := got.Turns[1].Parts[0].(*llm.ToolResult)
	for _, part := range []llm.Part{got.Turns[0].Parts[1], result.Parts[0]} {
		if want := (&llm.Media{Kind: llm.Image, MediaType: "image/png", Data: "aGk=", Detail: "low"}); !reflect.DeepEqual(part, want) {
			t.Errorf("got %+v", part)
		}
	}
	if result.CallID != "c" || len(result.Parts) != 2 || len(got.Turns[0].Parts) != 2 {
		t.Errorf("got %+v", got)
	}
}

func TestInlineHasALimit(t *testing.T) {
	t.Parallel()
	var parts []llm.Part
	for range maxLinks + 1 {
		parts = append(parts, &llm.Media{Kind: llm.Image, URL: "https://example.com/x"})
	}
	r := &llm.Request{Turns: []llm.Turn{{Role: llm.User, Parts: parts}}}
	fetch := func(at string, m *llm.Media) (*llm.Media, error) {
		t.Error("fetched " + at)
		return fixed(at, m)
	}
	if _, err := Inline(r, bedrock.Codec{}, dialect.Target{}, fetch); err == nil || !strings.Contains(err.Error(), "at most 64") {
		t.Error(err)
	}
}
