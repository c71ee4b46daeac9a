package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sluice/core"
	"sluice/core/gateway"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/logs"
	"sluice/core/rollup"
	"sluice/core/store/memstore"
	"sluice/core/usage"
)

// tenants are two workspaces with a key each.
type tenants struct{}

func (tenants) Authenticate(_ context.Context, h http.Header) (core.Principal, http.Header, error) {
	key := h.Get("X-Portkey-Api-Key")
	if key != "key-a" && key != "key-b" {
		return core.Principal{}, nil, &llm.Error{Kind: llm.Unauthenticated, Code: "invalid_api_key", Message: "no key"}
	}
	h = h.Clone()
	h.Del("X-Portkey-Api-Key")
	return core.Principal{Workspace: "ws-" + key[4:], Key: "id-" + key[4:]}, h, nil
}

// A plane is a gateway that keeps logs in memory, with both planes.
type plane struct {
	t    *testing.T
	http http.Handler
	logs *logs.Store
}

// settle is how long a plane takes at most to make a record findable.
const settle = 100 * time.Millisecond

func newPlane(t *testing.T) *plane {
	t.Helper()
	table := memstore.New()
	p := &plane{t: t, logs: logs.New(table, logs.Options{Keep: usage.KeepFull, Secret: []byte("of cursors"), Settle: settle})}
	sums := &rollup.Sums{Table: table}
	p.logs.Notify = func(r *usage.Record) {
		ctx, records := context.Background(), []*usage.Record{r}
		if err := errors.Join(p.logs.Index(ctx, records), sums.Count(ctx, records)); err != nil {
			t.Error(err)
		}
	}
	stopping := make(chan struct{})
	t.Cleanup(func() { close(stopping) })
	h, err := gateway.New(gateway.Config{
		Auth: tenants{}, Data: table, State: table, Logs: p.logs, Sinks: []usage.Sink{p.logs}, AllowLoopback: true, Stopping: stopping,
	})
	if err != nil {
		t.Fatal(err)
	}
	p.http = h
	return p
}

