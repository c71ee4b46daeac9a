package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/core/dialect/dialecttest"
	"sluice/core/gateway"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/store/driver"
	"sluice/core/store/memstore"
)

// A thinker is a provider that thinks and calls a tool when it is first asked,
// and speaks when it has the result.
type thinker struct {
	provider       string
	contentType    string // of its streams
	called, spoken string // whole
	calls, speaks  string // streamed
	blob           string // that proves its thought, to be sent back; empty if it has none
	headers        map[string]string

	mu   sync.Mutex
	sent []string
}

func (th *thinker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	body := string(b)
	th.mu.Lock()
	th.sent = append(th.sent, body)
	th.mu.Unlock()
	streamed := strings.Contains(body, `"stream":true`) || strings.Contains(strings.ToLower(r.URL.Path), "stream")
	whole, events := th.called, th.calls
	if strings.Contains(body, "22 degrees") {
		whole, events = th.spoken, th.speaks
	}
	if !streamed {
		w.Header().Set("Content-Type", "application/json")
		write(w, whole)
		return
	}
	w.Header().Set("Content-Type", th.contentType)
	write(w, events)
}

func (th *thinker) last() string {
	th.mu.Lock()
	defer th.mu.Unlock()
	return th.sent[len(th.sent)-1]
}

func chatChunks(deltas ...string) string {
	var b strings.Builder
	for _, d := range deltas {
		b.WriteString(`data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,` + d + `}]}` + "\n\n")
	}
	return b.String() + "data: [DONE]\n\n"
}

func messagesEvents(stop string, events ...string) string {
	all := append([]string{`{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[],"stop_reason":null,"usage":{"input_tokens":9,"output_tokens":1}}}`}, events...)
	all = append(all, `{"type":"message_delta","delta":{"stop_reason":"`+stop+`"},"usage":{"output_tokens":5}}`, `{"type":"message_stop"}`)
	var b []byte
	for _, e := range all {
		b = frame.AppendSSE(b, json.Unquote(json.Lookup([]byte(e), "type")), []byte(e))
	}
	return string(b)
}

