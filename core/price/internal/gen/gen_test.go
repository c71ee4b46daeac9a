package main

import (
	"bytes"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// data has one model for each kind of mending.
const data = `{"meta": {"source": "Test, snapshot of 2026-01-02"}, "providers": {
	"google": {"models": {
		"gemini-2.5-pro": {"unpriced": true, "type": "chat", "max_output_tokens": 65536},
		"gemini-2.5-pro-lte-128k": {"input": 1.25, "output": 10, "cache_write": 0.2, "cached_input": 0.125, "per_unit": {"web_search": 0.035, "search": 0.035}, "batch": {"input": 0.625, "output": 5}},
		"gemini-2.5-pro-gt-128k": {"input": 2.5, "output": 15, "batch": {"input": 1.25, "output": 7.5}},
		"gemini-1.5-pro-lte-128k": {"input": 1.25, "output": 5},
		"gemini-1.5-pro-gt-128k": {"input": 2.5, "output": 10},
		"gemini-3-flash-lte-128k": {"input": 0.5, "output": 3, "per_unit": {"web_search": 0.014}},
		"gemini-3-flash-gt-128k": {"input": 0.5, "output": 3}}},
	"vertex-ai": {"models": {
		"gemini-3.5-flash": {"input": 1.5, "output": 9, "batch": {"input": 0.75}, "tiers": [
			{"input": 1.65, "output": 9.9}, {"mode": "batch", "input": 0.825}, {"regions": "global", "input": 1.5, "output": 9}]},
		"claude-opus-4-6": {"input": 5, "output": 25, "cached_input": 0.5, "tiers": [
			{"above_input_tokens": 200000, "input": 5, "output": 25},
			{"regions": "us-east5", "input": 5.5, "output": 27.5}, {"regions": "europe-west1", "input": 5.5, "output": 27.5}]}}},
	"bedrock": {"models": {
		"anthropic.claude-sonnet-4-5-v1:0": {"input": 3, "output": 15, "cached_input": 0.3},
		"global.anthropic.claude-sonnet-4-5-v1:0": {"unpriced": true, "type": "chat"},
		"us-gov.anthropic.claude-sonnet-4-5-v1:0": {"input": 3.6, "output": 18},
		"anthropic.claude-3-haiku-v1:0": {"input": 0.25, "output": 1.25},
		"amazon.nova-pro-v1:0": {"input": 0.8, "output": 3.2, "cached_input": 0.4, "cache_write": 1.6, "cache_write_1h": 1.6},
		"cohere.rerank": {"per_unit": {"search": 0.002}}}},
	"anthropic": {"models": {
		"claude-opus-4-6": {"input": 5, "output": 25, "cached_input": 0.5, "cache_write": 6.25, "cache_write_1h": 10, "batch": {"input": 2.5, "output": 12.5}},
		"claude-2.1": {"input": 8, "output": 24}}},
	"openai": {"models": {
		"gpt-4o": {"input": 2.5, "output": 10, "cache_write": 0, "tiers": [{"input": 99, "cached_input": 1.25}, {"mode": "priority", "input": 5, "output": 20}]},
		"gpt-realtime": {"input": 4, "output": 16, "cached_input": 16, "audio_input": 32, "tiers": [{"mode": "priority", "input": 8, "output": 32}]},
		"gpt-mini-tts": {"input": 0.6, "output": 0, "audio_input": 0, "audio_output": 12},
		"sora-2": {"input": 0, "output": 0, "per_unit": {"video_duration_seconds_1280_720": 0.1}},
		"omni-moderation-latest": {"input": 0, "output": 0},
		"mystery": {"input": 0, "output": 0, "per_unit": {"web_search": 0.01}, "max_output_tokens": 161280003840},
		"empty": {}}},
	"perplexity-ai": {"models": {"sonar": {"input": 1, "output": 1, "per_unit": {"web_search_low_context": 0.005, "web_search_high_context": 0.012}}}},
	"together-ai": {"models": {"flux": {"per_unit": {"megapixels": 0.000027}}}},
	"azure-ai": {"models": {"mai": {"input": 5, "output": 47, "per_unit": {"input_image": 8e-06}}}}}}`

const fixes = `{"revision": 3, "corrections": [{"why": "wrong", "page": "https://example.com", "providers": {"openai": {"gpt-4o": {"output": 11}}}}]}`

func text(t *testing.T, data, fixes string) string {
	t.Helper()
	b, err := build([]byte(data), []byte(fixes), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// prices returns the line of prices of each model, as provider/model.
func prices(t *testing.T, text string) map[string]string {
	t.Helper()
	var lines, units []string
	var regions []string
	found := map[string]string{}
	provider := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		name, rest, isModel := strings.Cut(line, "\t")
		switch word, arg, _ := strings.Cut(line, " "); {
		case isModel && name == "":
			provider = rest
		case isModel:
			n, _, _ := strings.Cut(rest, "\t")
			found[provider+"/"+name] = ""
			if n != "" {
				i := 0
				for _, c := range n {
					i = i*10 + int(c-'0')
				}
				found[provider+"/"+name] = spell(lines[i], units, regions)
			}
		case word == "p":
			lines = append(lines, arg)
		case word == "r":
			regions = append(regions, arg)
		case word == "units":
			units = strings.Fields(arg)
		}
	}
	return found
}

// spell writes units and regions out.
func spell(line string, units, regions []string) string {
	var out []string
	for tier := range strings.SplitSeq(line, ";") {
		when, rates, _ := strings.Cut(tier, " ")
		if i := strings.LastIndexByte(when, '/'); i >= 0 && i+1 < len(when) {
			when = when[:i+1] + regions[when[i+1]-'0']
		}
		for rate := range strings.FieldsSeq(rates) {
			n := int(rate[0]) - 'A'
			if rate[0] >= 'a' {
				n = int(rate[0]) - 'a' + 26
			}
			when += " " + units[n] + "=" + rate[1:]
		}
		out = append(out, strings.TrimSpace(when))
	}
	return strings.Join(out, "; ")
}

func TestEveryFaultIsMended(t *testing.T) {
	t.Parallel()
	got := prices(t, text(t, data, fixes))
	tests := []struct{ name, model, want string }{
		{"split models are joined, with the real threshold", "google/gemini-2.5-pro",
			"input=1.25 cached_input=0.125 output=10 web_search=!0.035; batch// input=0.625 cached_input=0.125 output=5; /200000/ input=2.5 output=15; batch/200000/ input=1.25 output=7.5"},
		{"which was lower once", "google/gemini-1.5-pro", "input=1.25 output=5; /128000/ input=2.5 output=10"},
		{"and is none where the prices are equal", "google/gemini-3-flash", "input=0.5 output=3 web_search=0.014"},
		{"the flat price is the global one", "vertex-ai/gemini-3.5-flash", "input=1.65 output=9.9; //global input=1.5 output=9; batch// input=0.825"},
		{"all regions", "vertex-ai/claude-opus-4-6", "input=5 cached_input=0.5 output=25; //* input=5.5 cached_input=0.55 output=27.5"},
		{"regional Claude", "bedrock/anthropic.claude-sonnet-4-5-v1:0", "input=3.3 cached_input=0.33 output=16.5"},
		{"global Claude", "bedrock/global.anthropic.claude-sonnet-4-5-v1:0", "input=3 cached_input=0.3 output=15"},
		{"GovCloud's Claude", "bedrock/us-gov.anthropic.claude-sonnet-4-5-v1:0", "input=3.6 output=18"},
		{"an older Claude", "bedrock/anthropic.claude-3-haiku-v1:0", "input=0.25 output=1.25"},
		{"Nova's caches", "bedrock/amazon.nova-pro-v1:0", "input=0.8 cached_input=0.2 output=3.2"},
		{"a ranker", "bedrock/cohere.rerank", "search=0.002"},
		{"Claude's searches, batch caches and US inference", "anthropic/claude-opus-4-6",
			"input=5 cached_input=0.5 cache_write=6.25 cache_write_1h=10 output=25 web_search=0.01" +
				"; batch// input=2.5 cached_input=0.25 cache_write=3.125 cache_write_1h=5 output=12.5" +
				"; //us input=5.5 cached_input=0.55 cache_write=6.875 cache_write_1h=11 output=27.5" +
				"; batch//us input=2.75 cached_input=0.275 cache_write=3.4375 cache_write_1h=5.5 output=13.75"},
		{"a Claude that cannot search", "anthropic/claude-2.1", "input=8 output=24"},
		{"flat prices win, rows fill, corrections replace", "openai/gpt-4o", "input=2.5 cached_input=1.25 output=11; priority// input=5 output=20"},
		{"an impossible cache price; audio in tiers", "openai/gpt-realtime", "input=4 output=16 audio_input=32; priority// input=8 output=32 audio_input=64"},
		{"zeros beside audio", "openai/gpt-mini-tts", "input=0.6 audio_output=12"},
		{"zeros beside video", "openai/sora-2", "video_seconds=0.1 video_seconds=(,1280x720)0.1 video_seconds=(,720x1280)0.1"},
		{"what is free by name", "openai/omni-moderation-latest", "input=0 output=0"},
		{"zeros that nobody explains", "openai/mystery", ""},
		{"an empty entry", "openai/empty", ""},
		{"Sonar's fees", "perplexity-ai/sonar", "input=1 output=1 web_search=!0.005 web_search=(high,)!0.012 web_search=(low,)!0.005"},
		{"cents", "together-ai/flux", "megapixels=0.0027"},
		{"a price for image tokens", "azure-ai/mai", "input=5 output=47 image_input=8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if price, ok := got[tt.model]; !ok || price != tt.want {
				t.Errorf("got  %s\nwant %s", price, tt.want)
			}
		})
	}
	if _, ok := got["google/gemini-2.5-pro-lte-128k"]; ok {
		t.Error("the split model is still there")
	}
}

