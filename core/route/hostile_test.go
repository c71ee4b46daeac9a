package route

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"sluice/core/internal/worktest"
	"sluice/core/provider"
)

// Configs come from clients. None may take much more memory or time than its
// own length accounts for, neither when it is compiled nor for each request.
func TestAHostileConfigTakesLittleMemory(t *testing.T) {
	list := func(n int, form string) string {
		items := make([]string, n)
		for i := range items {
			items[i] = fmt.Sprintf(form, i)
		}
		return strings.Join(items, ",")
	}
	long := strings.Repeat("x", 20_000)
	tests := map[string]string{
		"aliases by overrides by targets": `{"override_params":{"user":"` + long + `"},"model_aliases":{` + list(1000, `"%d":"m"`) + `},
			"strategy":{"mode":"fallback"},"targets":[` + list(100, `{"provider":"openai","weight":%d}`) + `]}`,
		"overrides at each target": `{"override_params":{"user":"` + long + `"},
			"strategy":{"mode":"fallback"},"targets":[` + strings.TrimSuffix(strings.Repeat(
			`{"strategy":{"mode":"fallback"},"targets":[`+list(10, `{"provider":"openai","override_params":{"n":%d}}`)+`]},`, 100), ",") + `]}`,
		"members that nobody knows": `{` + list(5000, `"a%d":1`) + `,
			"strategy":{"mode":"fallback"},"targets":[` + list(100, `{"provider":"openai","b":%d}`) + `]}`,
		"expressions that repeat": `{"strategy":{"mode":"conditional","conditions":[` + list(60, `{"query":{"metadata.a":{"$regex":"%d`+strings.Repeat(".{999}", 100)+`"}},"then":"a"}`) + `]},
			"targets":[{"name":"a","provider":"openai"}]}`,
	}
	for name, config := range tests {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := NewRouter(played{}.env()).Handler(config, "")
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 32<<20 {
			t.Errorf("%s: %d KB of config took %d MB; %.80v", name, len(config)>>10, used>>20, err)
		}
	}
}

func TestAHostileConditionTakesLittleTime(t *testing.T) {
	many := func(n int, query string) string {
		items := make([]string, n)
		for i := range items {
			items[i] = strings.ReplaceAll(query, "#", fmt.Sprint(i))
		}
		return `{"strategy":{"mode":"conditional","conditions":[{"query":{"$or":[` + strings.Join(items, ",") + `]},"then":"a"}],"default":"a"},
			"targets":[{"name":"a","provider":"openai","custom_host":"https://a.example/v1"}]}`
	}
	body := `{"model":"m","messages":[` + strings.Repeat(`{"role":"user","content":"`+strings.Repeat("x", 1000)+`"},`, 10_000) + `{"role":"user","content":"` + strings.Repeat("y", 60_000) + `"}]}`
	children := make([]string, 100)
	for i := range children {
		children[i] = `{"strategy":{"mode":"conditional","conditions":[{"query":{"params.zz":1},"then":"b"}],"default":"b"},"targets":[{"name":"b","provider":"openai","custom_host":"https://b.example/v1"}]}`
	}
	tests := map[string]string{
		"conditions in many places": `{"strategy":{"mode":"fallback"},"targets":[` + strings.Join(children, ",") + `]}`,
		"many names":                many(60_000, `{"params.a#":1}`),
		"deep in a long body":       many(2_000, `{"params.messages.10001.#":1}`),
		"expressions that repeat":   many(10, `{"params.messages.10000.content":{"$regex":"#`+strings.Repeat("y{0,900}", 3)+`$z"}}`),
	}
	for name, config := range tests {
		took := worktest.CPU(func() { compileAndAsk(t, config, played{"a": {}, "b": {status: 500}}, body) })
		if took > 5*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
}

// compileAndAsk sends a request through a config, unless it is refused.
func compileAndAsk(t *testing.T, config string, hosts played, body string) {
	t.Helper()
	h, err := NewRouter(hosts.env()).Handler(config, "")
	if err != nil {
		t.Logf("refused: %.80v", err)
		return
	}
	c := chatCall("")
	c.Body, c.Header = []byte(body), http.Header{}
	said(h.Handle(t.Context(), c))
}

func TestHostileParametersTakeLittleTime(t *testing.T) {
	list := func(n int, form string) string {
		items := make([]string, n)
		for i := range items {
			items[i] = strings.ReplaceAll(form, "#", fmt.Sprint(i))
		}
		return strings.Join(items, ",")
	}
	body := `{"model":"m",` + list(100_000, `"p#":1`) + `}`
	tests := map[string]string{
		"drops":     `"drop_params":[` + list(20_000, `"messages[*].#.x"`) + `]`,
		"defaults":  `"default_params":{` + list(20_000, `"a#":1`) + `}`,
		"overrides": `"override_params":{` + list(20_000, `"a#":1`) + `}`,
		"aliases":   `"model_aliases":{` + list(20_000, `"a*#":"b"`) + `},"strategy":{"mode":"fallback"},"targets":[` + list(100, `{"provider":"openai","weight":#}`) + `]`,
	}
	for name, members := range tests {
		config := `{"provider":"openai","custom_host":"https://a.example/v1",` + members + `}`
		took := worktest.CPU(func() { compileAndAsk(t, config, played{"a": {status: 500}}, body) })
		if took > 2*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
}

func TestAPassthroughTargetForgetsProviders(t *testing.T) {
	target := &passthrough{config: &Config{Path: "config"}, env: played{}.env()}
	for range 2 {
		for _, id := range provider.IDs() {
			c := chatCall("")
			c.Header.Set("X-Portkey-Provider", id)
			if l, _ := target.asked(c); l == nil || l.spec.ID != id {
				t.Fatalf("%s is not asked", id)
			}
			if len(target.leaves) > maxLeaves {
				t.Fatalf("%d providers are remembered", len(target.leaves))
			}
		}
	}
}