func thinkers(t *testing.T) []*thinker {
	const usage = `"usage":{"prompt_tokens":5,"completion_tokens":4,"total_tokens":9}`
	const signature = "c2lnbmF0dXJl"
	gemini := func(parts string) string {
		return `{"candidates":[{"content":{"role":"model","parts":[` + parts + `]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":5,"totalTokenCount":15},"modelVersion":"gemini-2.5-pro"}`
	}
	geminiCall := gemini(`{"thought":true,"text":"Hm."},{"functionCall":{"name":"weather","args":{"city":"Rome"}},"thoughtSignature":"` + signature + `"}`)
	geminiSpeech := gemini(`{"text":"Warm."}`)
	message := func(stop, content string) string {
		return `{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[` + content + `],"stop_reason":"` + stop + `","stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":5}}`
	}
	converse := func(stop, content string) string {
		return `{"output":{"message":{"role":"assistant","content":[` + content + `]}},"stopReason":"` + stop + `","usage":{"inputTokens":3,"outputTokens":1,"totalTokens":4},"metrics":{"latencyMs":1}}`
	}
	eventStream := func(lines string) string {
		return string(dialecttest.EventStream(t, []byte(lines+`metadata {"usage":{"inputTokens":3,"outputTokens":1,"totalTokens":4},"metrics":{"latencyMs":1}}`+"\n")))
	}
	return []*thinker{
		{
			provider: "groq", contentType: "text/event-stream", headers: map[string]string{"Authorization": "Bearer k"},
			called: `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"reasoning_content":"Hm.","tool_calls":[{"id":"call_7","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Rome\"}"}}]},"finish_reason":"tool_calls"}],` + usage + `}`,
			spoken: `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Warm."},"finish_reason":"stop"}],` + usage + `}`,
			calls: chatChunks(`"delta":{"role":"assistant","reasoning_content":"Hm."},"finish_reason":null`,
				`"delta":{"tool_calls":[{"index":0,"id":"call_7","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Rome\"}"}}]},"finish_reason":null`,
				`"delta":{},"finish_reason":"tool_calls"`),
			speaks: chatChunks(`"delta":{"role":"assistant","content":"Warm."},"finish_reason":null`, `"delta":{},"finish_reason":"stop"`),
		},
		{
			provider: "anthropic", contentType: "text/event-stream", blob: signature, headers: map[string]string{"Authorization": "Bearer k"},
			called: message("tool_use", `{"type":"thinking","thinking":"Hm.","signature":"`+signature+`"},{"type":"tool_use","id":"toolu_7","name":"weather","input":{"city":"Rome"}}`),
			spoken: message("end_turn", `{"type":"text","text":"Warm."}`),
			calls: messagesEvents("tool_use", `{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}`,
				`{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm."}}`,
				`{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"`+signature+`"}}`, `{"type":"content_block_stop","index":0}`,
				`{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_7","name":"weather","input":{}}}`,
				`{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"city\":\"Rome\"}"}}`, `{"type":"content_block_stop","index":1}`),
			speaks: messagesEvents("end_turn", `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`,
				`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Warm."}}`, `{"type":"content_block_stop","index":0}`),
		},
		{
			provider: "google", contentType: "text/event-stream", blob: signature, headers: map[string]string{"Authorization": "Bearer k"},
			called: geminiCall, spoken: geminiSpeech, calls: "data: " + geminiCall + "\r\n\r\n", speaks: "data: " + geminiSpeech + "\r\n\r\n",
		},
		{
			provider: "bedrock", contentType: "application/vnd.amazon.eventstream", blob: signature,
			headers: map[string]string{"X-Portkey-Aws-Region": "us-east-1", "X-Portkey-Aws-Access-Key-Id": "AKIDEXAMPLE", "X-Portkey-Aws-Secret-Access-Key": "secret"},
			called:  converse("tool_use", `{"reasoningContent":{"reasoningText":{"text":"Hm.","signature":"`+signature+`"}}},{"toolUse":{"toolUseId":"tooluse_7","name":"weather","input":{"city":"Rome"}}}`),
			spoken:  converse("end_turn", `{"text":"Warm."}`),
			calls: eventStream(`messageStart {"role":"assistant"}
contentBlockDelta {"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"Hm."}}}
contentBlockDelta {"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"` + signature + `"}}}
contentBlockStop {"contentBlockIndex":0}
contentBlockStart {"contentBlockIndex":1,"start":{"toolUse":{"toolUseId":"tooluse_7","name":"weather"}}}
contentBlockDelta {"contentBlockIndex":1,"delta":{"toolUse":{"input":"{\"city\":\"Rome\"}"}}}
contentBlockStop {"contentBlockIndex":1}
messageStop {"stopReason":"tool_use"}
`),
			speaks: eventStream(`messageStart {"role":"assistant"}
contentBlockDelta {"contentBlockIndex":0,"delta":{"text":"Warm."}}
contentBlockStop {"contentBlockIndex":0}
messageStop {"stopReason":"end_turn"}
`),
		},
	}
}

// respond asks for a response and returns it, from a stream the one that its
// last event has.
func respond(t *testing.T, front *httptest.Server, headers map[string]string, streamed bool, body string) json.Value {
	t.Helper()
	if streamed {
		body = strings.Replace(body, "{", `{"stream":true,`, 1)
	}
	status, got := post(t, front, "/v1/responses", body, headers)
	if status != http.StatusOK {
		t.Fatalf("%d %s\nfor %s", status, got, body)
	}
	if !streamed {
		return json.Value(got)
	}
	var last json.Value
	for f, err := range frame.SSE(strings.NewReader(got), 0) {
		if err != nil {
			t.Fatal(err)
		}
		last = json.Lookup(f.Data, "response").Clone()
	}
	return last
}

func str(v json.Value, path ...string) string { return json.Unquote(json.Lookup(v, path...)) }

func fetch(t *testing.T, method, url string, headers map[string]string) (int, json.Value) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range headers {
		req.Header.Set(k, v)
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
	return resp.StatusCode, b
}

const weatherTool = `"tools":[{"type":"function","name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}],"reasoning":{"effort":"low"}`

