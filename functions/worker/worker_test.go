package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sluice/core/logs"
	"sluice/core/price"
	"sluice/core/rollup"
	"sluice/core/store/driver"
	"sluice/core/store/mototest"
)

const chat = `{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"one two three"}]}`

// provider streams an answer and says what it has used.
func provider(t *testing.T) (host string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":null}]}

data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini","choices":[],"usage":{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100}}

data: [DONE]

`)
	}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

// to are the headers of a request to a provider.
func to(host string, more ...string) []string {
	return append([]string{"x-portkey-provider", "openai", "Authorization", "Bearer key", "x-portkey-custom-host", "http://" + host + "/v1"}, more...)
}

// sums is the sum of all hours in a dimension.
func (s *stack) sums(t *testing.T, dimension string) (all rollup.Cell) {
	t.Helper()
	for r, err := range s.table.Range(t.Context(), "ROLL##"+dimension, driver.Query{}) {
		var c rollup.Cell
		if err = errors.Join(err, json.Unmarshal(r.Data, &c)); err != nil {
			t.Fatal(err)
		}
		all.Merge(&c)
	}
	return all
}

// spent is a recount of the logs.
func spent(list []logs.Entry) (sum price.Nano) {
	for _, e := range list {
		sum += e.Cost
	}
	return sum
}

func TestAStreamedRequestIsLoggedAndSummedUp(t *testing.T) {
	t.Parallel()
	s := newStack(t, mototest.URL(t))
	host := provider(t)
	gateway := s.start(t, gatewayBinary, s.url, "SLUICE_TRUSTED_HOSTS="+host)
	poller := s.poll(t)
	answer, _ := ask(t, gateway, chat, to(host, "x-portkey-metadata", `{"team":"a"}`)...)
	if !strings.HasSuffix(answer, "data: [DONE]\n\n") {
		t.Errorf("the answer is %s", answer)
	}
	list := s.entries(t, logs.Filter{}) // the process is frozen: what is there now is all there will be
	if len(list) != 1 || list[0].Cost <= 0 || !list[0].Stream || list[0].Model != "gpt-4o-mini" {
		t.Fatalf("logs: %+v\n%s", list, s.log)
	}
	if n := len(s.entries(t, logs.Filter{Model: []string{"gpt-4o-mini"}})); n != 0 {
		t.Errorf("%d logs are found by their model before the worker has run", n)
	}
	worker := s.start(t, workerBinary, s.url)
	changes, _ := poller.next(t)
	if len(changes) == 0 {
		t.Fatal("the stream has nothing for the worker")
	}
	for range 2 { // the second time they are delivered again
		if err := poller.deliver(t, worker, changes); err != nil {
			t.Fatalf("%v\n%s", err, s.log)
		}
		for _, f := range []logs.Filter{{Model: []string{"gpt-4o-mini"}}, {Metadata: map[string]string{"team": "a"}}, {Class: []string{"2xx"}}} {
			if found := s.entries(t, f); len(found) != 1 || found[0].ID != list[0].ID {
				t.Errorf("%+v finds %+v", f, found)
			}
		}
		for _, dimension := range []string{"all", "model", "provider", "meta:team"} {
			if c := s.sums(t, dimension); c.Requests != 1 || c.Cost != list[0].Cost || c.Input != 1000 || c.Output != 100 {
				t.Errorf("%s: %+v, want the cost %d", dimension, c, list[0].Cost)
			}
		}
	}
	if again, all := poller.next(t); len(again) != 0 || all == 0 {
		t.Errorf("of the %d changes that the worker made, it sees %d", all, len(again))
	}
}

// A process that is frozen is thrown away without notice.
func TestAFrozenProcessLosesNoRecord(t *testing.T) {
	t.Parallel()
	s := newStack(t, mototest.URL(t))
	host := provider(t)
	const processes, requests = 3, 3
	poller := s.poll(t)
	for range processes {
		gateway := s.start(t, gatewayBinary, s.url, "SLUICE_TRUSTED_HOSTS="+host)
		for range requests {
			ask(t, gateway, chat, to(host)...)
		}
		gateway.Close()
	}
	list := s.entries(t, logs.Filter{})
	if len(list) == 0 {
		t.Fatalf("no logs\n%s", s.log)
	}
	if len(list) != processes*requests {
		t.Errorf("%d records of %d requests", len(list), processes*requests)
	}
	changes, _ := poller.next(t)
	if err := poller.deliver(t, s.start(t, workerBinary, s.url), changes); err != nil {
		t.Fatal(err)
	}
	if c := s.sums(t, "all"); c.Requests != processes*requests || c.Cost != spent(list) {
		t.Errorf("the sums have %d requests for %d, want %d for %d", c.Requests, c.Cost, len(list), spent(list))
	}
}

func TestWhatTheWorkerMissedIsReadAgainByHand(t *testing.T) {
	t.Parallel()
	s := newStack(t, mototest.URL(t))
	host := provider(t)
	gateway := s.start(t, gatewayBinary, s.url, "SLUICE_TRUSTED_HOSTS="+host)
	for range 3 {
		ask(t, gateway, chat, to(host)...)
	}
	list := s.entries(t, logs.Filter{})
	if len(list) == 0 {
		t.Fatalf("no logs\n%s", s.log)
	}
	worker := s.start(t, workerBinary, s.url)
	event := fmt.Sprintf(`{"rescan":{"from":%q,"to":%q}}`, list[2].Time.Format("2006-01-02T15:04:05.999Z"), list[0].Time.Format("2006-01-02T15:04:05.999Z"))
	for range 2 {
		if out, err := worker.Invoke(t.Context(), []byte(event)); err != nil || string(out) != `{"records":3,"done":true}` {
			t.Fatalf("got %s, %v\n%s", out, err, s.log)
		}
		if c := s.sums(t, "all"); c.Requests != 3 || c.Cost != spent(list) {
			t.Errorf("the sums have %d requests for %d", c.Requests, c.Cost)
		}
	}
}

func TestAWorkerWithoutATableDoesNotStart(t *testing.T) {
	t.Parallel()
	for env, want := range map[string]string{
		"": "DATA_TABLE", "DATA_TABLE=t": "Lambda", "DATA_TABLE=t AWS_LAMBDA_RUNTIME_API=a SLUICE_LOG_DAYS=0": "SLUICE_LOG_DAYS",
	} {
		err := run(t.Context(), func(name string) string {
			for pair := range strings.FieldsSeq(env) {
				if v, ok := strings.CutPrefix(pair, name+"="); ok {
					return v
				}
			}
			return ""
		}, io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", env, err)
		}
	}
}

// What one process has kept in the table answers in another one, as a stream
// too, and costs nothing.
func TestTheSecondRequestIsAHitInAnotherProcess(t *testing.T) {
	t.Parallel()
	s := newStack(t, mototest.URL(t))
	host := provider(t)
	poller := s.poll(t)
	var answers, statuses []string
	for range 2 {
		gateway := s.start(t, gatewayBinary, s.url, "SLUICE_TRUSTED_HOSTS="+host)
		answer, h := ask(t, gateway, chat, to(host, "x-portkey-config", `{"cache":{"mode":"simple"}}`)...)
		answers, statuses = append(answers, answer), append(statuses, h.Get("X-Portkey-Cache-Status"))
		gateway.Close()
	}
	if statuses[0] != "MISS" || statuses[1] != "HIT" || !strings.Contains(answers[1], `"content":"Hi"`) || !strings.HasSuffix(answers[1], "data: [DONE]\n\n") {
		t.Errorf("%q: the second answer is %s", statuses, answers[1])
	}
	changes, _ := poller.next(t)
	if err := poller.deliver(t, s.start(t, workerBinary, s.url), changes); err != nil {
		t.Fatal(err)
	}
	first := s.entries(t, logs.Filter{Cache: []string{"MISS"}})
	if len(first) != 1 || first[0].Cost <= 0 {
		t.Fatalf("misses: %+v", first)
	}
	if c := s.sums(t, "all"); c.Requests != 2 || c.Hits != 1 || c.Cost != first[0].Cost || c.Saved != first[0].Cost {
		t.Errorf("the sums are %+v", c)
	}
}
