package bedrock

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	jsonvalue "sluice/core/internal/json"
	"sluice/core/llm"
)

func TestModelIDs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		id, family, name string
		output           int64 // of a known Claude
	}{
		{"anthropic.claude-3-5-sonnet-20240620-v1:0", "anthropic", "claude-3-5-sonnet-20240620-v1:0", 8192},
		{"us.anthropic.claude-sonnet-4-20250514-v1:0", "anthropic", "claude-sonnet-4-20250514-v1:0", 64000},
		{"global.anthropic.claude-opus-4-6-v1", "anthropic", "claude-opus-4-6-v1", 128000},
		{"anthropic.claude-v2:1", "anthropic", "claude-v2:1", 4096},
		{"anthropic.claude-instant-v1", "anthropic", "claude-instant-v1", 4096},
		{"anthropic.claude-3-haiku-20240307-v1:0", "anthropic", "claude-3-haiku-20240307-v1:0", 4096},
		{"anthropic.claude-opus-7", "anthropic", "claude-opus-7", 128000},
		{"anthropic.claude-tomorrow", "anthropic", "claude-tomorrow", 0},
		{"us-gov.amazon.nova-lite-v1:0", "amazon", "nova-lite-v1:0", 0},
		{"deepseek.v3.2", "deepseek", "v3.2", 0},
		{"arn:aws:bedrock:us-east-1::foundation-model/meta.llama3-70b-instruct-v1:0", "meta", "llama3-70b-instruct-v1:0", 0},
		{"arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-3-7-sonnet-20250219-v1:0", "anthropic", "claude-3-7-sonnet-20250219-v1:0", 128000},
		{profile, "", "", 0},
		{"arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abc", "", "", 0},
		{"arn:", "", "", 0},
		{"us.", "", "", 0},
		{"", "", "", 0},
	}
	for _, tt := range tests {
		m := modelOf(tt.id)
		if m.family != tt.family || m.name != tt.name || m.claude.Known && m.isClaude() != (tt.output > 0) || m.claude.Output != tt.output {
			t.Errorf("%q is %+v, want %s %s with %d", tt.id, m, tt.family, tt.name, tt.output)
		}
	}
	if m := modelOf(profile, "anthropic.claude-opus-4-6-v1"); !m.isClaude() {
		t.Errorf("the name that the client asked for does not help: %+v", m)
	}
	if IsClaude(profile) || !IsClaude("eu.anthropic.claude-opus-4-6-v1") {
		t.Error("IsClaude is wrong")
	}
}

func TestBaseModel(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"us.anthropic.claude-opus-4-6-v1": "anthropic.claude-opus-4-6-v1", "amazon.nova-lite-v1:0": "amazon.nova-lite-v1:0",
		"apac.amazon.nova-lite-v1:0": "amazon.nova-lite-v1:0", profile: profile, "deepseek.v3.2": "deepseek.v3.2",
	} {
		if got := BaseModel(id); got != want {
			t.Errorf("%s becomes %s, want %s", id, got, want)
		}
	}
}

func TestLegalNames(t *testing.T) {
	t.Parallel()
	if a, b := legal("repo.search"), legal("repo/search"); a == b || a != legal("repo.search") {
		t.Errorf("got %s and %s", a, b)
	}
	for _, s := range []string{"", "é", strings.Repeat("a", 65), "a b"} {
		if got := legal(s); got == s || len(got) > dialect.MaxToolName || legal(got) != got {
			t.Errorf("%q becomes %q", s, got)
		}
	}
}