// TestAConversationGoesOnAtAnyProvider leads one of three turns, with a
// thought and a tool, by nothing but the ids of responses.
func TestAConversationGoesOnAtAnyProvider(t *testing.T) {
	t.Parallel()
	for _, th := range thinkers(t) {
		for _, streamed := range []bool{false, true} {
			name := th.provider + map[bool]string{true: ", streamed"}[streamed]
			t.Run(name, func(t *testing.T) {
				front, up := serve(t, gateway.Config{Data: memstore.New()}, th.ServeHTTP)
				headers := map[string]string{"X-Portkey-Provider": th.provider, "X-Portkey-Custom-Host": up.URL}
				for k, v := range th.headers {
					headers[k] = v
				}
				first := respond(t, front, headers, streamed, `{"model":"claude-sonnet-4-5","instructions":"FIRST RULE","input":"How warm is Rome?","metadata":{"a":"b"},`+weatherTool+`}`)
				if !strings.HasPrefix(str(first, "id"), "resp_sluice_") || string(json.Lookup(first, "store")) != "true" || str(first, "metadata", "a") != "b" ||
					str(first, "instructions") != "FIRST RULE" || str(first, "status") != "completed" {
					t.Fatalf("first answer: %s", first)
				}
				calls, _ := json.Elements(json.Lookup(first, "output"))
				call := str(calls[len(calls)-1], "call_id")
				second := respond(t, front, headers, streamed, `{"model":"claude-sonnet-4-5","previous_response_id":"`+str(first, "id")+`",`+
					`"input":[{"type":"function_call_output","call_id":"`+call+`","output":"22 degrees"}],`+weatherTool+`}`)
				sent := th.last()
				for _, want := range []string{"How warm is Rome?", `"weather"`, "Rome", "22 degrees", th.blob} {
					if !strings.Contains(sent, want) {
						t.Errorf("no %q in what the provider was sent second:\n%s", want, sent)
					}
				}
				if strings.Contains(sent, "FIRST RULE") || strings.Contains(sent, "previous_response_id") || strings.Contains(sent, "sluice") {
					t.Errorf("the provider was sent what is not its business:\n%s", sent)
				}
				if str(second, "previous_response_id") != str(first, "id") || !strings.Contains(string(second), "Warm.") {
					t.Errorf("second answer: %s", second)
				}
				respond(t, front, headers, streamed, `{"model":"claude-sonnet-4-5","previous_response_id":"`+str(second, "id")+`","input":"Thanks",`+weatherTool+`}`)
				sent = th.last()
				at := -1
				for _, want := range []string{"How warm is Rome?", "22 degrees", "Warm.", "Thanks"} {
					i := strings.Index(sent, want)
					if i <= at {
						t.Errorf("%q is missing or out of order:\n%s", want, sent)
					}
					at = i
				}
			})
		}
	}
}

// TestAKeptResponseIsReadListedAndDeleted does what a client's SDK does with
// an id.
func TestAKeptResponseIsReadListedAndDeleted(t *testing.T) {
	t.Parallel()
	th := thinkers(t)[1]
	front, up := serve(t, gateway.Config{Data: memstore.New()}, th.ServeHTTP)
	headers := map[string]string{"X-Portkey-Provider": th.provider, "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k"}
	first := respond(t, front, headers, true, `{"model":"m","input":"How warm is Rome?",`+weatherTool+`}`)
	calls, _ := json.Elements(json.Lookup(first, "output"))
	second := respond(t, front, headers, false, `{"model":"m","previous_response_id":"`+str(first, "id")+`","input":[{"type":"function_call_output","call_id":"`+
		str(calls[1], "call_id")+`","output":"22 degrees"},{"role":"user","content":"And Oslo?"}],`+weatherTool+`}`)
	url := front.URL + "/v1/responses/" + str(first, "id")
	asked := len(th.sent)

	status, got := fetch(t, http.MethodGet, url, headers)
	if status != http.StatusOK || !bytes.Equal(got, first) {
		t.Errorf("read: %d\n%s\nwas\n%s", status, got, first)
	}
	status, got = fetch(t, http.MethodGet, url+"?stream=true", headers)
	if status != http.StatusOK || !bytes.HasPrefix(got, []byte("event: response.created\n")) || bytes.Count(got, []byte("event: response.completed\n")) != 1 {
		t.Errorf("replayed: %d %s", status, got)
	}
	if _, tail := fetch(t, http.MethodGet, url+"?stream=true&starting_after=1", headers); !bytes.HasSuffix(got, tail) || bytes.Contains(tail, []byte(`"sequence_number":1,`)) || !bytes.Contains(tail, []byte(`"sequence_number":2,`)) {
		t.Errorf("replayed from the second event on: %s", tail)
	}

	list := front.URL + "/v1/responses/" + str(second, "id") + "/input_items"
	var ids []string
	for after, more := "", true; more; {
		status, page := fetch(t, http.MethodGet, list+"?order=asc&limit=2"+after, headers)
		data, err := json.Elements(json.Lookup(page, "data"))
		if status != http.StatusOK || err != nil || len(data) == 0 || str(data[0], "id") != str(page, "first_id") || str(data[len(data)-1], "id") != str(page, "last_id") {
			t.Fatalf("page: %d %s", status, page)
		}
		for _, v := range data {
			ids = append(ids, str(v, "id")+" "+str(v, "type"))
		}
		after, more = "&after="+str(page, "last_id"), string(json.Lookup(page, "has_more")) == "true"
	}
	kinds := strings.Join(ids, " ")
	if len(ids) != 5 || !strings.HasSuffix(ids[0], " message") || !strings.HasSuffix(ids[1], " reasoning") || !strings.HasSuffix(ids[2], " function_call") ||
		!strings.HasSuffix(ids[3], " function_call_output") || !strings.HasSuffix(ids[4], " message") {
		t.Errorf("input items: %s", kinds)
	}
	if status, page := fetch(t, http.MethodGet, list+"?limit=101", headers); status != http.StatusBadRequest {
		t.Errorf("limit: %d %s", status, page)
	}
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/cancel", nil)
	if resp, err := http.DefaultClient.Do(req); err != nil || resp.StatusCode != http.StatusBadRequest {
		t.Errorf("cancel: %v %v", resp, err)
	}

	if status, got := fetch(t, http.MethodDelete, url, headers); status != http.StatusOK || string(json.Lookup(got, "deleted")) != "true" || str(got, "id") != str(first, "id") {
		t.Errorf("deleted: %d %s", status, got)
	}
	if status, got := fetch(t, http.MethodGet, url, headers); status != http.StatusNotFound || str(got, "error", "type") != "invalid_request_error" {
		t.Errorf("read when deleted: %d %s", status, got)
	}
	status, body := post(t, front, "/v1/responses", `{"model":"m","input":"x","previous_response_id":"`+str(second, "id")+`"}`, headers)
	if status != http.StatusBadRequest || str([]byte(body), "error", "code") != "previous_response_not_found" || str([]byte(body), "error", "param") != "previous_response_id" {
		t.Errorf("continued when a part is deleted: %d %s", status, body)
	}
	if len(th.sent) != asked {
		t.Error("the provider was asked about a response that it does not have")
	}
}

