package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core/internal/json"
	"sluice/core/logs"
)

// busy is a plane after some requests of two workspaces: of the first, three to
// echo, of which one fails, and two that were made elsewhere and cost something.
func busy(t *testing.T) *plane {
	p := newPlane(t)
	p.chat("X-Portkey-Trace-Id", "trace-1", "X-Portkey-Metadata", `{"team":"red","_user":"ann"}`)
	p.chat("X-Portkey-Metadata", `{"team":"blue","_user":"bob"}`)
	p.do(http.MethodPost, "/v1/chat/completions", strings.Replace(hello, `"hi"`, `"fail 429"`, 1), "X-Portkey-Provider", "echo", "X-Portkey-Metadata", `{"_user":"ann"}`)
	p.ok(http.MethodPost, "/v1/logs", "["+inserted+","+inserted+"]")
	p.chat("X-Portkey-Api-Key", "key-b")
	first := p.ok(http.MethodPost, "/v1/feedback", `[{"trace_id":"trace-1","value":10,"weight":0.5},{"trace_id":"unheard of","value":-2}]`)
	p.ok(http.MethodPut, "/v1/feedback/"+json.Unquote(json.Lookup(first, "feedback_ids", "0")), `{"value":4}`)
	return p
}

func TestAnalyticsTellWhatHappened(t *testing.T) {
	t.Parallel()
	p := busy(t)
	for name, want := range map[string]string{
		"requests": `{"total":5}`, "cost": `{"total":0.52,"avg":0.104}`, "users": `{"total":2}`, "users/requests": `{"total":3,"unique":2,"avg":1.5}`,
		"errors": `{"total":1}`, "errors/rate": `{"rate":20}`, "errors/stacks": `{"total":1}`, "errors/status-codes": `{"total_errors":1,"unique_error_codes":1}`,
		"requests/rescued": `{"retry":0,"fallback":0}`, "cache/hit-rate": `{"total":0,"rate":0}`, "cache/latency": `{}`,
		"feedbacks": `{"total":2}`, "feedbacks/scores": `{"total":2}`, "feedbacks/weighted": `{"avg":1}`, "feedbacks/ai-models": `{}`,
		"users-requests": `{"total":3,"unique":2,"avg":1.5}`, "errors-rate": `{"rate":20}`, "errors-stack": `{"total":1}`, "errors-status-code": `{"total_errors":1,"unique_error_codes":1}`,
		"requests-rescued": `{"retry":0,"fallback":0}`, "cache-hit-rate": `{"total":0,"rate":0}`, "cache-latency": `{}`, "feedbacks/score": `{"total":2}`,
	} {
		got := p.ok(http.MethodGet, "/v1/analytics/graphs/"+name+"?workspace_slug=ws-b", "")
		if string(json.Lookup(got, "summary")) != want || json.Unquote(json.Lookup(got, "object")) != "analytics-graph" || json.Lookup(got, "data_points").Kind() != '[' {
			t.Errorf("%s: %.300s, want the summary %s", name, got, want)
		}
	}
	for path, want := range map[string]string{
		"graphs/feedbacks/ai-models data_points": `[{"ai_model":"echo","total":1,"avg_weighted_feedback":4}]`,
		"graphs/errors/status-codes data_points": `[{"status_code":429,"count":1}]`,
		"graphs/feedbacks/scores data_points":    `[{"score":-2,"total":1},{"score":4,"total":1}]`,
		"groups/users data":                      `[{"user":"ann","requests":2,"cost":0,"object":"analytics-group"},{"user":"bob","requests":1,"cost":0,"object":"analytics-group"}]`,
		"groups/ai-models data":                  `[{"ai_model":"echo","requests":3,"object":"analytics-group"},{"ai_model":"gpt-4o","requests":2,"object":"analytics-group"}]`,
		"groups/ai-models total":                 `2`,
		"groups/metadata/team data/0/requests":   `3`, "groups/metadata/team data/0/metadata_value": `"red"`, "groups/metadata/team data/0/cost": `0.52`,
		"groups/metadata/team data/0/avg_weighted_feedback": `4`, "groups/metadata/team data/0/requests_with_feedback": `1`,
		"summary/cache summary/total_requests": `5`, "summary/cache summary/hits": `0`, "summary/cache object": `"analytics-summary"`,
	} {
		path, member, _ := strings.Cut(path, " ")
		got := p.ok(http.MethodGet, "/v1/analytics/"+path, "")
		if value := json.Lookup(got, strings.Split(member, "/")...); string(value) != want {
			t.Errorf("%s of %s: %s, want %s", member, path, value, want)
		}
	}
	if got := p.ok(http.MethodGet, "/v1/analytics/groups/ai-models?page_size=1&current_page=1", ""); string(json.Lookup(got, "total")) != "2" || json.Unquote(json.Lookup(got, "data", "0", "ai_model")) != "gpt-4o" || json.Lookup(got, "data", "1") != nil {
		t.Errorf("the second page: %s", got)
	}
}

