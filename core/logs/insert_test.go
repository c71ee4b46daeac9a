package logs

import (
	"strings"
	"testing"

	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/price"
	"sluice/core/store/memstore"
	"sluice/core/usage"
)

const insertedLog = `{"request":{"url":"https://api.openai.com/v1/chat/completions?x=1","method":"POST","provider":"openai",
	"headers":{"authorization":"Bearer sk-1234567890abcdef","x-a":["1","2"]},"body":{"model":"gpt-4o","messages":[]}},
	"response":{"status":200,"headers":{"content-type":"application/json"},"response_time":1234.5,
	"body":{"model":"gpt-4o-2024-08-06","usage":{"prompt_tokens":1000,"completion_tokens":100,"prompt_tokens_details":{"cached_tokens":400}}}},
	"metadata":{"trace_id":"t1","spanId":"s1","span_name":"step","parent_span_id":"p1","_user":"me","n":7}}`

func TestInsertedLogsAreLogs(t *testing.T) {
	t.Parallel()
	records, err := Parse([]byte("["+insertedLog+","+insertedLog+"]"), price.Default())
	if err != nil || len(records) != 2 || records[0].ID == records[1].ID {
		t.Fatalf("%v, %v", records, err)
	}
	r := records[0]
	r.Workspace = "w"
	want := usage.Record{
		ID: r.ID, Request: r.ID, Time: r.Time, Source: SourceAPI, Workspace: "w", Trace: "t1", Span: "s1", SpanName: "step", Parent: "p1",
		Metadata: map[string]string{"_user": "me", "n": "7"}, Operation: llm.Generate, Dialect: llm.OpenAIChat, Asked: "gpt-4o",
		Provider: "openai", Model: "gpt-4o-2024-08-06", Status: 200, Total: 1_234_000,
		Usage: &usage.Tokens{Input: 600, CacheRead: 400, Output: 100}, Cost: r.Cost,
	}
	if got, want := string(json.ValueOf(r)), string(json.ValueOf(want)); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if r.Cost == nil || r.Cost.Gap != "" || r.Cost.Nano != 600*2500+400*1250+100*10_000 {
		t.Errorf("it costs %+v", r.Cost)
	}
	s := New(memstore.New(), Options{Keep: usage.KeepFull})
	write(t, s, r)
	got, err := s.Get(t.Context(), "w", r.ID)
	if err != nil {
		t.Fatal(err)
	}
	if x := got.Record.Exchange; x.Header.Get("Authorization") != "" || len(x.Header["X-A"]) != 2 || json.Unquote(json.Lookup(x.Response.Bytes, "model")) != "gpt-4o-2024-08-06" {
		t.Errorf("got %+v", x)
	}
	ids, _ := pages(t, s, Query{Workspace: "w", Filter: Filter{User: []string{"me"}}})
	same(t, "by its user", ids, []string{r.ID})
}

func TestTheUsageOfInsertedLogsIsRead(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]usage.Tokens{
		`{"usage":{"input_tokens":10,"output_tokens":5,"cache_read_input_tokens":3,"cache_creation_input_tokens":9,"cache_creation":{"ephemeral_1h_input_tokens":4}}}`: {Input: 10, CacheRead: 3, CacheWrite: 5, CacheWrite1h: 4, Output: 5},
		`{"usage":{"input_tokens":10,"input_tokens_details":{"cached_tokens":4},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":2}}}`:                    {Input: 6, CacheRead: 4, Output: 5, Reasoning: 2},
		`{"usage":{"prompt_tokens":1,"completion_tokens":-5}}`: {Input: 1},
	} {
		if got := usage.TokensOf(usageOf(json.Value(body))); got == nil || *got != want {
			t.Errorf("%s: got %+v", body, got)
		}
	}
	for _, body := range []string{`"text"`, `{}`, `{"usage":null}`, `{"usage":[1]}`} {
		if got := usageOf(json.Value(body)); got != nil {
			t.Errorf("%s: got %+v", body, got)
		}
	}
}

func TestWhatIsWrongWithAnInsertedLogIsNamed(t *testing.T) {
	t.Parallel()
	edit := func(old, new string) string { return strings.Replace(insertedLog, old, new, 1) }
	for want, body := range map[string]string{
		"request.url":            edit(`"url":"https://api.openai.com/v1/chat/completions?x=1",`, ``),
		"request.body":           edit(`"body":{"model":"gpt-4o","messages":[]}`, `"body":null`),
		"response.body":          edit(`"body":{"model":"gpt-4o-2024-08-06"`, `"bodies":{"model":"gpt-4o-2024-08-06"`),
		"response.status":        edit(`"status":200`, `"status":2000`),
		"response.response_time": edit(`1234.5`, `"soon"`),
		"metadata.n":             edit(`"n":7`, `"n":{"a":1}`),
		"[1].request.url":        "[" + insertedLog + "," + edit(`"url":"https`, `"uri":"https`) + "]",
		"request.method":         edit(`"method":"POST"`, `"method":7`),
	} {
		_, err := Parse([]byte(body), nil)
		e, ok := err.(*llm.Error)
		if !ok || e.Kind != llm.BadRequest || e.Param != want {
			t.Errorf("want %s named, got %v", want, err)
		}
	}
	for name, body := range map[string]string{"nothing": "[]", "too many": "[" + strings.Repeat("{},", 100) + "{}]", "broken": "[{", "a text": `"x"`} {
		if _, err := Parse([]byte(body), nil); llm.KindOf(err) != llm.BadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
}