// TestWhatIsNotKeptSaysSo covers a client that wants nothing kept, a gateway
// that keeps nothing, and a store that is away.
func TestWhatIsNotKeptSaysSo(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		data driver.Table
		body string
	}{
		"the client wants it so": {memstore.New(), `{"model":"m","input":"Hi 22 degrees","store":false}`},
		"there is no store":      {nil, `{"model":"m","input":"Hi 22 degrees"}`},
		"the store is away":      {brokenStore{memstore.New()}, `{"model":"m","input":"Hi 22 degrees"}`},
	} {
		for _, streamed := range []bool{false, true} {
			th := thinkers(t)[0]
			front, up := serve(t, gateway.Config{Data: tt.data}, th.ServeHTTP)
			headers := map[string]string{"X-Portkey-Provider": "groq", "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k"}
			got := respond(t, front, headers, streamed, tt.body)
			if string(json.Lookup(got, "store")) != "false" || str(got, "status") != "completed" {
				t.Errorf("%s: %s", name, got)
			}
			status, body := post(t, front, "/v1/responses", `{"model":"m","input":"x","previous_response_id":"`+str(got, "id")+`"}`, headers)
			if status != http.StatusBadRequest || str([]byte(body), "error", "param") != "previous_response_id" {
				t.Errorf("%s: continued: %d %s", name, status, body)
			}
		}
	}
}

// brokenStore takes nothing.
type brokenStore struct{ driver.Table }

func (brokenStore) Put(context.Context, driver.Record) (int64, error) {
	return 0, &driver.Unavailable{Err: errors.New("away")}
}

// slowTable takes its time to write.
type slowTable struct{ driver.Table }

func (s slowTable) Put(ctx context.Context, r driver.Record) (int64, error) {
	time.Sleep(50 * time.Millisecond)
	return s.Table.Put(ctx, r)
}

// TestAResponseIsKeptBeforeItIsComplete reads one as soon as its last event
// has come, while the connection is still open.
func TestAResponseIsKeptBeforeItIsComplete(t *testing.T) {
	t.Parallel()
	th := thinkers(t)[0]
	front, up := serve(t, gateway.Config{Data: slowTable{memstore.New()}}, th.ServeHTTP)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, front.URL+"/v1/responses", strings.NewReader(`{"model":"m","input":"22 degrees","stream":true}`))
	if err != nil {
		t.Fatal(err)
	}
	headers := map[string]string{"X-Portkey-Provider": "groq", "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k", "Content-Type": "application/json"}
	for k, v := range headers {
		req.Header.Set(k, v)
	}
	resp, err := front.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for f, err := range frame.SSE(resp.Body, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if f.Event == "response.completed" {
			if status, got := fetch(t, http.MethodGet, front.URL+"/v1/responses/"+str(f.Data, "response", "id"), headers); status != http.StatusOK {
				t.Errorf("%d %s", status, got)
			}
			return
		}
	}
	t.Error("it never was complete")
}

