package gateway_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"sluice/core/gateway"
	"sluice/core/store/memstore"
)

// seam is a config whose first target breaks off and whose second goes on.
func seam(url string) string {
	return fmt.Sprintf(continues,
		`{"provider":"groq","api_key":"k","custom_host":"`+url+`/a"}`,
		`{"provider":"anthropic","api_key":"k","custom_host":"`+url+`/b","override_params":{"model":"claude-sonnet-4-5"}}`)
}

func TestTheClientIsKeptWhileAnotherTargetIsAsked(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{KeepAlive: 20 * time.Millisecond}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		if strings.HasPrefix(r.URL.Path, "/a/") {
			write(w, chunk("Once upon"))
			return
		}
		time.Sleep(120 * time.Millisecond)
		write(w, messagesSaying(" a time"))
	})
	for _, path := range bothRoutes {
		_, got := post(t, front, path, `{"model":"m","stream":true,"max_tokens":99,"messages":[{"role":"user","content":"Hi"}]}`, map[string]string{"X-Portkey-Config": seam(up.URL)})
		_, behind, _ := strings.Cut(got, "Once upon")
		between, _, ok := strings.Cut(behind, " a time")
		if !ok || !strings.Contains(between, ": ") && !strings.Contains(between, "event: ping") {
			t.Errorf("%s: no sign of life in\n%s", path, got)
		}
	}
}

func TestAClientThatLeavesBehindASeamLeavesNothingBehind(t *testing.T) {
	gone := make(chan struct{}, 8)
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		if strings.HasPrefix(r.URL.Path, "/a/") {
			write(w, chunk("Once upon"))
			return
		}
		defer func() { gone <- struct{}{} }()
		begun, _, _ := strings.Cut(messagesSaying(" a time"), "event: content_block_stop")
		write(w, begun)
		<-r.Context().Done()
	})
	before := runtime.NumGoroutine()
	const leavers = 4
	for range leavers {
		ctx, leave := context.WithCancel(t.Context())
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, front.URL+"/v1/chat/completions", strings.NewReader(`{"model":"m","stream":true,"messages":[{"role":"user","content":"Hi"}]}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Portkey-Config", seam(up.URL))
		resp, err := front.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(resp.Body); lines.Scan() && !strings.Contains(lines.Text(), " a time"); {
		}
		leave()
		_ = resp.Body.Close()
		select {
		case <-gone:
		case <-time.After(10 * time.Second):
			t.Fatal("the target that went on was not told that the client has gone")
		}
	}
	front.CloseClientConnections()
	up.CloseClientConnections()
	eventually(t, "goroutines were left behind", func() int { return max(0, runtime.NumGoroutine()-before-4) })
}

// onceUponATime breaks off, and goes on when it is asked to.
func onceUponATime(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "text/event-stream")
	if strings.Contains(string(body), `{"role":"assistant","content":"Once upon"}`) {
		write(w, chunk(" a time")+chatEnd)
		return
	}
	write(w, chunk("Once upon"))
}

const asksForAStory = `{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"Hi"}]}`

func TestEveryStrategyWithOthersGoesOn(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{}, onceUponATime)
	target := `{"provider":"openai","api_key":"k","custom_host":"` + up.URL + `","capabilities":{"prefill":true}}`
	for _, mode := range []string{"fallback", "loadbalance", "latency", "cost", "hedge"} {
		config := fmt.Sprintf(`{"strategy":{"mode":%q,"on_break":"continue"},"targets":[%s,%s,%s]}`, mode, target, target, target)
		_, got := post(t, front, "/v1/chat/completions", asksForAStory, map[string]string{"X-Portkey-Config": config})
		if !strings.Contains(got, "Once upon") || !strings.Contains(got, `" a time"`) || !strings.HasSuffix(got, "data: [DONE]\n\n") {
			t.Errorf("%s: got\n%s", mode, got)
		}
	}
}

func TestAClientThatForbidsFallbacksIsNotRescued(t *testing.T) {
	t.Parallel()
	calls := 0
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		calls++
		onceUponATime(w, r)
	})
	target := `{"provider":"openai","api_key":"k","custom_host":"` + up.URL + `","capabilities":{"prefill":true}}`
	config := fmt.Sprintf(continues, target, target)
	_, got := post(t, front, "/v1/chat/completions", asksForAStory, map[string]string{"X-Portkey-Config": config, "X-Sluice-Fallback": "false"})
	if calls != 1 || !strings.Contains(got, "Once upon") || !strings.Contains(got, `"error"`) || strings.Contains(got, "[DONE]") {
		t.Errorf("%d calls\n%s", calls, got)
	}
}

// A provider that keeps responses has only the beginning of one that went on
// elsewhere: the whole is ours to keep, and to go on from.
func TestAContinuedResponseIsKeptWhole(t *testing.T) {
	t.Parallel()
	sides := sides()
	responses, asked := &sides[1], ""
	front, up := serve(t, gateway.Config{Data: memstore.New()}, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/b/") {
			rest(t, w, r)
			return
		}
		body, _ := io.ReadAll(r.Body)
		asked = string(body)
		responses.begin(t, w)
	})
	config := fmt.Sprintf(continues, responses.target(up.URL+"/a"), `{"provider":"anthropic","api_key":"k","custom_host":"`+up.URL+`/b","override_params":{"model":"claude-sonnet-4-5"}}`)
	ask := func(body string) []byte {
		_, got := post(t, front, "/v1/responses", body, map[string]string{"X-Portkey-Config": config})
		return []byte(got)
	}
	answer, err := responses.collect(ask(`{"model":"m","stream":true,"instructions":"Be brief.","input":"What is the capital of France?"}`))
	if err != nil {
		t.Fatal(err)
	}
	if wrong := toldText(answer); wrong != "" {
		t.Errorf("the answer has %s", wrong)
	}
	ask(`{"model":"m","stream":true,"instructions":"Be brief.","input":"And of Spain?","previous_response_id":"` + answer.ID + `"}`)
	if strings.Contains(asked, "previous_response_id") || !strings.Contains(asked, matrixText) {
		t.Errorf("the next request was sent as %s", asked)
	}
}