// TestFeedbackOfAProcessThatDiedIsSummedUpByTheNext has some that was stored, and
// changed, by a process that came no further.
func TestFeedbackOfAProcessThatDiedIsSummedUpByTheNext(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	f, err := p.logs.AddFeedback(t.Context(), "ws-a", logs.Feedback{Trace: "t", Value: 5, Weight: 1})
	if err == nil {
		_, _, err = p.logs.ChangeFeedback(t.Context(), "ws-a", f.ID, logs.Feedback{Value: 1, Weight: 1})
	}
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		p.ok(http.MethodPost, "/v1/feedback", `{"trace_id":"t","value":10}`)
		got := p.ok(http.MethodGet, "/v1/analytics/graphs/feedbacks/scores", "")
		if want := fmt.Sprintf(`[{"score":1,"total":1},{"score":10,"total":%d}]`, n+1); string(json.Lookup(got, "data_points")) != want {
			t.Errorf("got %s, want %s", json.Lookup(got, "data_points"), want)
		}
	}
}

func TestAnalyticsAreFiltered(t *testing.T) {
	t.Parallel()
	p := busy(t)
	for query, want := range map[string]int{
		"ai_org=echo": 3, "ai_org=openai,echo": 5, "ai_model=gpt-4o": 2, "ai_org_model=openai__gpt-4o": 2, "ai_org_model=echo__gpt-4o": 0, "status_code=429": 1, "status_code=200,429": 5,
		"api_key_ids=id-a": 5, "api_key_ids=id-b": 0, "metadata=%7B%22team%22:%22red%22%7D": 3, "metadata=%7B%22_user%22:%22ann%22%7D": 2, "user=ann": 2,
		"user=ann&status_code=200": 1, "trace_id=trace-1": 1, "status_class=4xx": 1, "cost_min=0.2": 2, "total_units_min=1000&ai_org=openai": 2, "cache_status=HIT": 0,
		"time_of_generation_max=2026-01-01": 0, "unknown=1": 5,
	} {
		got := p.ok(http.MethodGet, "/v1/analytics/graphs/requests?"+query, "")
		if total := string(json.Lookup(got, "summary", "total")); total != fmt.Sprint(want) {
			t.Errorf("%s: %s requests, want %d", query, total, want)
		}
	}
	if got := p.ok(http.MethodGet, "/v1/analytics/graphs/cost?user=ann&team=x&trace_id=trace-1", ""); string(json.Lookup(got, "summary", "total")) != "0" {
		t.Errorf("got %s", got)
	}
	if got := p.ok(http.MethodGet, "/v1/analytics/groups/ai-models?trace_id=t-1", ""); string(json.Lookup(got, "data")) != `[{"ai_model":"gpt-4o","requests":2,"object":"analytics-group"}]` {
		t.Errorf("got %s", got)
	}
	if got := p.ok(http.MethodGet, "/v1/analytics/graphs/requests/rescued?trace_id=t-1", ""); string(json.Lookup(got, "summary")) != `{"retry":0,"fallback":0}` {
		t.Errorf("got %s", got)
	}
	p.refused(http.StatusBadRequest, "AB01", "configs", http.MethodGet, "/v1/analytics/graphs/cost?configs=pc-1", "")
	p.refused(http.StatusBadRequest, "AB01", "page_size", http.MethodGet, "/v1/analytics/groups/users?page_size=-1", "")
	p.refused(http.StatusBadRequest, "AB01", "", http.MethodGet, "/v1/analytics/graphs/cost?time_of_generation_min=2026-02-01&time_of_generation_max=2026-01-01", "")
	for _, path := range []string{"graphs/none", "groups/none", "graphs", "summary/none", "groups/metadata"} {
		p.refused(http.StatusNotFound, "AB08", "", http.MethodGet, "/v1/analytics/"+path, "")
	}
	got := p.ok(http.MethodGet, "/v1/analytics/graphs/requests", "", "X-Portkey-Api-Key", "key-b")
	if string(json.Lookup(got, "summary", "total")) != "1" {
		t.Errorf("the other workspace: %s", got)
	}
}