// TestABrokenAnswerIsKeptAsFailed: it can be read, and is never gone on from.
func TestABrokenAnswerIsKeptAsFailed(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{Data: memstore.New()}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		write(w, chunk("Half an ans"))
	})
	headers := map[string]string{"X-Portkey-Provider": "groq", "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k"}
	got := respond(t, front, headers, true, `{"model":"m","input":"Hi"}`)
	if str(got, "status") != "failed" || str(got, "error", "message") == "" {
		t.Fatalf("%s", got)
	}
	status, kept := fetch(t, http.MethodGet, front.URL+"/v1/responses/"+str(got, "id"), headers)
	if status != http.StatusOK || str(kept, "status") != "failed" || str(kept, "error", "message") != str(got, "error", "message") {
		t.Errorf("kept as %d %s", status, kept)
	}
	if _, events := fetch(t, http.MethodGet, front.URL+"/v1/responses/"+str(got, "id")+"?stream=true", headers); !bytes.Contains(events, []byte("event: response.failed\n")) || bytes.Contains(events, []byte("response.completed")) {
		t.Errorf("replayed as %s", events)
	}
	status, body := post(t, front, "/v1/responses", `{"model":"m","input":"x","previous_response_id":"`+str(got, "id")+`"}`, headers)
	if status != http.StatusBadRequest || !strings.Contains(body, "failed") {
		t.Errorf("continued: %d %s", status, body)
	}
}

// TestAProvidersOwnResponsesAreItsOwn: what a provider that speaks the API
// keeps is neither changed nor kept twice; a conversation that began elsewhere
// is told to it whole, and its answer is one of ours.
func TestAProvidersOwnResponsesAreItsOwn(t *testing.T) {
	t.Parallel()
	const answer = `{"id":"resp_theirs","object":"response","created_at":1,"status":"completed","error":null,"incomplete_details":null,"model":"gpt-5","output":[{"type":"message","id":"msg_theirs","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Hello","annotations":[]}]}],"previous_response_id":null,"store":true,"unheard_of":[1.0],"usage":{"input_tokens":1,"output_tokens":1,"total_tokens":2}}`
	var sent []string
	front, up := serve(t, gateway.Config{Data: memstore.New()}, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		sent = append(sent, r.Method+" "+r.URL.Path+" "+string(b))
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "/chat/completions") {
			write(w, wholeChat)
			return
		}
		write(w, answer)
	})
	headers := func(provider string) map[string]string {
		return map[string]string{"X-Portkey-Provider": provider, "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k"}
	}
	const native = `{"model":"gpt-5","input":"Hi","previous_response_id":"resp_theirs_before"}`
	if got := respond(t, front, headers("openai"), false, native); string(got) != answer || sent[0] != "POST /responses "+native {
		t.Errorf("sent %s\ngot %s", sent[0], got)
	}
	if _, got := fetch(t, http.MethodGet, front.URL+"/v1/responses/resp_theirs", headers("openai")); string(got) != answer || !strings.HasPrefix(sent[1], "GET /responses/resp_theirs") {
		t.Errorf("sent %s\ngot %s", sent[1], got)
	}
	first := respond(t, front, headers("groq"), false, `{"model":"m","input":"Hi"}`)
	second := respond(t, front, headers("openai"), false, `{"model":"gpt-5","input":"More","previous_response_id":"`+str(first, "id")+`"}`)
	last := sent[len(sent)-1]
	if strings.Contains(last, "sluice") || strings.Contains(last, "previous_response_id") || !strings.Contains(last, "Hello!") || !strings.Contains(last, "More") {
		t.Errorf("sent %s", last)
	}
	if !strings.HasPrefix(str(second, "id"), "resp_sluice_") || str(second, "previous_response_id") != str(first, "id") || string(json.Lookup(second, "unheard_of")) != "[1.0]" {
		t.Errorf("got %s", second)
	}
	if status, got := fetch(t, http.MethodGet, front.URL+"/v1/responses/"+str(second, "id"), headers("openai")); status != http.StatusOK || !bytes.Equal(got, second) {
		t.Errorf("kept: %d %s", status, got)
	}
}
