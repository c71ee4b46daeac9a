package metrics

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/llm"
	"sluice/core/price"
	"sluice/core/usage"
)

// scrape reads the text format, strictly, as name{labels} → value.
//
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details
func scrape(t *testing.T, h http.Handler) map[string]float64 {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/plain; version=0.0.4; charset=utf-8" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	return parseText(t, w.Body.String())
}

var sampleRE = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)+)\})? (-?[0-9.]+)$`)

func parseText(t *testing.T, text string) map[string]float64 {
	t.Helper()
	if !strings.HasSuffix(text, "\n") {
		t.Error("the last line has no end")
	}
	samples, types, current := map[string]float64{}, map[string]string{}, ""
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") {
			f := strings.SplitN(line, " ", 4)
			if current = f[2]; f[1] == "TYPE" {
				if types[current] != "" {
					t.Errorf("two types of %s", current)
				}
				types[current] = f[3]
			}
			continue
		}
		m := sampleRE.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("no sample: %s", line)
		}
		base := m[1]
		if types[current] == "histogram" {
			base = regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(base, "")
		}
		if base != current || types[current] == "" {
			t.Errorf("%s stands among %s", m[1], current)
		}
		v, err := strconv.ParseFloat(m[3], 64)
		key := m[1] + "{" + m[2] + "}"
		if _, twice := samples[key]; err != nil || twice {
			t.Errorf("%s: %v, or there twice", line, err)
		}
		samples[key] = v
	}
	return samples
}

func sink(t *testing.T, s usage.Sink, records ...*usage.Record) {
	t.Helper()
	for _, r := range records {
		if err := s.Write(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMetricsSayWhatHappened(t *testing.T) {
	t.Parallel()
	p := NewPrometheus("1.2.3")
	lost := int64(7)
	p.Count("sluice.export.failures", "Traces that did not reach the collector.", func() int64 { return lost })
	broken, unpriced := streamed(), streamed()
	broken.Broken, broken.Left, broken.Error, broken.Usage, broken.Cost, broken.Attempts = true, true, "truncated", nil, nil, broken.Attempts[:3]
	unpriced.Attempts, unpriced.Cost, unpriced.Stream, unpriced.Warm = nil, &usage.Cost{Gap: "unpriced model"}, false, false
	unpriced.Usage = &usage.Tokens{Input: 3, Output: 1, Estimated: true}
	sink(t, p, streamed(), hit(), refused(), broken, unpriced)
	got := scrape(t, p)
	const claude = `gen_ai_provider_name="aws.bedrock",gen_ai_request_model="claude"`
	const chat = `gen_ai_operation_name="chat",`
	want := map[string]float64{
		`gen_ai_client_token_usage_sum{` + chat + claude + `,gen_ai_token_type="input"}`:                                                      1000,
		`gen_ai_client_token_usage_bucket{` + chat + claude + `,gen_ai_token_type="input",le="256"}`:                                          0,
		`gen_ai_client_token_usage_bucket{` + chat + claude + `,gen_ai_token_type="input",le="1024"}`:                                         1,
		`gen_ai_client_token_usage_bucket{` + chat + claude + `,gen_ai_token_type="output",le="+Inf"}`:                                        1,
		`gen_ai_client_token_usage_count{` + chat + `gen_ai_provider_name="openai",gen_ai_request_model="gpt-4o",gen_ai_token_type="output"}`: 1,
		`gen_ai_client_operation_duration_seconds_sum{` + chat + claude + `}`:                                                                 5,
		`gen_ai_client_operation_duration_seconds_bucket{` + chat + claude + `,le="1.28"}`:                                                    0,
		`gen_ai_client_operation_duration_seconds_bucket{` + chat + claude + `,le="2.56"}`:                                                    2,
		`gen_ai_client_operation_duration_seconds_count{` + chat + claude + `,error_type="truncated"}`:                                        1,
		`gen_ai_server_time_to_first_token_seconds_count{` + chat + claude + `}`:                                                              1,
		`gen_ai_server_time_to_first_token_seconds_bucket{` + chat + claude + `,le="0.75"}`:                                                   0,
		`gen_ai_server_time_to_first_token_seconds_bucket{` + chat + claude + `,le="1"}`:                                                      1,
		`sluice_requests_total{gen_ai_operation_name="chat",gen_ai_provider_name="aws.bedrock",sluice_status_class="2xx"}`:                    3,
		`sluice_requests_total{gen_ai_operation_name="chat",sluice_status_class="4xx"}`:                                                       1,
		`sluice_cost_usd_total{` + claude + `}`:                                                                                               1.23456789,
		`sluice_cost_usd_total{gen_ai_provider_name="openai",gen_ai_request_model="gpt-4o"}`:                                                  0.000135,
		`sluice_unpriced_total{` + claude + `}`:                                                                                               1,
		`sluice_saved_usd_total{gen_ai_provider_name="openai",gen_ai_request_model="gpt-4o"}`:                                                 0.0000005,
		`sluice_cache_lookups_total{sluice_cache_result="miss"}`:                                                                              3,
		`sluice_cache_lookups_total{sluice_cache_result="semantic_hit"}`:                                                                      1,
		`sluice_guardrail_denials_total{sluice_guardrail_event="afterRequestHook"}`:                                                           3,
		`sluice_retries_total{gen_ai_provider_name="anthropic"}`:                                                                              2,
		`sluice_fallbacks_total{sluice_result="rescued"}`:                                                                                     1,
		`sluice_fallbacks_total{sluice_result="failed"}`:                                                                                      1,
		`sluice_broken_answers_total{gen_ai_provider_name="aws.bedrock"}`:                                                                     1,
		`sluice_clients_left_total{}`:                                 1,
		`sluice_requests_live{}`:                                      0,
		`sluice_export_failures_total{}`:                              7,
		`sluice_build_info{version="1.2.3",semconv="` + Schema + `"}`: 1,
	}
	for name, v := range want {
		if g, there := got[name]; !there || g != v {
			t.Errorf("%s is %v (there: %v), want %v", name, g, there, v)
		}
	}
	for name := range got {
		if strings.Contains(name, `operation_duration_seconds_count`) && strings.Contains(name, "openai") {
			t.Errorf("%s: the cache's answer, or a lost race, has a provider's duration", name)
		}
	}
}

// TestTheShareOfWarmTurnsThatACacheReadIsAMetric: PC-10. What a translation
// costs a provider's cache is seen as one quotient, by the client's dialect.
func TestTheShareOfWarmTurnsThatACacheReadIsAMetric(t *testing.T) {
	t.Parallel()
	p := NewPrometheus("v")
	cold, estimated := streamed(), streamed()
	cold.Warm, estimated.Usage.Estimated = false, true
	sink(t, p, streamed(), streamed(), cold, estimated, hit())
	got := scrape(t, p)
	var read, all float64
	for name, v := range got {
		if strings.HasPrefix(name, `sluice_warm_turn_prompt_tokens_total{sluice_dialect="anthropic",gen_ai_provider_name="aws.bedrock",gen_ai_request_model="claude"`) {
			if all += v; strings.Contains(name, `sluice_source="cache_read"`) {
				read = v
			}
		}
	}
	if read != 1600 || all != 2000 {
		t.Errorf("%v of %v, want 1600 of 2000", read, all)
	}
}

// TestLabelsAreBounded: OP-05. Whatever clients send, a metric has no more
// series than it may have, no label is of a client's choice, and the sums are
// right all the same.
func TestLabelsAreBounded(t *testing.T) {
	t.Parallel()
	p := NewPrometheus("v")
	const n = 3000
	for i := range n {
		id := fmt.Sprint("made-up-", i)
		r := streamed()
		r.Model, r.Provider, r.Key, r.User, r.Workspace, r.Asked = id, id, id, id, id, id
		r.Operation, r.Dialect, r.Error = llm.Operation(id), llm.Dialect(id), id
		r.Metadata, r.Cache, r.Status = map[string]string{id: id}, core.CacheStatus(id), 200+i%400
		r.Guards, r.Attempts, r.Saved = []usage.Guard{{Event: id, Deny: true}}, r.Attempts[:2], &usage.Cost{Nano: 1}
		r.Attempts[0].Provider, r.Attempts[1].Provider = id, id
		sink(t, p, r)
	}
	got := scrape(t, p)
	series, cost := map[string]int{}, price.Nano(0)
	for name, v := range got {
		base, labels, _ := strings.Cut(name, "{")
		if strings.HasPrefix(base, "sluice_cost_usd") {
			cost += price.Nano(v*1e9 + 0.5)
		}
		series[base+regexp.MustCompile(`le="[^"]*"`).FindString(labels)]++
	}
	for name, count := range series {
		if count > maxSeries {
			t.Errorf("%d series of %s", count, name)
		}
	}
	if want := price.Nano(n * 1_234_567_890); cost != want {
		t.Errorf("the costs add up to %s, want %s", cost, want)
	}
	for _, f := range p.families {
		for _, l := range f.labels {
			if !slices.Contains([]string{"gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model", "gen_ai_token_type", "error_type", "sluice_status_class",
				"sluice_dialect", "sluice_cache_result", "sluice_guardrail_event", "sluice_result", "sluice_source", "version", "semconv"}, l) {
				t.Errorf("%s has the label %s", f.name, l)
			}
		}
	}
}

