package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"sluice/core/gateway"
	"sluice/core/internal/json"
)

// claudeCode is a turn in the form in which Claude Code sends them: a system
// prompt in blocks with marks, many tools, thinking, a failed result and a
// reminder behind it.
func claudeCode(tools int) string {
	var b strings.Builder
	b.WriteString(`{"model":"claude-sonnet-4-5","max_tokens":32000,"stream":false,"metadata":{"user_id":"user_1_account__session_2"},` +
		`"system":[{"type":"text","text":"x-anthropic-billing-header: cc_version=2; cch=1;"},{"type":"text","text":"You are Claude Code.","cache_control":{"type":"ephemeral"}},{"type":"text","text":"# Environment","cache_control":{"type":"ephemeral"}}],` +
		`"messages":[{"role":"user","content":[{"type":"text","text":"<system-reminder>a</system-reminder>"},{"type":"text","text":"fix it"}]},` +
		`{"role":"assistant","content":[{"type":"text","text":"Reading."},{"type":"tool_use","id":"toolu_1","name":"tool_7","input":{"file_path":"/a","offset":0}},{"type":"tool_use","id":"toolu_2","name":"tool_8","input":{}}]},` +
		`{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"no such file","is_error":true},{"type":"tool_result","tool_use_id":"toolu_2","content":[{"type":"text","text":"done"}]},{"type":"text","text":"go on","cache_control":{"type":"ephemeral"}}]}],"tools":[`)
	for i := range tools {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"name":"tool_%d","description":"Does \u003cthing\u003e %d.","input_schema":{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"file_path":{"type":"string","description":"where"},"offset":{"type":"number"},"edits":{"type":"array","items":{"type":"object","properties":{"old":{"type":"string"}},"required":["old"],"additionalProperties":false}}},"required":["file_path"],"additionalProperties":false}}`, i, i)
	}
	return b.String() + `]}`
}

func TestTheWholeRequestOfClaudeCodeArrives(t *testing.T) {
	t.Parallel()
	const tools = 130
	var sent []byte
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		sent, _ = io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasSuffix(r.URL.Path, "/converse"):
			write(w, `{"output":{"message":{"role":"assistant","content":[{"text":"ok"}]}},"stopReason":"end_turn","usage":{"inputTokens":10,"outputTokens":5,"totalTokens":15}}`)
		case strings.Contains(r.URL.Path, ":generateContent"):
			write(w, `{"candidates":[{"content":{"role":"model","parts":[{"text":"ok"}]},"finishReason":"STOP"}]}`)
		default:
			write(w, wholeChat)
		}
	})
	tests := []struct {
		provider, tools string // where the tools stand
		schema          []string
		texts           []string // in the body, in this order
	}{
		{"openai", "tools", []string{"129", "function", "parameters"},
			[]string{"You are Claude Code.", "# Environment", "fix it", "Reading.", `"tool_7"`, `"toolu_1","content":"`, "no such file", "done", "go on"}},
		{"bedrock", "toolConfig.tools", []string{"129", "toolSpec", "inputSchema", "json"},
			[]string{"You are Claude Code.", `"cachePoint"`, "# Environment", `"cachePoint"`, "fix it", "Reading.", `"tool_7"`, "no such file", `"status":"error"`, "done", "go on", `"cachePoint"`}},
		{"google", "tools.0.functionDeclarations", nil,
			[]string{"You are Claude Code.", "# Environment", "fix it", "Reading.", `"tool_7"`, `"error":"no such file"`, "done", "go on"}},
	}
	for _, tt := range tests {
		status, body := post(t, front, "/v1/messages?beta=true", claudeCode(tools), map[string]string{
			"X-Portkey-Provider": tt.provider, "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k", "Anthropic-Version": "2023-06-01",
			"Anthropic-Beta": "claude-code-20250219,interleaved-thinking-2025-05-14", "X-Portkey-Aws-Region": "us-east-1",
			"X-Portkey-Aws-Access-Key-Id": "AKIDEXAMPLE", "X-Portkey-Aws-Secret-Access-Key": "secret",
		})
		if status != http.StatusOK || !strings.Contains(body, `"ok"`) && !strings.Contains(body, "Hello") {
			t.Errorf("%s: %d %s", tt.provider, status, body)
			continue
		}
		declared := json.Lookup(sent, strings.Split(tt.tools, ".")...)
		if es, err := json.Elements(declared); err != nil || len(es) < tools {
			t.Errorf("%s: %d tools arrive of %d (%v)", tt.provider, len(es), tools, err)
		}
		if tt.schema != nil {
			got := json.Lookup(declared, append(tt.schema, "properties", "edits", "items", "additionalProperties")...)
			if string(got) != "false" {
				t.Errorf("%s: the schema of the last tool: %s", tt.provider, json.Lookup(declared, tt.schema...))
			}
		}
		inOrder(t, tt.provider, string(sent), tt.texts)
		if strings.Contains(string(sent), "billing-header") {
			t.Errorf("%s: the billing line is sent", tt.provider)
		}
	}
}

// inOrder checks that texts stand in a body one behind the other.
func inOrder(t *testing.T, name, body string, texts []string) {
	t.Helper()
	rest := body
	for _, s := range texts {
		_, after, ok := strings.Cut(rest, s)
		if !ok {
			t.Errorf("%s: %q is missing, or not in its place, in\n%.4000s", name, s, body)
			return
		}
		rest = after
	}
}
