package price

import (
	"slices"
	"testing"
)

const names = `{"providers": {
	"bedrock": {
		"anthropic.claude-x-v1:0": {"input": 1}, "eu.anthropic.claude-x-v1:0": {"input": 2}, "jp.anthropic.claude-x-v1:0": {"unpriced": true},
		"us-gov.amazon.y": {"unpriced": true}, "amazon.y": {"input": 3},
		"arn:aws:bedrock:us-east-1:1:application-inference-profile/abc": {"input": 4}},
	"openai": {
		"gpt-a": {"input": 1}, "gpt-a-2024-05-13": {"input": 2}, "ft:gpt-a": {"input": 3},
		"gpt-b-2024-01-01": {"input": 4}, "gpt-b-2024-06-01": {"input": 4},
		"gpt-c-2024-01-01": {"input": 5}, "gpt-c-2024-06-01": {"input": 6},
		"gpt-d-20240101": {"unpriced": true}, "gpt-d": {"input": 7}, "gpt-mini": {"input": 8}},
	"vertex-ai": {"claude-x@20250101": {"input": 1}, "claude-y-20250101": {"input": 2}, "gemini-z": {"input": 3}},
	"google": {"gemini-z": {"input": 1}},
	"azure-openai": {"gpt-3.5-turbo": {"input": 1}},
	"other": {"Model-One": {"input": 1}, "model-two": {"input": 2}, "Model-Two": {"input": 3}, "three": {"unpriced": true}, "Three": {"input": 4}}}}`