// do sends a request; headers are names and values in turn.
func (p *plane) do(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(p.t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Portkey-Api-Key", "key-a")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	p.http.ServeHTTP(w, r)
	return w
}

// ok sends a request that must succeed and returns the answer.
func (p *plane) ok(method, path, body string, headers ...string) json.Value {
	p.t.Helper()
	w := p.do(method, path, body, headers...)
	if w.Code != http.StatusOK {
		p.t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	return w.Body.Bytes()
}

// refused checks the status, code and param of a refusal, which is in OpenAI's
// form.
func (p *plane) refused(status int, code, param, method, path, body string, headers ...string) {
	p.t.Helper()
	w := p.do(method, path, body, headers...)
	told := func(name string) string { return json.Unquote(json.Lookup(w.Body.Bytes(), "error", name)) }
	if w.Code != status || told("code") != code || told("param") != param || told("message") == "" || told("type") == "" {
		p.t.Errorf("%s %s %s: %d %s, want %d %s %q", method, path, body, w.Code, w.Body, status, code, param)
	}
}

// chat makes a request of the data plane, in a millisecond of its own: ids of
// one are in no order.
func (p *plane) chat(headers ...string) {
	p.t.Helper()
	all := append([]string{"X-Portkey-Provider", "echo"}, headers...)
	p.ok(http.MethodPost, "/v1/chat/completions", hello, all...)
	time.Sleep(2 * time.Millisecond)
}

// ids are those of the logs that a list has.
func ids(list json.Value) []string {
	var page struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	_ = json.UnmarshalLoose(list, &page)
	var out []string
	for _, e := range page.Data {
		out = append(out, e.ID)
	}
	return out
}

func TestARequestIsFoundByEachFilter(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	p.chat("X-Portkey-Trace-Id", "trace-1", "X-Request-Id", "request-1", "X-Portkey-Metadata", `{"team":"red","_user":"ann"}`)
	p.chat("X-Portkey-Trace-Id", "trace-2", "X-Portkey-Metadata", `{"team":"blue"}`)
	p.do(http.MethodPost, "/v1/chat/completions", strings.Replace(hello, `"hi"`, `"fail 429"`, 1), "X-Portkey-Provider", "echo", "X-Portkey-Trace-Id", "trace-3")
	p.chat("X-Portkey-Api-Key", "key-b", "X-Portkey-Trace-Id", "trace-1", "X-Portkey-Metadata", `{"team":"red","_user":"ann"}`)
	all := ids(p.ok(http.MethodGet, "/v1/logs", ""))
	if len(all) != 3 {
		t.Fatalf("%d logs, want 3", len(all))
	}
	for filter, want := range map[string]string{ // what is found, the newest first, as positions from the oldest
		"trace_id=trace-1": "1", "trace_id=trace-1,trace-3": "31", "request_id=request-1": "1", "trace_id=other": "",
		`metadata={"team":"red"}`: "1", "user=ann": "1", "user=ann&trace_id=trace-2": "",
		"ai_org=echo": "321", "ai_org=openai": "", "ai_model=echo": "321", "ai_org_model=echo__echo": "321", "ai_org_model=openai__echo": "",
		"status_code=429": "3", "status_code=200,429": "321", "status_class=4xx": "3", "status_class=2xx": "21",
		"api_key_ids=id-a": "321", "api_key_ids=id-b": "", "workspace_slug=ws-b": "321",
		"total_units_min=1&status_code=200": "21", "total_units_max=0": "3", "prompt_token_min=100000": "", "completion_token_min=1": "21",
		"response_time_max=3600000": "321", "response_time_min=3600000": "", "cost_max=0": "321", "cost_min=0.0001": "",
		"time_of_generation_min=2001-01-01T00:00:00+01:00": "321", "time_of_generation_max=2001-01-01": "", "time_of_generation_min=2001-01-01&time_of_generation_max=2999-01-01T00:00:00Z": "321",
	} {
		query := strings.NewReplacer("{", "%7B", "}", "%7D", `"`, "%22").Replace(filter)
		got := ""
		for _, id := range ids(p.ok(http.MethodGet, "/v1/logs?"+query, "")) {
			for i, one := range all {
				if one == id {
					got += fmt.Sprint(len(all) - i)
				}
			}
		}
		if got != want {
			t.Errorf("%s: found %q, want %q", filter, got, want)
		}
	}
	for _, path := range []string{"/logs", "/v1//logs/", "/v1/v1/logs"} {
		if n := len(ids(p.ok(http.MethodGet, path, ""))); n != 3 {
			t.Errorf("%s: %d logs", path, n)
		}
	}
}

// TestARequestThatIsRefusedForItsHeadersIsLogged: it had a valid key.
func TestARequestThatIsRefusedForItsHeadersIsLogged(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/chat/completions", strings.NewReader(hello))
	r.Header = http.Header{"Content-Type": {"application/json"}, "X-Portkey-Api-Key": {"key-a"}, "X-Portkey-Provider": {"echo", "openai"}, "X-Portkey-Trace-Id": {"twice"}}
	w := httptest.NewRecorder()
	p.http.ServeHTTP(w, r)
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "x-portkey-provider was sent more than once") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if list := p.ok(http.MethodGet, "/v1/logs?trace_id=twice&status_code=400", ""); len(ids(list)) != 1 {
		t.Errorf("logged is %s", list)
	}
}

// TestWordsOfClientsInJavaScriptAreRead has headers as fetch writes them.
func TestWordsOfClientsInJavaScriptAreRead(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	for _, user := range []string{"Zo\xeb", "Zoë"} {
		p.chat("X-Portkey-Metadata", `{"_user":"`+user+`"}`)
	}
	if list := p.ok(http.MethodGet, "/v1/logs?user=Zo%C3%AB", ""); len(ids(list)) != 2 {
		t.Errorf("found %s", list)
	}
	config := `{"provider":"echo","cache":{"mode":"simple"},"input_guardrails":[{"default.contains":{"operator":"none","words":["Größe"]},"deny":true}]}`
	latin1 := strings.NewReplacer("ö", "\xf6", "ß", "\xdf").Replace(config)
	if w := p.do(http.MethodPost, "/v1/chat/completions", strings.Replace(hello, `"hi"`, `"die Größe"`, 1), "X-Portkey-Config", latin1); w.Code != 446 {
		t.Errorf("a check for a word in Latin-1: %d %s", w.Code, w.Body)
	}
}

func TestAnotherWorkspaceSeesNothing(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	p.chat("X-Portkey-Trace-Id", "trace-1")
	id := ids(p.ok(http.MethodGet, "/v1/logs", ""))[0]
	export := json.Unquote(json.Lookup(p.ok(http.MethodPost, "/v1/logs/exports", `{"filters":{}}`), "id"))
	feedback := json.Unquote(json.Lookup(p.ok(http.MethodPost, "/v1/feedback", `{"trace_id":"trace-1","value":5}`), "feedback_ids", "0"))
	p.ok(http.MethodPost, "/v1/logs/exports/"+export+"/start", "")
	p.ok(http.MethodGet, "/v1/logs/"+id, "")
	const other = "key-b"
	for _, path := range []string{"/v1/logs", "/v1/logs?trace_id=trace-1", "/v1/logs/exports", "/v1/sluice/live"} {
		if got := json.Lookup(p.ok(http.MethodGet, path, "", "X-Portkey-Api-Key", other), "data"); string(got) != "[]" {
			t.Errorf("%s: %s", path, got)
		}
	}
	for _, path := range []string{
		"GET /v1/logs/" + id, "GET /v1/logs/exports/" + export, "GET /v1/logs/exports/" + export + "/download", "POST /v1/logs/exports/" + export + "/start",
		"POST /v1/logs/exports/" + export + "/cancel", "PUT /v1/logs/exports/" + export, "PUT /v1/feedback/" + feedback,
	} {
		method, path, _ := strings.Cut(path, " ")
		p.refused(http.StatusNotFound, "AB08", "", method, path, `{"value":1}`, "X-Portkey-Api-Key", other)
	}
	cursor := json.Unquote(json.Lookup(p.ok(http.MethodGet, "/v1/sluice/live", ""), "cursor"))
	p.refused(http.StatusBadRequest, "AB01", "cursor", http.MethodGet, "/v1/sluice/live?after="+cursor, "", "X-Portkey-Api-Key", other)
}

func TestWithoutAKeyTheControlPlaneSaysNothing(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	for _, path := range []string{"GET /v1/logs", "POST /v1/logs", "GET /v1/logs/x", "POST /v1/feedback", "GET /v1/sluice/live", "DELETE /v1/logs", "GET /v1/logs/a/b/c", "GET /v1/analytics/graphs/cost"} {
		method, path, _ := strings.Cut(path, " ")
		p.refused(http.StatusUnauthorized, "invalid_api_key", "", method, path, "{}", "X-Portkey-Api-Key", "wrong")
	}
}

func TestPathsAndMethodsThatAreNotThere(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	p.refused(http.StatusNotFound, "AB08", "", http.MethodGet, "/v1/logs/a/b/c", "")
	p.refused(http.StatusNotFound, "AB08", "", http.MethodGet, "/v1/analytics/graphs/none", "")
	p.refused(http.StatusNotFound, "AB08", "", http.MethodGet, "/v1/logs/downloads/guessed", "")
	p.refused(http.StatusMethodNotAllowed, "AB01", "", http.MethodDelete, "/v1/logs", "")
	p.refused(http.StatusMethodNotAllowed, "AB01", "", http.MethodDelete, "/v1/logs/exports", "")
	if allow := p.do(http.MethodPatch, "/v1/logs/exports", "").Header().Get("Allow"); allow != "POST, GET" {
		t.Errorf("allowed: %q", allow)
	}
	// What is the data plane's stays there.
	if w := p.do(http.MethodGet, "/v1/models", ""); w.Code != http.StatusOK {
		t.Errorf("models: %d %s", w.Code, w.Body)
	}
}

func TestWrongFiltersAreRefusedByName(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	for query, param := range map[string]string{
		"status_code=2xx": "status_code", "status_code=99": "status_code", "total_units_min=-1": "total_units_min", "cost_max=much": "cost_max",
		"time_of_generation_min=yesterday": "time_of_generation_min", "metadata=red": "metadata", "ai_org_model=gpt-4o": "ai_org_model",
		"ai_org_model=a__x,b__y": "ai_org_model", "limit=0": "limit", "limit=1001": "limit", "page_size=x": "page_size", "cursor=x": "cursor",
		"virtual_keys=vk": "virtual_keys", "user=,": "user", "ai_org_model=,": "ai_org_model", "status_code=,": "status_code", "weighted_feedback_min=1": "weighted_feedback_min", "trace=x": "trace", "user=a&user=b": "user",
		"status_class=9xx": "status_class", "status_class=2xx,ok": "status_class", "cache_status=WARM": "cache_status", "cache_status=DISABLED": "cache_status",
		"current_page=1": "current_page", "current_page=-1": "current_page",
	} {
		p.refused(http.StatusBadRequest, "AB01", param, http.MethodGet, "/v1/logs?"+query, "")
	}
	// The live log has all: what would be a filter must not be passed over.
	for _, param := range []string{"status_code", "user", "metadata", "colour"} {
		p.refused(http.StatusBadRequest, "AB01", param, http.MethodGet, "/v1/sluice/live?"+param+"=200", "")
	}
	p.ok(http.MethodGet, "/v1/sluice/live?workspace_slug=ws-a", "")
}

func TestPagesOfLogsFollowEachOther(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	for range 5 {
		p.chat()
	}
	all := ids(p.ok(http.MethodGet, "/v1/logs", ""))
	var got []string
	cursor, pages := "", 0
	for {
		page := p.ok(http.MethodGet, "/v1/logs?limit=2&ai_org=echo&cursor="+cursor, "")
		got, pages = append(got, ids(page)...), pages+1
		if cursor = json.Unquote(json.Lookup(page, "next_cursor")); cursor == "" {
			break
		}
		if pages > 100 {
			t.Fatal("the pages do not end")
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(all) || len(all) != 5 || pages < 3 {
		t.Errorf("%d pages: got %v, want %v", pages, got, all)
	}
}

// download reads an export through the URL that it is given, without a key.
func (p *plane) download(export string) (url, rows string) {
	p.t.Helper()
	url = json.Unquote(json.Lookup(p.ok(http.MethodGet, "/v1/logs/exports/"+export+"/download", ""), "signed_url"))
	path, ours := strings.CutPrefix(url, "http://example.com/v1/logs/downloads/")
	if !ours {
		p.t.Fatalf("the URL is %q", url)
	}
	w := p.do(http.MethodGet, "/v1/logs/downloads/"+path, "", "X-Portkey-Api-Key", "none")
	b, err := io.ReadAll(w.Body)
	if w.Code != http.StatusOK || err != nil || w.Header().Get("Content-Type") != "application/x-ndjson" {
		p.t.Fatalf("%d %s %v", w.Code, b, err)
	}
	return url, string(b)
}

func TestLogsAreExported(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	p.chat("X-Portkey-Trace-Id", "trace-1")
	p.chat("X-Portkey-Trace-Id", "trace-2")
	made := p.ok(http.MethodPost, "/v1/logs/exports",
		`{"workspace_id":"ws-b","description":"mine","filters":{"time_of_generation_min":"2001-01-01T00:00:00Z","trace_id":["trace-1","trace-9"],"status_code":"200","cost_max":0.25,"metadata":{}},"requested_data":["id","trace_id","ai_model"]}`)
	id := json.Unquote(json.Lookup(made, "id"))
	want := `{"time_of_generation_min":"2001-01-01T00:00:00Z","cost_max":0.25,"trace_id":"trace-1,trace-9","status_code":"200"}`
	if got := json.Lookup(made, "filters"); string(got) != want || json.Unquote(json.Lookup(made, "workspace_id")) != "ws-a" {
		t.Errorf("made %s, want the filters %s", made, want)
	}
	p.refused(http.StatusBadRequest, "AB01", "", http.MethodGet, "/v1/logs/exports/"+id+"/download", "")
	p.ok(http.MethodPut, "/v1/logs/exports/"+id, `{"requested_data":["trace_id","ai_model","cost","response"]}`)
	started := p.ok(http.MethodPost, "/v1/logs/exports/"+id+"/start", "")
	if json.Unquote(json.Lookup(started, "status")) != "success" || json.Unquote(json.Lookup(started, "message")) == "" {
		t.Errorf("started %s", started)
	}
	url, rows := p.download(id)
	if rows != `{"trace_id":"trace-1","ai_model":"echo","cost":0,"response":null}`+"\n" {
		t.Errorf("got %s", rows)
	}
	listed := p.ok(http.MethodGet, "/v1/logs/exports?workspace_id=ws-a", "")
	if got := json.Lookup(listed, "data", "0", "total_records"); string(got) != "1" || ids(listed)[0] != id || json.Unquote(json.Lookup(listed, "data", "0", "description")) != "mine" {
		t.Errorf("listed %s", listed)
	}
	p.ok(http.MethodPost, "/v1/logs/exports/"+id+"/cancel", "{}")
	p.refused(http.StatusBadRequest, "AB01", "", http.MethodGet, strings.TrimPrefix(url, "http://example.com"), "")
	if got := json.Unquote(json.Lookup(p.ok(http.MethodGet, "/v1/logs/exports/"+id, ""), "status")); got != "stopped" {
		t.Errorf("status %q", got)
	}
	for body, param := range map[string]string{
		`{"filters":[]}`: "filters", `{"filters":{"status_code":{}}}`: "filters.status_code", `{"requested_data":["all"]}`: "requested_data", `{"requested_data":["id","cost","id"]}`: "requested_data",
		`{"filters":{"ai_model":[{"a":1},"b"]}}`: "filters.ai_model", `{"filters":{"ai_model":[["a"]]}}`: "filters.ai_model", `{"requested_data":"id"}`: "requested_data", `{"filters":{"configs":"pc-1"}}`: "configs", `no`: "",
		`{"filters":{"page_size":0}}`: "filters.page_size", `{"filters":{"current_page":1}}`: "filters.current_page",
	} {
		p.refused(http.StatusBadRequest, "AB01", param, http.MethodPost, "/v1/logs/exports", body)
	}
}

func TestAnExportMayBeTheNewestRowsOnly(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	for i := range 3 {
		p.chat("X-Portkey-Trace-Id", fmt.Sprint("trace-", i))
	}
	for size, want := range map[int]string{1: "2", 2: "21", 3: "210", 50_000: "210"} {
		made := p.ok(http.MethodPost, "/v1/logs/exports", fmt.Sprintf(`{"filters":{"page_size":%d,"current_page":0},"requested_data":["trace_id"]}`, size))
		if got := json.Lookup(made, "filters", "page_size"); string(got) != fmt.Sprint(size) {
			t.Errorf("made %s", made)
		}
		id := json.Unquote(json.Lookup(made, "id"))
		p.ok(http.MethodPost, "/v1/logs/exports/"+id+"/start", "")
		_, rows := p.download(id)
		if got := strings.NewReplacer(`{"trace_id":"trace-`, "", `"}`, "", "\n", "").Replace(rows); got != want {
			t.Errorf("%d rows: %q, want %q", size, got, want)
		}
	}
}

const inserted = `{"request":{"url":"https://api.example/v1/chat/completions","method":"POST","headers":{"x-portkey-runtime":"node","accept":"a/b"},"body":{"model":"gpt-4o","messages":[]},"provider":"openai"},
	"response":{"status":200,"headers":{"x-extra":"1"},"body":{"model":"gpt-4o","usage":{"prompt_tokens":1000,"completion_tokens":10}},"response_time":1234},"metadata":{"trace_id":"t-1","span_id":"s-1","span_name":"step","team":"red"}}`

func TestALogHasTheDocumentedShape(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	answer := p.ok(http.MethodPost, "/v1/logs", "["+inserted+","+inserted+"]")
	id := json.Unquote(json.Lookup(answer, "ids", "1"))
	log := p.ok(http.MethodGet, "/v1/logs/"+id, "")
	for path, want := range map[string]string{
		"_id": `"` + id + `"`, "organisation_id": `"ws-a"`, "request/url": `"https://api.example/v1/chat/completions"`, "request/method": `"POST"`,
		"request/headers": `{"accept":"a/b"}`, "request/portkeyHeaders": `{"x-portkey-runtime":"node"}`, "request/body/model": `"gpt-4o"`,
		"response/status": "200", "response/headers/x-extra": `"1"`, "response/body/usage/prompt_tokens": "1000", "response/responseTime": "1234", "response/lastUsedOptionJsonPath": "null",
		"metrics/id": `"` + id + `"`, "metrics/is_success": "true", "metrics/ai_org": `"openai"`, "metrics/ai_model": `"gpt-4o"`, "metrics/req_units": "1000", "metrics/res_units": "10",
		"metrics/total_units": "1010", "metrics/cost": "0.26", "metrics/cost_currency": `"USD"`, "metrics/response_status_code": "200", "metrics/response_time": "1234",
		"metrics/is_proxy_call": "false", "metrics/cache_status": "null", "metrics/cache_type": "null", "metrics/stream_mode": "0", "metrics/retry_success_count": "0",
		"metrics/trace_id": `"t-1"`, "metrics/span_id": `"s-1"`, "metrics/span_name": `"step"`, "metrics/source": `"api"`, "metrics/runtime": `"node"`, "metrics/workspace_slug": `"ws-a"`,
		"metrics/metadata.key": `["team"]`, "metrics/metadata.value": `["red"]`, "metrics/api_key_id": `"id-a"`, "sluice/operation": `"chatComplete"`, "bodies": `"full"`,
	} {
		if got := json.Lookup(log, strings.Split(path, "/")...); string(got) != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	p.chat()
	own := p.ok(http.MethodGet, "/v1/logs/"+ids(p.ok(http.MethodGet, "/v1/logs?ai_org=echo", ""))[0], "")
	if json.Unquote(json.Lookup(own, "response", "lastUsedOptionJsonPath")) != "config" || json.Unquote(json.Lookup(own, "metrics", "source")) != "gateway" ||
		len(json.Lookup(own, "sluice", "attempts", "0")) == 0 {
		t.Errorf("got %s", own)
	}
}

func TestWrongLogsAreRefusedByTheirPlace(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	for _, tt := range [][2]string{
		{`{"request":{"body":{}},"response":{"body":{}}}`, "request.url"}, {`[` + inserted + `,{"request":{"url":"u","body":{}},"response":{}}]`, "[1].response.body"},
		{strings.Replace(inserted, `"status":200`, `"status":20`, 1), "response.status"}, {`{`, ""}, {`[]`, ""}, {`[1]`, "[0]"}, {`"x"`, ""},
	} {
		p.refused(http.StatusBadRequest, "AB01", tt[1], http.MethodPost, "/v1/logs", tt[0])
	}
	p.refused(http.StatusBadRequest, "AB01", "", http.MethodPost, "/v1/logs", "["+strings.Repeat(inserted+",", logs.MaxInserted)+inserted+"]")
	p.refused(http.StatusRequestEntityTooLarge, "AB01", "", http.MethodPost, "/v1/logs", strings.Replace(inserted, `"messages":[]`, `"x":"`+strings.Repeat("x", 6<<20)+`"`, 1))
	if n := len(ids(p.ok(http.MethodGet, "/v1/logs", ""))); n != 0 {
		t.Errorf("%d logs were kept", n)
	}
}

func TestFeedbackIsGivenAndChanged(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	got := p.ok(http.MethodPost, "/v1/feedback", `[{"trace_id":"t-1","value":10,"weight":0.5,"metadata":{"a":1}},{"trace_id":"t-2","value":-10}]`)
	if json.Unquote(json.Lookup(got, "status")) != "success" || json.Lookup(got, "feedback_ids", "1") == nil || json.Lookup(got, "feedback_ids", "2") != nil {
		t.Fatalf("got %s", got)
	}
	id := json.Unquote(json.Lookup(got, "feedback_ids", "0"))
	if got := p.ok(http.MethodPut, "/v1/feedback/"+id, `{"value":-3}`); json.Unquote(json.Lookup(got, "feedback_ids", "0")) != id {
		t.Errorf("got %s", got)
	}
	if f, err := p.logs.Feedback(t.Context(), "ws-a", id); err != nil || f.Value != -3 || f.Weight != 1 || f.Trace != "t-1" {
		t.Errorf("kept %+v, %v", f, err)
	}
	for body, param := range map[string]string{
		`{"value":1}`: "trace_id", `{"trace_id":"t","value":11}`: "value", `{"trace_id":"t","value":1,"weight":2}`: "weight", `{"trace_id":"t"}`: "value",
		`[{"trace_id":"t","value":1},{"trace_id":"t","value":11}]`: "[1].value", `[7]`: "[0]", `7`: "", `{"trace_id":"t","value":0.5}`: "value",
		`{"trace_id":"t","value":"good"}`: "value", `{"trace_id":"t","value":1,"metadata":7}`: "metadata",
	} {
		p.refused(http.StatusBadRequest, "AB01", param, http.MethodPost, "/v1/feedback", body)
	}
	p.refused(http.StatusNotFound, "AB08", "", http.MethodPut, "/v1/feedback/none", `{"value":1}`)
}
