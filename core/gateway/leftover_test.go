package gateway_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"sluice/core"
	"sluice/core/dialect/dialecttest"
	"sluice/core/gateway"
	"sluice/core/internal/golden"
	"sluice/core/llm"
	"sluice/core/usage"
)

// leftovers are what an attempt has said before its content when it fails:
// who it is, what it has used, and parts that it has opened somewhere else
// than an answer begins.
var leftovers = map[string]string{
	"chat": `data: {"id":"FIRST","object":"chat.completion.chunk","created":1,"model":"FIRST","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}` + "\n\n" +
		`data: {"id":"FIRST","object":"chat.completion.chunk","created":1,"model":"FIRST","choices":[],"usage":{"prompt_tokens":999,"completion_tokens":999,"total_tokens":1998}}` + "\n\n",
	"responses": "event: response.created\n" + `data: {"type":"response.created","sequence_number":70,"response":{"id":"resp_FIRST","object":"response","created_at":1,"status":"in_progress","model":"FIRST","output":[],"usage":{"input_tokens":999,"output_tokens":999,"total_tokens":1998}}}` + "\n\n" +
		"event: response.output_item.added\n" + `data: {"type":"response.output_item.added","sequence_number":71,"output_index":3,"item":{"type":"reasoning","id":"rs_FIRST","summary":[]}}` + "\n\n" +
		"event: response.output_item.added\n" + `data: {"type":"response.output_item.added","sequence_number":72,"output_index":4,"item":{"type":"message","id":"msg_FIRST","status":"in_progress","role":"assistant","content":[]}}` + "\n\n",
	"messages": "event: message_start\n" + `data: {"type":"message_start","message":{"id":"msg_FIRST","type":"message","role":"assistant","model":"FIRST","content":[],"stop_reason":null,"usage":{"input_tokens":999,"cache_read_input_tokens":999,"output_tokens":999}}}` + "\n\n" +
		"event: content_block_start\n" + `data: {"type":"content_block_start","index":3,"content_block":{"type":"thinking","thinking":"","signature":""}}` + "\n\n" +
		"event: content_block_start\n" + `data: {"type":"content_block_start","index":4,"content_block":{"type":"text","text":""}}` + "\n\n",
	"gemini":   `data: {"usageMetadata":{"promptTokenCount":999,"candidatesTokenCount":999,"totalTokenCount":1998},"modelVersion":"FIRST","responseId":"FIRST"}` + "\n\n",
	"converse": `messageStart {"role":"assistant"}` + "\n" + `contentBlockStop {"contentBlockIndex":3}` + "\n" + `metadata {"usage":{"inputTokens":999,"outputTokens":999,"totalTokens":1998},"metrics":{"latencyMs":1}}`,
	"invoke": `chunk {"type":"message_start","message":{"id":"msg_FIRST","type":"message","role":"assistant","model":"FIRST","content":[],"stop_reason":null,"usage":{"input_tokens":999,"cache_read_input_tokens":999,"output_tokens":999}}}` + "\n" +
		`chunk {"type":"content_block_start","index":3,"content_block":{"type":"text","text":""}}`,
	"cohere": "event: message-start\n" + `data: {"id":"FIRST","type":"message-start","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}` + "\n\n" +
		"event: content-start\n" + `data: {"type":"content-start","index":3,"delta":{"message":{"content":{"type":"text","text":""}}}}` + "\n\n",
}

// A leftoverRoute is how the next attempt comes about.
type leftoverRoute struct {
	name   string
	config string // %s: targets
}

var leftoverRoutes = []leftoverRoute{
	{"fallback", `{"strategy":{"mode":"fallback"},"targets":[%s,%s]}`},
	{"hedge", `{"strategy":{"mode":"hedge","delay":20},"targets":[%s,%s]}`},
}