// What was rescued, and what was read from a provider's cache, is known under
// several filters as it is under none.
func TestSeveralFiltersTellAsMuchAsNone(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	config := `{"strategy":{"mode":"fallback"},"targets":[{"provider":"echo","override_params":{"messages":[{"role":"user","content":"fail 429"}]}},{"provider":"echo"}]}`
	p.ok(http.MethodPost, "/v1/chat/completions", hello, "X-Portkey-Config", config, "X-Portkey-Metadata", `{"team":"red","_user":"ann"}`)
	p.chat("X-Portkey-Metadata", `{"team":"blue","_user":"ann"}`)
	for _, name := range []string{"requests/rescued", "tokens", "cost", "latency"} {
		all := p.ok(http.MethodGet, "/v1/analytics/graphs/"+name, "")
		narrow := p.ok(http.MethodGet, "/v1/analytics/graphs/"+name+"?user=ann&ai_org=echo", "")
		if string(json.Lookup(narrow, "summary")) != string(json.Lookup(all, "summary")) {
			t.Errorf("%s: %s under filters, %s without", name, json.Lookup(narrow, "summary"), json.Lookup(all, "summary"))
		}
	}
	got := p.ok(http.MethodGet, "/v1/analytics/graphs/requests/rescued?metadata=%7B%22team%22:%22red%22%7D&user=ann", "")
	if string(json.Lookup(got, "summary")) != `{"retry":0,"fallback":1}` {
		t.Errorf("got %s", got)
	}
}

