package redact

import (
	"fmt"
	"slices"
	"strings"
	"sync"
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

func TestFewConfigsAreRemembered(t *testing.T) {
	t.Parallel()
	var c configs
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for n := range 2 * maxJudged {
				value := fmt.Sprint(worker, " ", n)
				c.keep(value, &Config{Clean: value})
				if got := c.find(value); got != nil && got.Clean != value {
					t.Errorf("%q is taken for %q", value, got.Clean)
				}
			}
		})
	}
	wg.Wait()
	if len(c.known) > maxJudged {
		t.Errorf("%d are remembered", len(c.known))
	}
	long := strings.Repeat("x", maxConfig+1)
	if c.keep(long, &Config{}); c.find(long) != nil {
		t.Error("a long one is remembered")
	}
}
