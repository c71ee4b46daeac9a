package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"sluice/core/gateway"
	"sluice/core/price"
	"sluice/core/upstream/awsx"
	"sluice/core/usage"
)

// messagesStreamOf is a stream of Anthropic's with the usage of its start and
// of its end.
func messagesStreamOf(start, end string) string {
	return `event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":` + start + `}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":` + end + `}

event: message_stop
data: {"type":"message_stop"}

`
}

func TestTheEndOfAStreamReplacesWhatItsStartSaid(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, start, end string
		want             usage.Tokens
	}{
		{"all said again", `{"input_tokens":12000,"output_tokens":1}`, `{"input_tokens":300,"cache_read_input_tokens":11700,"output_tokens":50}`,
			usage.Tokens{Input: 300, CacheRead: 11700, Output: 50}},
		{"the truth at the start", `{"input_tokens":300,"cache_read_input_tokens":11700,"cache_creation_input_tokens":40,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":40},"output_tokens":1}`, `{"output_tokens":50}`,
			usage.Tokens{Input: 300, CacheRead: 11700, CacheWrite1h: 40, Output: 50}},
		{"the truth at the end", `{"input_tokens":0,"output_tokens":0}`, `{"input_tokens":300,"cache_read_input_tokens":11700,"output_tokens":50}`,
			usage.Tokens{Input: 300, CacheRead: 11700, Output: 50}},
		{"the same twice", `{"input_tokens":300,"output_tokens":50}`, `{"input_tokens":300,"output_tokens":50}`, usage.Tokens{Input: 300, Output: 50}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := &books{}
			front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}}, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				write(w, messagesStreamOf(tt.start, tt.end))
			})
			for _, path := range bothRoutes {
				status, body := post(t, front, path, `{"model":"claude-sonnet-4-5","stream":true,"max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}`,
					map[string]string{"X-Portkey-Provider": "anthropic", "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k"})
				if r := b.next(t); status != http.StatusOK || r.Usage == nil || *r.Usage != tt.want {
					t.Errorf("%s: %d %s\n%+v, want %+v", path, status, body, r.Usage, tt.want)
				}
			}
		})
	}
}

func TestUsageIsFoundAtTheEndOfALongAnswer(t *testing.T) {
	t.Parallel()
	const words = 1 << 16
	long := strings.Repeat(`a long \"usage\" of words `, words)
	b := &books{}
	front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}}, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if !strings.Contains(string(body), `"stream":true`) {
			w.Header().Set("Content-Type", "application/json")
			write(w, strings.Replace(wholeChat, "Hello!", long, 1))
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		for range 64 {
			write(w, strings.Replace(chunk("X"), "X", long[:len(long)/64/26*26], 1))
		}
		write(w, strings.Replace(chatEnd, "data: [DONE]", `data: {"id":"c","choices":[],"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18}}`+"\n\ndata: [DONE]", 1))
	})
	for path, body := range forms(bothRoutes...) {
		status, answer := post(t, front, path, body, map[string]string{"X-Portkey-Provider": "openai", "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k"})
		if status != http.StatusOK || len(answer) < len(long)/2 {
			t.Fatalf("%s %s: %d, %d bytes", path, body, status, len(answer))
		}
		if u := b.next(t).Usage; u == nil || u.Input != 11 || u.Output != 7 || u.Estimated {
			t.Errorf("%s %s: %+v", path, body, u)
		}
	}
}

func TestTheModelThatAnsweredIsBilledOnce(t *testing.T) {
	t.Parallel()
	b := &books{}
	calls := 0
	good := (&paid{provider: "azure-openai", served: "gpt-4o-2024-08-06", usage: reported}).answer(t)
	front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}}, func(w http.ResponseWriter, r *http.Request) {
		calls++
		if strings.HasPrefix(r.URL.Path, "/a/") {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusInternalServerError)
			write(w, `{"error":{"message":"broken"},"usage":{"prompt_tokens":1000000,"completion_tokens":1000000}}`)
			return
		}
		good(w, r)
	})
	config := fmt.Sprintf(`{"strategy":{"mode":"fallback"},"targets":[`+
		`{"provider":"openai","api_key":"k","custom_host":"%[1]s/a","override_params":{"model":"gpt-4.1"}},`+
		`{"provider":"azure-openai","api_key":"k","custom_host":"%[1]s/b","override_params":{"model":"prod-chat"}}]}`, up.URL)
	for path, body := range forms(bothRoutes...) {
		status, answer := post(t, front, path, body, map[string]string{"X-Portkey-Config": config})
		r := b.next(t)
		// 36×2.50 + 64×1.25 + 9×10 = 260 µ$, for gpt-4o: what the deployment runs
		if status != http.StatusOK || r.Provider != "azure-openai" || r.Model != "prod-chat" || r.Asked != "m" || r.Cost.String() != "0.00026" ||
			len(r.Attempts) != 2 || r.Attempts[0].Model != "gpt-4.1" || r.Attempts[1].Model != "prod-chat" {
			t.Errorf("%s %s: %d %s\n%+v %v", path, body, status, answer, r, r.Cost)
		}
	}
	if len(b.rows) > 0 || calls != 8 {
		t.Errorf("%d records too many, %d calls", len(b.rows), calls)
	}
}