func TestModelsThatNobodyHasTakeNoLabel(t *testing.T) {
	t.Parallel()
	p := NewPrometheus("v")
	for i := range 2 * maxModels {
		r := refused()
		r.Provider, r.Model, r.Status = "openai", fmt.Sprint("made-up-", i), 404
		sink(t, p, r)
	}
	long := streamed()
	long.Model = strings.Repeat("m", maxModelName+1)
	sink(t, p, streamed(), long)
	got := scrape(t, p)
	const of = `gen_ai_client_operation_duration_seconds_count{gen_ai_operation_name="chat",gen_ai_provider_name=`
	for name, want := range map[string]float64{
		of + `"openai",gen_ai_request_model="other",error_type="unauthenticated"}`: 2 * maxModels,
		of + `"aws.bedrock",gen_ai_request_model="claude"}`:                        1,
		of + `"aws.bedrock",gen_ai_request_model="other"}`:                         1,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
}

func TestLabelsAreEscaped(t *testing.T) {
	t.Parallel()
	p := NewPrometheus("a\"b\\c\nd\xff")
	if got := scrape(t, p); got[`sluice_build_info{version="a\"b\\c\nd`+"\uFFFD"+`",semconv="`+Schema+`"}`] != 1 {
		t.Errorf("got %v", got)
	}
}

func TestRequestsAreLiveUntilTheyAreAnswered(t *testing.T) {
	t.Parallel()
	p := NewPrometheus("v")
	var during float64
	h := p.Live(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		during = scrape(t, p)["sluice_requests_live{}"]
		panic(http.ErrAbortHandler)
	}))
	func() {
		defer func() { _ = recover() }()
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", nil))
	}()
	if after := scrape(t, p)["sluice_requests_live{}"]; during != 1 || after != 0 {
		t.Errorf("%v during, %v after", during, after)
	}
}

func TestMetricsAreReadOnly(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	NewPrometheus("v").ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/metrics", nil))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestDecimalsAreExact(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		n, per int64
		want   string
	}{{0, 1, "0"}, {7, 1, "7"}, {1_500_000, micros, "1.5"}, {1, nanos, "0.000000001"}, {9_007_199_254_740_993, nanos, "9007199.254740993"}, {-1, nanos, "-0.000000001"}} {
		if got := decimal(tt.n, tt.per); got != tt.want {
			t.Errorf("%d ÷ %d is %s, want %s", tt.n, tt.per, got, tt.want)
		}
	}
}
