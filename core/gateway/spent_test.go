package gateway_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/gateway"
	"sluice/core/usage"
)

// checkSpent holds a record to its sum: the answer and the attempts beside it.
func checkSpent(t *testing.T, r *usage.Record) {
	t.Helper()
	if r.Cost == nil || r.Spent == nil || r.Cost.Gap != "" || r.Spent.Gap != "" {
		t.Fatalf("cost %+v, spent %+v of %+v", r.Cost, r.Spent, r.Attempts)
	}
	sum := r.Cost.Nano
	for _, a := range r.Attempts {
		if a.Cost != nil {
			sum += a.Cost.Nano
		}
	}
	if r.Spent.Nano != sum || sum == r.Cost.Nano {
		t.Errorf("spent %d, but the answer costs %d and all of it %d", r.Spent.Nano, r.Cost.Nano, sum)
	}
}

func TestAContinuedAnswerIsExplainedAtItsEnd(t *testing.T) {
	t.Parallel()
	b := &books{}
	front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		if strings.HasPrefix(r.URL.Path, "/a/") {
			write(w, chunk("Once upon"))
			return
		}
		write(w, chunk(" a time")+chatEnd)
	})
	node := `{"provider":"openai","api_key":"k","custom_host":"` + up.URL + `/%s","override_params":{"model":"gpt-4o"},"capabilities":{"prefill":true}}`
	config := fmt.Sprintf(`{"strategy":{"mode":"fallback","on_break":"continue"},"targets":[`+node+`,`+node+`]}`, "a", "b")
	resp, got := ask(t, front, http.MethodPost, "/v1/chat/completions", strings.NewReader(strings.Replace(question, `"max_tokens":9`, `"stream":true,"max_tokens":90`, 1)),
		"Content-Type", "application/json", "X-Portkey-Config", config, "X-Sluice-Explain", "true")
	first, last := explained(t, resp.Header.Get("X-Sluice-Explain")), explained(t, comment(got))
	if len(first.Attempts) != 1 || len(first.Notes) != 0 || len(last.Attempts) != 2 || len(last.Notes) != 1 || !strings.Contains(last.Notes[0].Text, "goes on with the answer of config.targets[0]") {
		t.Fatalf("at the commit %+v, at the end %+v\n%s", first, last, got)
	}
	r := b.one(t)
	checkSpent(t, r)
	if last.Cost != r.Cost.String() || last.Spent != r.Spent.String() || last.Attempts[0].Cost != r.Attempts[0].Cost.String() {
		t.Errorf("the client is told %+v, the record %+v", last, r)
	}
}

func TestTheLoserOfARaceIsInTheBill(t *testing.T) {
	t.Parallel()
	b := &books{}
	begun := make(chan struct{})
	h, err := gateway.New(gateway.Config{AllowLoopback: true, Sinks: []usage.Sink{b}})
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, after := core.WithAfter(r.Context())
		h.ServeHTTP(w, r.WithContext(ctx))
		after.Run(context.WithoutCancel(ctx), nil) // which waits for the loser's end
	}))
	defer front.Close()
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		write(w, "\n")
		if strings.HasPrefix(r.URL.Path, "/a/") {
			close(begun)
			<-r.Context().Done() // is given up
			return
		}
		<-begun
		write(w, chunk("Hi")+chatEnd)
	}))
	defer up.Close()
	config := strings.Replace(twoTargets(up, "a", "b"), `"fallback"`, `"hedge","delay":20`, 1)
	resp, got := ask(t, front, http.MethodPost, "/v1/chat/completions", strings.NewReader(strings.Replace(question, "{", `{"stream":true,`, 1)),
		"Content-Type", "application/json", "X-Portkey-Config", config, "X-Sluice-Explain", "true")
	if e := explained(t, comment(got)); resp.Header.Get("X-Portkey-Last-Used-Option-Index") != "config.targets[1]" || len(e.Notes) != 2 {
		t.Fatalf("%v\n%s", resp.Header, got)
	}
	r := b.one(t)
	for _, a := range r.Attempts {
		if a.Lost != (a.Option == "config.targets[0]") || a.Lost != (a.Cost != nil) {
			t.Errorf("%+v", a)
		}
	}
	checkSpent(t, r)
}