func TestEqualInputsGiveEqualBytes(t *testing.T) {
	t.Parallel()
	first := text(t, data, fixes)
	if !strings.Contains(first, "\nversion 2026-01-02.3\n") {
		t.Errorf("version: %.80s", first)
	}
	for range 5 {
		if text(t, data, fixes) != first {
			t.Fatal("the bytes differ")
		}
	}
}

func TestStaleAndUnexplainedCorrectionsAreErrors(t *testing.T) {
	t.Parallel()
	fix := func(model, entry string) string {
		return `{"revision": 1, "corrections": [{"why": "w", "page": "p", "providers": {"openai": {"` + model + `": ` + entry + `}}}]}`
	}
	tests := []struct{ name, data, fixes, want string }{
		{"not there", data, fix("gpt-9", `{"input": 1}`), "does not have it"},
		{"already so", data, fix("gpt-4o", `{"input": 2.5}`), "has it now"},
		{"a fact that is there already", strings.Replace(data, `"gpt-4o": {`, `"gpt-4o": {"features": ["tools"], "context_length": 9, `, 1), fix("gpt-4o", `{"features": ["tools"], "context_length": 9}`), "has it now"},
		{"without a reason", data, `{"corrections": [{"page": "p"}]}`, "why and page"},
		{"not JSON", data, `{`, "reading corrections"},
		{"data that is not JSON", `{`, fixes, "reading the data"},
		{"data with an unknown unit", `{"providers": {"p": {"models": {"m": {"input": 1, "sheep": 2}}}}}`, `{}`, "sheep"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := build([]byte(tt.data), []byte(tt.fixes), io.Discard); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q in it", err, tt.want)
			}
		})
	}
}