// TestFeedbackIsFilteredAsRequestsAre: by one filter, by several, and by one
// where the answer is told apart by something else.
func TestFeedbackIsFilteredAsRequestsAre(t *testing.T) {
	t.Parallel()
	p := busy(t)
	p.ok(http.MethodPost, "/v1/feedback", `[{"trace_id":"t-1","value":-4},{"trace_id":"t-1","value":-2}]`)
	for query, want := range map[string]string{
		"": "4", "trace_id=trace-1": "1", "trace_id=t-1": "2", "trace_id=t-1,trace-1": "3", "trace_id=unheard%20of": "0",
		"ai_model=gpt-4o": "2", "user=ann&ai_model=echo": "1", "user=bob&ai_model=echo": "0", "status_class=4xx": "0", "status_class=2xx": "3",
		"trace_id=t-1&time_of_generation_max=2026-01-01": "0", "api_key_ids=id-b&status_code=200": "0",
	} {
		for _, name := range []string{"feedbacks", "feedbacks/scores"} {
			if got := p.ok(http.MethodGet, "/v1/analytics/graphs/"+name+"?"+query, ""); string(json.Lookup(got, "summary", "total")) != want {
				t.Errorf("%s?%s: %s, want %s", name, query, json.Lookup(got, "summary"), want)
			}
		}
	}
	for path, want := range map[string]string{
		"graphs/feedbacks/ai-models?api_key_ids=id-a data_points": `[{"ai_model":"gpt-4o","total":2,"avg_weighted_feedback":-3},{"ai_model":"echo","total":1,"avg_weighted_feedback":4}]`,
		"graphs/feedbacks/ai-models?user=ann data_points":         `[{"ai_model":"echo","total":1,"avg_weighted_feedback":4}]`,
		"graphs/feedbacks/weighted?trace_id=t-1 summary":          `{"avg":-3}`,
		"graphs/feedbacks/scores?trace_id=t-1 data_points":        `[{"score":-4,"total":1},{"score":-2,"total":1}]`,
		"groups/metadata/team?user=ann data":                      `[{"metadata_value":"red","requests":1,"cost":0,"avg_tokens":10,"avg_weighted_feedback":4,"requests_with_feedback":1,"last_seen":`,
	} {
		path, member, _ := strings.Cut(path, " ")
		if got := p.ok(http.MethodGet, "/v1/analytics/"+path, ""); !strings.HasPrefix(string(json.Lookup(got, member)), want) {
			t.Errorf("%s: %s, want %s", path, json.Lookup(got, member), want)
		}
	}
}

// A change of feedback goes where its first value went, also if its request was
// not found at first, or came after nobody waited for it any more.
func TestFeedbackStaysWithTheRequestThatItWasCountedWith(t *testing.T) {
	t.Parallel()
	synctest.Test(t, feedbackStays)
}

func feedbackStays(t *testing.T) {
	p := newPlane(t)
	rate := func() string {
		return json.Unquote(json.Lookup(p.ok(http.MethodPost, "/v1/feedback", `{"trace_id":"trace-1","value":10}`), "feedback_ids", "0"))
	}
	never := rate()
	time.Sleep(settle + time.Millisecond)
	p.ok(http.MethodGet, "/v1/analytics/graphs/feedbacks", "")
	early := rate()
	p.ok(http.MethodPut, "/v1/feedback/"+early, `{"value":7}`)
	if got := p.ok(http.MethodGet, "/v1/analytics/graphs/feedbacks/scores", ""); string(json.Lookup(got, "data_points")) != `[{"score":7,"total":1},{"score":10,"total":1}]` {
		t.Errorf("while one waits for its request: %s", got)
	}
	if got := p.ok(http.MethodGet, "/v1/analytics/graphs/feedbacks/ai-models", ""); string(json.Lookup(got, "data_points")) != `[]` {
		t.Errorf("while one waits for its request, by model: %s", got)
	}
	p.chat("X-Portkey-Trace-Id", "trace-1")
	late := rate()
	p.ok(http.MethodPost, "/v1/logs", strings.Replace(inserted, `"t-1"`, `"trace-1"`, 1))
	for _, id := range []string{never, early, late} {
		p.ok(http.MethodPut, "/v1/feedback/"+id, `{"value":2}`)
		p.ok(http.MethodPut, "/v1/feedback/"+id, `{"value":-4}`)
	}
	if got := p.ok(http.MethodGet, "/v1/analytics/graphs/feedbacks/ai-models", ""); string(json.Lookup(got, "data_points")) != `[{"ai_model":"echo","total":2,"avg_weighted_feedback":-4}]` {
		t.Errorf("by model: %s", got)
	}
	if got := p.ok(http.MethodGet, "/v1/analytics/graphs/feedbacks/scores", ""); string(json.Lookup(got, "data_points")) != `[{"score":-4,"total":3}]` {
		t.Errorf("scores: %s", got)
	}
}
