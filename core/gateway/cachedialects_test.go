package gateway_test

import (
	"fmt"
	"maps"
	"net/http"
	"sync/atomic"
	"testing"

	"sluice/core/gateway"
	"sluice/core/internal/golden"
)

// withCache is a side whose clients send a config with a cache.
func withCache(m matrixSide) matrixSide {
	headers := map[string]string{"X-Portkey-Config": `{"cache":{"mode":"simple"}}`}
	if m.headers == nil {
		headers["Authorization"] = "Bearer k"
	}
	maps.Copy(headers, m.headers)
	m.headers = headers
	return m
}

// TestAnEntryIsReplayedInEveryDialect: RC-03. What a client of one dialect was
// answered is given to clients of every other, in one piece and as a stream,
// whichever of the two it was. A text to be completed is no conversation.
func TestAnEntryIsReplayedInEveryDialect(t *testing.T) {
	t.Parallel()
	for _, up := range sides() {
		up := withCache(up)
		corpus := golden.Read(t, "testdata/matrix/"+up.corpus+".txtar")
		for _, first := range sides() {
			for _, s := range scenarios[:2] {
				t.Run(fmt.Sprintf("%s from %s, streamed %t", first.Name, up.Name, s.stream), func(t *testing.T) {
					t.Parallel()
					replayEverywhere(t, &first, &up, &s, corpus)
				})
			}
		}
	}
}

// replayEverywhere asks once, and then as everybody else.
func replayEverywhere(t *testing.T, first, up *matrixSide, s *scenario, corpus *golden.File) {
	var streamed atomic.Bool
	front, scripted := serve(t, gateway.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		up.reply(t, w, corpus, &scenarios[map[bool]int{true: 1}[streamed.Load()]])
	})
	play := func(client *matrixSide, s *scenario) string {
		body, ok := client.question(t, up.model, s)
		if !ok {
			t.Fatal("no question")
		}
		streamed.Store(s.stream)
		resp := client.post(t, front, up, scripted.URL, body, s.stream)
		defer resp.Body.Close()
		client.check(t, resp, s)
		return resp.Header.Get(cacheHead)
	}
	if got := play(first, s); got != "MISS" {
		t.Fatalf("at first %q", got)
	}
	text := func(m *matrixSide) bool { return m.Name == "Completions" }
	for _, client := range sides() {
		whole, stream := play(&client, &scenarios[0]), play(&client, &scenarios[1])
		if stream != "HIT" || text(&client) == text(first) && whole != "HIT" || text(&client) && !text(first) && whole == "HIT" {
			t.Errorf("%s: %q, streamed %q", client.Name, whole, stream)
		}
	}
}