func TestFactsAreCorrectedAndPricesStay(t *testing.T) {
	t.Parallel()
	before := text(t, data, `{"revision": 1}`)
	after := text(t, data, `{"revision": 1, "corrections": [{"why": "w", "page": "p", "providers": {"openai": {
		"gpt-4o": {"features": ["image", "sounds"], "context_length": 128001}, "mystery": {"features": ["image"]}}}}]}`)
	if was, is := prices(t, before), prices(t, after); !maps.Equal(was, is) {
		t.Errorf("prices were %v and are %v", was, is)
	}
	for _, fact := range []string{"sounds", "128001"} {
		if strings.Contains(before, fact) || !strings.Contains(after, fact) {
			t.Errorf("%s is not stated", fact)
		}
	}
}

func TestRunWritesTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.json"), filepath.Join(dir, "prices.txt")
	for name, content := range map[string]string{in: data, filepath.Join(dir, "corrections.json"): fixes} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var log bytes.Buffer
	if err := run([]string{"-o", out, in}, &log); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(out); err != nil || len(b) == 0 || !strings.Contains(log.String(), "bytes") {
		t.Errorf("%d bytes, %v: %s", len(b), err, &log)
	}
	if err := run([]string{"-o", out}, io.Discard); err == nil {
		t.Error("no input is no error")
	}
}