func TestDocumentNamesHaveALimit(t *testing.T) {
	t.Parallel()
	var d documentNames
	long := strings.Repeat("a", 300)
	a, b := d.name(long), d.name(long)
	if len(a) != maxDocumentName || len(b) != maxDocumentName || a == b {
		t.Errorf("got %q and %q", a, b)
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	body := `{"messages": [
		{"content": [{"text": "a \"b\""}, {"guardContent": {"text": {"text": "g", "qualifiers": ["query"]}}}, {"document": {"name": "n", "source": {"text": "d"}, "context": "c"}}], "role": "user"},
		{"role": "assistant", "content": [{"text": ""}, {"reasoningContent": {"reasoningText": {"text": "r", "signature": "s"}}}, {"toolUse": {"toolUseId": "t", "name": "f", "input": {"x": ["y", 1, {"z": "w"}]}}}, {"citationsContent": {"content": [{"text": "k"}]}}]},
		{"role": "user", "content": [{"toolResult": {"toolUseId": "t", "content": [{"text": "o"}, {"json": {"p": "q"}}, {"searchResult": {"title": "no", "content": [{"text": "e"}]}}]}}]}
	], "system": [{"text": "s"}, {"cachePoint": {"type": "default"}}]}`
	want := []string{
		`0 user "a \"b\""`, `0 user "g"`, `0 user "d"`, `0 user "c"`, `1 reasoning "r"`, `1 tool_arguments "y"`, `1 tool_arguments "w"`,
		`1 assistant "k"`, `2 tool_result "o"`, `2 tool_result "q"`, `2 tool_result "e"`, `-1 system "s"`,
	}
	var got []string
	for s := range (Codec{}).Texts(core.Incoming{Body: []byte(body)}) {
		got = append(got, strings.Join([]string{string(jsonvalue.Value(number(ptr(int64(s.Turn))))), s.Surface, body[s.Start:s.End]}, " "))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for range (Codec{}).Texts(core.Incoming{Body: []byte(body)}) {
		break // stopping early is fine
	}
	for _, bad := range []string{``, `[]`, `{"messages":[{"content":[{"text":"a"}]}`, `{"messages":{"content":"x"}}`} {
		for s := range (Codec{}).Texts(core.Incoming{Body: []byte(bad)}) {
			t.Errorf("%s has the text %+v", bad, s)
		}
	}
}

func TestRequestsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for body, says := range map[string]string{
		``: "the body", `[]`: "the body", `{"messages":"Hi"}`: "messages", `{"messages":[{"role":"user","content":"Hi"}]}`: "messages[0].content",
		`{"inferenceConfig":{"temperature":"hot"}}`: "temperature", `{"inferenceConfig":{"maxTokens":1.5}}`: "inferenceConfig.maxTokens", `{"messages":[],"messages":[]}`: "messages",
	} {
		_, err := Codec{}.DecodeRequest(core.Incoming{Body: []byte(body)})
		if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.BadRequest || !strings.Contains(e.Message, says) {
			t.Errorf("%s gives %v, want a bad request that names %s", body, err, says)
		}
	}
}

func TestTheModelIsInTheURL(t *testing.T) {
	t.Parallel()
	r, err := Codec{}.DecodeRequest(core.Incoming{Body: []byte(`{"messages":[]}`), Model: novaLite, Stream: true})
	if err != nil || r.Model != novaLite || !r.Stream {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestCountBodies(t *testing.T) {
	t.Parallel()
	got, err := CountMessagesBody([]byte(`{"model":"m","messages":[{"role":"user","content":"Hello"}],"stream":true}`))
	if err != nil {
		t.Fatal(err)
	}
	inner, err := base64.StdEncoding.DecodeString(jsonvalue.Unquote(jsonvalue.Lookup(got, "input", "invokeModel", "body")))
	want := `{"messages":[{"role":"user","content":"Hello"}],"anthropic_version":"bedrock-2023-05-31","max_tokens":10}`
	if err != nil || string(inner) != want {
		t.Errorf("got %s (%v), want %s", inner, err, want)
	}
	got, err = CountMessagesBody([]byte(`{"max_tokens":0,"anthropic_version":"2023-06-01"}`))
	inner, _ = base64.StdEncoding.DecodeString(jsonvalue.Unquote(jsonvalue.Lookup(got, "input", "invokeModel", "body")))
	if want = `{"max_tokens":0,"anthropic_version":"bedrock-2023-05-31"}`; err != nil || string(inner) != want {
		t.Errorf("got %s (%v), want %s", inner, err, want)
	}
	got, err = CountBody([]byte(`{"inferenceConfig":{"maxTokens":1},"messages":[1.50],"system":[],"guardrailConfig":{},"toolConfig":{}}`))
	if want := `{"input":{"converse":{"messages":[1.50],"system":[],"toolConfig":{}}}}`; err != nil || string(got) != want {
		t.Errorf("got %s (%v), want %s", got, err, want)
	}
	for _, bad := range []string{``, `[]`, `{"a":`} {
		if got, err := CountBody([]byte(bad)); err == nil {
			t.Errorf("%q gives %s", bad, got)
		}
		if got, err := CountMessagesBody([]byte(bad)); err == nil {
			t.Errorf("%q gives %s", bad, got)
		}
	}
}

func TestDecodeCount(t *testing.T) {
	t.Parallel()
	if n, err := DecodeCount([]byte(`{"inputTokens":14,"x":1}`)); n != 14 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	for _, bad := range []string{``, `{}`, `{"inputTokens":"14"}`, `nope`} {
		if n, err := DecodeCount([]byte(bad)); err == nil {
			t.Errorf("%q gives %d", bad, n)
		}
	}
}
