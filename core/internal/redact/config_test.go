package redact

import (
	"slices"
	"strings"
	"testing"
)

func TestConfigsAreKeptWithoutTheirKeys(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, config, clean, secret string }{
		{"a key", `{"provider":"openai","api_key":"sk-1234567"}`, `{"provider":"openai","api_key":"***"}`, "sk-1234567"},
		{"deep", `{"targets":[{"api_key":"sk-7654321","weight":1}]}`, `{"targets":[{"api_key":"***","weight":1}]}`, "sk-7654321"},
		{"no JSON", `{"api_key":"sk-1234567"`, "***", ""},
		{"an id", "pc-config-1", "pc-config-1", ""},
		{"a host with a password", `{"custom_host":"https://me:pass@host/v1?key=abcdefgh&a=b"}`, `{"custom_host":"https://***@host/v1?key=***&a=b"}`, ""},
	}
	for range 2 { // from memory the second time
		for _, tt := range tests {
			c := ConfigOf(tt.config)
			if c.Clean != tt.clean || tt.secret != "" && !slices.Contains(c.Secrets, tt.secret) {
				t.Errorf("%s: %q with %d secrets", tt.name, c.Clean, len(c.Secrets))
			}
		}
	}
}

func TestALongConfigIsJudgedAsAShortOne(t *testing.T) {
	t.Parallel()
	value := `{"api_key":"sk-1234567","metadata":"` + strings.Repeat("x", maxConfig) + `"}`
	if c := ConfigOf(value); strings.Contains(c.Clean, "sk-1234567") || !slices.Contains(c.Secrets, "sk-1234567") {
		t.Errorf("the key is kept, or not known: %d secrets", len(c.Secrets))
	}
}