func TestWhatCostsNothingIsNotBilled(t *testing.T) {
	t.Parallel()
	b := &books{}
	front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "/count_tokens") {
			write(w, `{"input_tokens":123456}`)
			return
		}
		write(w, `{"object":"list","data":[{"id":"gpt-4o"}],"usage":{"prompt_tokens":1000000,"total_tokens":1000000}}`)
	})
	for _, tt := range []struct{ method, path, provider, body string }{
		{http.MethodPost, "/v1/messages/count_tokens", "anthropic", `{"model":"claude-opus-4-6","messages":[{"role":"user","content":"Hi"}]}`},
		{http.MethodGet, "/v1/models", "openai", ""},
	} {
		req, err := http.NewRequestWithContext(t.Context(), tt.method, front.URL+tt.path, strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = http.Header{"X-Portkey-Provider": {tt.provider}, "X-Portkey-Custom-Host": {up.URL}, "Authorization": {"Bearer k"}}
		resp, err := front.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		answer, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if r := b.next(t); resp.StatusCode != http.StatusOK || r.Cost != nil || resp.Header.Get("X-Sluice-Cost") != "" {
			t.Errorf("%s: %d %s, header %q, cost %v", tt.path, resp.StatusCode, answer, resp.Header.Get("X-Sluice-Cost"), r.Cost)
		}
	}
}

// priced is the built-in table with prices of our own.
func priced(t *testing.T, overrides string) *price.Table {
	t.Helper()
	o, err := price.ParseOverrides([]byte(overrides))
	if err != nil {
		t.Fatal(err)
	}
	table, err := price.Default().With(o)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

const applicationProfile = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc"

func TestBedrockIsBilledByRegionAndByDeclaredModel(t *testing.T) {
	t.Parallel()
	prices := priced(t, `{"version":"ours","providers":{"bedrock":{
		"ours.regional":{"input":1,"output":1,"tiers":[{"regions":"eu-west-1","input":2,"output":2},{"regions":"eu-north-1","input":3,"output":3}]},
		"`+applicationProfile+`":{"like":"eu.anthropic.claude-sonnet-4-5-20250929-v1:0"}}}}`)
	tests := []struct{ name, model, region, processRegion, want string }{
		{"no region is us-east-1", "ours.regional", "", "", "0.002"},
		{"the target's region", "ours.regional", "eu-west-1", "eu-north-1", "0.004"},
		{"the process's region", "ours.regional", "", "eu-north-1", "0.006"},
		{"a geography before the name", "apac.ours.regional", "eu-west-1", "", "0.004"},
		{"a declared profile", applicationProfile, "", "", "0.0198"}, // 1.1 × (1000×3 + 1000×15) µ$
		{"a profile that nobody has declared", applicationProfile + "d", "", "", "unknown: no price"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := &books{}
			row := paid{provider: "bedrock", usage: `{"inputTokens":1000,"outputTokens":1000,"totalTokens":2000}`}
			front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}, Prices: prices, Bedrock: awsx.Config{DefaultRegion: tt.processRegion}}, row.answer(t))
			for path, body := range forms(bothRoutes...) {
				headers := map[string]string{
					"X-Portkey-Provider": "bedrock", "X-Portkey-Custom-Host": up.URL, "X-Portkey-Aws-Access-Key-Id": "AKIDEXAMPLE", "X-Portkey-Aws-Secret-Access-Key": "secret",
				}
				if tt.region != "" {
					headers["X-Portkey-Aws-Region"] = tt.region
				}
				status, answer := post(t, front, path, strings.Replace(body, `"model":"m"`, fmt.Sprintf(`"model":%q`, tt.model), 1), headers)
				if r := b.next(t); status != http.StatusOK || r.Cost.String() != tt.want {
					t.Errorf("%s %s: %d %s, cost %s, want %s", path, body, status, answer, r.Cost, tt.want)
				}
			}
		})
	}
}
