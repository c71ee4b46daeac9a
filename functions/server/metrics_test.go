package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

// scrapeConfig is what Prometheus reads of the example in the README.
//
// https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config
type scrapeConfig struct {
	Scrapes []struct {
		Job           string `yaml:"job_name"`
		Authorization struct {
			Credentials string `yaml:"credentials"`
		} `yaml:"authorization"`
		Static []struct {
			Targets []string `yaml:"targets"`
		} `yaml:"static_configs"`
	} `yaml:"scrape_configs"`
}

// metricsPage is the section of the README, and its example.
func metricsPage(t *testing.T) (page string, example scrapeConfig) {
	t.Helper()
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, page, ok := strings.Cut(string(b), "\n### Metrics and traces\n")
	page, _, _ = strings.Cut(page, "\n### ")
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(page)
	if !ok || block == nil {
		t.Fatal("the README has no example")
	}
	d := yaml.NewDecoder(strings.NewReader(block[1]))
	d.KnownFields(true)
	if err := d.Decode(&example); err != nil {
		t.Fatal(err)
	}
	return page, example
}

// scrape asks as Prometheus does.
func scrape(t *testing.T, url, credentials string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	if credentials != "" {
		req.Header.Set("Authorization", "Bearer "+credentials)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestPrometheusScrapesAsTheReadmeSays(t *testing.T) {
	t.Parallel()
	page, example := metricsPage(t)
	if len(example.Scrapes) != 1 || !slices.Equal(example.Scrapes[0].Static[0].Targets, []string{"localhost:8787"}) {
		t.Fatalf("the example is %+v", example)
	}
	key := example.Scrapes[0].Authorization.Credentials
	collector := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(collector.Close)
	url, _, _ := start(t, map[string]string{"SLUICE_KEY": key, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL})
	headers := map[string]string{"X-Portkey-Provider": "echo", "X-Portkey-Api-Key": key}
	turns := strings.Replace(hello, `{"role":"user","content":"hi"}`, `{"role":"user","content":"hi"},{"role":"assistant","content":"hi"},{"role":"user","content":"hi"}`, 1)
	if status, body := post(t, url+"/v1/chat/completions", turns, headers); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	var text string
	for range 500 { // records are written when the answer has gone out
		var status int
		if status, text = scrape(t, url, key); status != http.StatusOK {
			t.Fatalf("%d %s", status, text)
		}
		if strings.Contains(text, "sluice_requests_total{") {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	for _, want := range []string{
		"\nsluice_requests_total{gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"echo\",sluice_status_class=\"2xx\"} 1\n",
		"\nsluice_requests_live 1\n", // the scrape
		"\ngen_ai_server_time_to_first_token_seconds_count{gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"echo\",gen_ai_request_model=\"echo\"} 1\n",
		"\nsluice_warm_turn_prompt_tokens_total{sluice_dialect=\"openai-chat\",",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for _, name := range regexp.MustCompile(`(?:gen_ai|sluice)_[a-z_]+[a-z]`).FindAllString(page, -1) {
		if !strings.Contains(text, name) {
			t.Errorf("the README names %s, which is nowhere", name)
		}
	}
}

func TestMetricsAreForWhoHasAKey(t *testing.T) {
	t.Parallel()
	url, _, _ := start(t, map[string]string{"SLUICE_KEY": "the-gateways-key"})
	for _, credentials := range []string{"", "another-key"} {
		if status, body := scrape(t, url, credentials); status != http.StatusUnauthorized || !strings.HasPrefix(body, `{"error":{`) {
			t.Errorf("with %q: %d %s", credentials, status, body)
		}
	}
	open, _, _ := start(t, nil)
	if status, body := scrape(t, open, ""); status != http.StatusOK || !strings.Contains(body, "sluice_build_info{") {
		t.Errorf("without a key on loopback: %d %s", status, body)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, open+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "evil.example" // that was made to resolve here
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("a page of another site got %d", resp.StatusCode)
	}
}

// TestTheServerTellsACollector: a request is a trace below its client's, and
// what the provider is sent, the span of the attempt.
func TestTheServerTellsACollector(t *testing.T) {
	t.Parallel()
	traces, sent := make(chan string, 1), make(chan string, 1)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		traces <- string(b)
	}))
	t.Cleanup(collector.Close)
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent <- r.Header.Get("Traceparent")
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hi."},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":4,"total_tokens":9}}`)
	}))
	t.Cleanup(up.Close)
	url, _, _ := start(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL})
	const trace, above = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	status, body := post(t, url+"/v1/chat/completions", `{"model":"m","messages":[{"role":"user","content":"A question."}]}`, map[string]string{
		"X-Portkey-Provider": "groq", "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k", "Traceparent": "00-" + trace + "-" + above + "-01",
	})
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	told := <-traces
	parts := strings.Split(<-sent, "-")
	for _, want := range []string{
		`{"traceId":"` + trace + `"`, `"parentSpanId":"` + above + `","name":"chat m","kind":2,`, `"spanId":"` + parts[2] + `"`, `"name":"chat m","kind":3,`,
		`{"key":"gen_ai.provider.name","value":{"stringValue":"groq"}}`, `{"key":"gen_ai.usage.input_tokens","value":{"intValue":"5"}}`,
	} {
		if !strings.Contains(told, want) {
			t.Errorf("no %s in %s", want, told)
		}
	}
	if parts[1] != trace || strings.Contains(told, "question") || strings.Contains(told, "Hi.") {
		t.Errorf("the provider was sent %q; the collector %s", parts, told)
	}
	if status, text := scrape(t, url, ""); status != http.StatusOK || !strings.Contains(text, "\nsluice_export_failures_total 0\n") {
		t.Errorf("%d %s", status, text)
	}
}