func TestNamesFindTheirPrice(t *testing.T) {
	t.Parallel()
	text, err := table(t, names).AppendText(nil)
	if err != nil {
		t.Fatal(err)
	}
	tab, err := parseText(string(text)) // as data, where unpriced does not mean that an operator said so
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, provider, model, want string }{
		{"as it is", "openai", "gpt-a", "gpt-a"},
		{"a dated version with its own price", "openai", "gpt-a-2024-05-13", "gpt-a-2024-05-13"},
		{"a dated version without", "openai", "gpt-a-2025-12-31", "gpt-a"},
		{"a date in one piece", "openai", "gpt-a-20251231", "gpt-a"},
		{"the latest", "openai", "gpt-a-latest", "gpt-a"},
		{"not a date", "openai", "gpt-a-20251399", ""},
		{"not a year", "openai", "gpt-a-1999-12-31", ""},
		{"a version is not a date", "openai", "gpt-a-0125", ""},
		{"a name is not the beginning of another", "openai", "gpt", ""},
		{"nor its continuation", "openai", "gpt-a-mini", ""},
		{"dated versions of one price", "openai", "gpt-b", "gpt-b-2024-06-01"},
		{"a dated version that is not there, of one price", "openai", "gpt-b-2025-01-01", "gpt-b-2024-06-01"},
		{"dated versions of several prices", "openai", "gpt-c", ""},
		{"a known version without a price", "openai", "gpt-d-20240101", "gpt-d"},
		{"a fine-tuned model is not its base", "openai", "ft:gpt-a-2024-05-13:acme::x", "ft:gpt-a"},
		{"a fine-tuned model without a price", "openai", "ft:gpt-mini:acme::x", ""},
		{"other case", "openai", "GPT-A", "gpt-a"},
		{"other case and a date", "openai", "GPT-A-2025-12-31", "gpt-a"},
		{"exact case first", "other", "Model-Two", "Model-Two"},
		{"case that could be either, at different prices", "other", "MODEL-TWO", ""},
		{"case that could be either, one without a price", "other", "THREE", "Three"},
		{"a geography", "bedrock", "us.anthropic.claude-x-v1:0", "anthropic.claude-x-v1:0"},
		{"a geography with its own price", "bedrock", "eu.anthropic.claude-x-v1:0", "eu.anthropic.claude-x-v1:0"},
		{"a geography that is known without a price", "bedrock", "jp.anthropic.claude-x-v1:0", "anthropic.claude-x-v1:0"},
		{"Australia", "bedrock", "au.anthropic.claude-x-v1:0", "anthropic.claude-x-v1:0"},
		{"the whole world", "bedrock", "global.anthropic.claude-x-v1:0", "anthropic.claude-x-v1:0"},
		{"GovCloud has other prices", "bedrock", "us-gov.amazon.y", ""},
		{"not a geography", "bedrock", "xx.amazon.y", ""},
		{"the ARN of a model", "bedrock", "arn:aws:bedrock:us-east-1::foundation-model/amazon.y", "amazon.y"},
		{"the ARN of a profile", "bedrock", "arn:aws:bedrock:eu-west-1:1:inference-profile/eu.anthropic.claude-x-v1:0", "eu.anthropic.claude-x-v1:0"},
		{"the ARN of a profile in China", "bedrock", "arn:aws-cn:bedrock:cn-north-1:1:inference-profile/us.amazon.y", "amazon.y"},
		{"an application profile does not tell", "bedrock", "arn:aws:bedrock:us-east-1:1:application-inference-profile/amazon.y", ""},
		{"unless it was declared", "bedrock", "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc", "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc"},
		{"provisioned throughput is paid by the hour", "bedrock", "arn:aws:bedrock:us-east-1:1:provisioned-model/amazon.y", ""},
		{"a broken ARN", "bedrock", "arn:aws:bedrock", ""},
		{"Vertex with a publisher", "vertex-ai", "anthropic.claude-x@20250101", "claude-x@20250101"},
		{"Vertex with another version", "vertex-ai", "claude-x@20250601", "claude-x@20250101"},
		{"Vertex with a minus", "vertex-ai", "claude-y@20250101", "claude-y-20250101"},
		{"Vertex with a path", "vertex-ai", "publishers/google/models/gemini-z", "gemini-z"},
		{"Gemini with a path", "google", "models/gemini-z", "gemini-z"},
		{"Azure's spelling", "azure-openai", "gpt-35-turbo", "gpt-3.5-turbo"},
		{"a deployment's name", "azure-openai", "our-assistant", ""},
		{"another provider's rules", "other", "models/Model-One", ""},
		{"no such provider", "nobody", "gpt-a", ""},
		{"no name", "openai", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, ok := tab.Lookup(tt.provider, tt.model)
			if ok != (tt.want != "") || ok != p.Known() {
				t.Fatalf("found %q, want %q", p.Model, tt.want)
			}
			if ok && p.Model != tt.want {
				t.Errorf("priced as %q, want %q", p.Model, tt.want)
			}
			if p.Provider != tt.provider {
				t.Errorf("provider %q", p.Provider)
			}
		})
	}
}

func TestNamesAreNeverGuessedInTheBuiltInTable(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ provider, model string }{
		{"openai", "gpt-4o-ultra"}, {"openai", "gpt-99"}, {"anthropic", "claude"}, {"anthropic", "claude-sonnet-4-5-fast"},
		{"google", "gemini-2.5"}, {"bedrock", "anthropic"}, {"azure-openai", "prod"}, {"groq", "whisper-large-v3"}, {"voyage", "voyage-4"},
		{"openrouter", "openrouter/auto"}, {"x-ai", "grok-2-image"},
	} {
		if p, ok := Default().Lookup(tt.provider, tt.model); ok {
			t.Errorf("%s %s is priced as %s", tt.provider, tt.model, p.Model)
		}
	}
}

func TestFactsThatDecideAboutTargets(t *testing.T) {
	t.Parallel()
	for model, sees := range map[string]bool{"o3": true, "o1-2024-12-17": true, "gpt-4o": true, "gpt-3.5-turbo": false, "o3-mini": false} {
		f, ok := Default().Facts("openai", model)
		if !ok || slices.Contains(f.Modalities(), "image") != sees {
			t.Errorf("%s: %+v", model, f)
		}
	}
	if f, _ := Default().Facts("openai", "gpt-4-0613"); f.ContextLength != 8192 {
		t.Errorf("gpt-4-0613: %+v", f)
	}
}