// TestNothingOfAFailedAttemptIsInTheNext has an attempt fail that has opened
// its answer, and wants of the next one, with its tool calls, what it gives
// when it is asked alone: the same parts at the same places, the same usage,
// and nobody's names but its own.
func TestNothingOfAFailedAttemptIsInTheNext(t *testing.T) {
	t.Parallel()
	all := sides()
	for i := range all {
		for j := range all {
			first, client := &all[i], &all[j]
			if leftovers[first.corpus] == "" || client.wordless != nil {
				continue
			}
			for k, r := range leftoverRoutes {
				second := client
				if first == client || k == 1 { // the next answer is forwarded in some cells, and translated in the others
					second = &all[(j+1+k)%6]
				}
				t.Run(fmt.Sprintf("%s, %s from %s, then %s", r.name, client.Name, first.Name, second.Name), func(t *testing.T) {
					t.Parallel()
					playLeftover(t, client, first, second, r.config)
				})
			}
		}
	}
}

// TestNothingOfAFailedAttemptIsInItsRetry is the same with one target, which
// is asked twice.
func TestNothingOfAFailedAttemptIsInItsRetry(t *testing.T) {
	t.Parallel()
	all := sides()
	for _, pair := range [][2]int{{0, 0}, {2, 2}, {2, 0}, {0, 4}, {1, 2}, {3, 5}} {
		client, up := &all[pair[0]], &all[pair[1]]
		t.Run(client.Name+" from "+up.Name, func(t *testing.T) {
			t.Parallel()
			playLeftover(t, client, up, up, `{"retry":{"attempts":1,"use_retry_after_header":false},"strategy":{"mode":"single"},"targets":[%s]}`)
		})
	}
}

// playLeftover asks the second target alone, then behind the first one, and
// compares.
func playLeftover(t *testing.T, client, first, second *matrixSide, config string) {
	var asked, failed atomic.Int32
	said := make(chan struct{}) // the first attempt has said something
	opening := first.encoded(t, []byte(leftovers[first.corpus]))
	tools := golden.Read(t, "testdata/matrix/"+second.corpus+".txtar").Get("tools.stream")
	var b books
	front, up := serve(t, gateway.Config{Sinks: []usage.Sink{&b}}, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		n := asked.Add(1)
		if strings.HasPrefix(r.URL.Path, "/first") && failed.Add(1) == 1 {
			w.Header().Set("Content-Type", first.streamType)
			write(w, string(opening))
			close(said)
			if strings.Contains(config, "hedge") {
				<-r.Context().Done() // it is still open when the other one answers
			}
			panic(http.ErrAbortHandler)
		}
		if n > 1 {
			<-said
		}
		w.Header().Set("Content-Type", second.streamType)
		write(w, string(second.encoded(t, tools)))
	})
	ask := func(config string) string {
		body, _ := client.question(t, client.model, &scenarios[3])
		status, got := post(t, front, client.path(client.model, true), string(body), map[string]string{"X-Portkey-Config": config})
		if status != http.StatusOK || strings.Contains(got, "FIRST") || strings.Contains(got, "999") {
			t.Fatalf("%d %s", status, got)
		}
		return client.heard([]byte(got))
	}
	well := target(second, up.URL+"/second", "")
	want := ask(well)
	ill := []any{target(first, up.URL+"/first", ""), well}[:strings.Count(config, "%s")]
	got := ask(fmt.Sprintf(config, ill...))
	if got != want || !strings.Contains(want, "Bonn") || asked.Load() != 3 {
		t.Errorf("after %d requests the answer is\n%s\nalone it is\n%s", asked.Load(), got, want)
	}
	eventually(t, "records are missing", func() int { b.mu.Lock(); defer b.mu.Unlock(); return 2 - len(b.rows) })
	for _, r := range b.rows {
		if u := r.Usage; u == nil || u.Input != 21 || u.Output != 9 || u.CacheRead != 0 {
			t.Errorf("booked is %+v", u)
		}
	}
}

// made are ids and times that differ between any two answers.
var made = regexp.MustCompile(`[A-Z2-7]{26}|"created(_at)?":[0-9]+`)

// heard lists the events of a stream as a client reads them.
func (m *matrixSide) heard(stream []byte) string {
	var events []llm.Event
	var failure error
	for e, err := range core.Events(m.Frames(bytes.NewReader(stream), 0), m.Out.Raw(nil).DecodeStream()) {
		if err != nil {
			failure = err
			break
		}
		events = append(events, e)
	}
	return made.ReplaceAllString(dialecttest.Dump(events, failure), "made")
}
