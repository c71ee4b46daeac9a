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
	"sluice/core/llm"
	"sluice/core/provider"
	"sluice/core/secret"
	"sluice/core/usage"
)

func key(k string) gateway.KeySource { return gateway.StaticKeys(secret.New(k)) }

func TestTheDefaultConfigsKeyStaysAtItsHost(t *testing.T) {
	t.Parallel()
	var stolen string
	front, thief := serve(t, gateway.Config{DefaultConfig: `{"provider":"openai","api_key":"OPERATOR"}`}, func(w http.ResponseWriter, r *http.Request) {
		stolen = r.Header.Get("Authorization")
	})
	status, body := post(t, front, "/v1/chat/completions", `{"model":"m","messages":[]}`, map[string]string{"X-Portkey-Custom-Host": thief.URL})
	if status != http.StatusBadRequest || stolen != "" {
		t.Errorf("%d %s, sent %q", status, body, stolen)
	}
}

func TestTheGatewayKeyGoesNowhere(t *testing.T) {
	t.Parallel()
	for name, headers := range map[string]map[string]string{
		"own header and bearer": {"X-Portkey-Api-Key": "the-gateway-key", "Authorization": "Bearer the-gateway-key"},
		"bearer and x-api-key":  {"Authorization": "Bearer the-gateway-key", "X-Api-Key": "the-gateway-key"},
	} {
		var seen http.Header
		front, up := serve(t, gateway.Config{Keys: key("the-gateway-key")}, func(w http.ResponseWriter, r *http.Request) { seen = r.Header })
		headers["X-Portkey-Provider"], headers["X-Portkey-Custom-Host"] = "anthropic", up.URL
		status, body := post(t, front, "/v1/messages", `{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"Hi"}]}`, headers)
		if seen != nil || status != http.StatusUnauthorized || strings.Contains(body, "the-gateway-key") {
			t.Errorf("%s: %d %s, upstream saw %v", name, status, body, seen)
		}
	}
}

func TestAWholeAnswerThatBreaksOffFallsBack(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if strings.HasPrefix(r.URL.Path, "/a/") {
			w.Header().Set("Content-Length", "1000")
			write(w, `{"id":"half`)
			return
		}
		write(w, wholeChat)
	})
	config := fmt.Sprintf(`{"strategy":{"mode":"fallback"},"targets":[{"provider":"openai","api_key":"k","custom_host":"%[1]s/a"},{"provider":"openai","api_key":"k","custom_host":"%[1]s/b"}]}`, up.URL)
	if status, body := post(t, front, "/v1/chat/completions", `{"model":"m","messages":[]}`, map[string]string{"X-Portkey-Config": config}); status != http.StatusOK {
		t.Errorf("%d %s", status, body)
	}
	single := fmt.Sprintf(`{"provider":"openai","api_key":"k","custom_host":"%s/a"}`, up.URL)
	if status, body := post(t, front, "/v1/chat/completions", `{"model":"m","messages":[]}`, map[string]string{"X-Portkey-Config": single}); status != http.StatusBadGateway {
		t.Errorf("alone: %d %s", status, body)
	}
}

// played streams an answer and returns what the client got.
func played(t *testing.T, c gateway.Config, path, answer string) string {
	t.Helper()
	front, up := serve(t, c, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		write(w, answer)
		if strings.Contains(answer, "[DONE]") {
			<-r.Context().Done() // the connection stays open after the end
		}
	})
	body, err := io.ReadAll(stream(t.Context(), t, front, up, path).Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestForwardedChunksAreNeverLost(t *testing.T) {
	t.Parallel()
	split := "data: {\"id\":\"c\",\ndata: \"choices\":\ndata: [{\"index\":0,\"delta\":{\"content\":\"kept\"},\"finish_reason\":null}]}\n\n"
	nested := `data: {"x":{"choices":[]},"id":"c","choices":[{"index":0,"delta":{"content":"also"},"finish_reason":null}]}` + "\n\n"
	usageNull := `data: {"id":"c","choices":[],"error":null,"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}` + "\n\n"
	got := played(t, gateway.Config{}, "/v1/chat/completions", split+nested+strings.Replace(chatEnd, "data: [DONE]", usageNull+"data: [DONE]", 1))
	if !strings.Contains(got, "kept") || !strings.Contains(got, "also") || strings.Contains(got, "prompt_tokens") {
		t.Errorf("got\n%s", got)
	}
}

func TestAStreamEndsWhenItSaysSo(t *testing.T) {
	t.Parallel()
	for _, path := range bothRoutes {
		b := &books{}
		began := time.Now()
		got := played(t, gateway.Config{Sinks: []usage.Sink{b}, KeepAlive: 20 * time.Millisecond}, path, chunk("Hi")+chatEnd)
		if r := b.one(t); r.Broken || time.Since(began) > 3*time.Second || strings.Contains(got, "error") {
			t.Errorf("%s: %+v after %s\n%s", path, r, time.Since(began), got)
		}
	}
}

func TestAForwardedStreamHasItsEnd(t *testing.T) {
	t.Parallel()
	got := played(t, gateway.Config{}, "/v1/chat/completions", chunk("Hi")+strings.Replace(chatEnd, "data: [DONE]\n\n", "", 1))
	if !strings.HasSuffix(got, "data: [DONE]\n\n") || strings.Count(got, "[DONE]") != 1 {
		t.Errorf("got\n%s", got)
	}
}

func TestAForwardedStreamThatIsCutInsideAnEventIsBroken(t *testing.T) {
	t.Parallel()
	for name, tail := range map[string]string{
		"in a line":          `data: {"id":"c","choices":[{"index":0,"del`,
		"without blank line": strings.TrimSpace(chunk("end")),
		"not JSON":           "data: {oops}\n\n",
	} {
		b := &books{}
		got := played(t, gateway.Config{Sinks: []usage.Sink{b}}, "/v1/chat/completions", chunk("Hi")+tail)
		r := b.one(t)
		last := got[strings.LastIndex(strings.TrimSpace(got), "\n\n")+1:]
		if !r.Broken || !strings.HasPrefix(strings.TrimSpace(last), `data: {"error":`) || strings.Contains(got, "[DONE]") {
			t.Errorf("%s: %+v\n%s", name, r, got)
		}
	}
}

func TestAnAnswerThatIsCutIsNotBookedAsItsFirstToken(t *testing.T) {
	t.Parallel()
	start := `event: message_start` + "\n" + `data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","content":[],"model":"m","stop_reason":null,"usage":{"input_tokens":100,"output_tokens":1}}}` + "\n\n" +
		"event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
	delta := "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"word \"}}\n\n"
	b := &books{}
	front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		write(w, start+strings.Repeat(delta, 500))
	})
	_, _ = post(t, front, "/v1/messages", `{"model":"m","max_tokens":1000,"stream":true,"messages":[{"role":"user","content":"Hi"}]}`,
		map[string]string{"X-Portkey-Provider": "anthropic", "X-Portkey-Custom-Host": up.URL, "X-Api-Key": "k"})
	if u := b.one(t).Usage; u == nil || u.Input != 100 || u.Output < 400 || !u.Estimated {
		t.Errorf("got %+v", u)
	}
}

func TestGuardrailsThatNobodyMakesAreRefused(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, _ *http.Request) { write(w, wholeChat) })
	status, body := post(t, front, "/v1/chat/completions", `{"model":"m","messages":[]}`, map[string]string{
		"X-Portkey-Provider": "openai", "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k",
		"X-Portkey-Default-Input-Guardrails": `[{"default.contains":{}}]`,
	})
	if status != http.StatusBadRequest {
		t.Errorf("%d %s", status, body)
	}
}

func TestAModelThatNamesItsProviderComesFirst(t *testing.T) {
	t.Parallel()
	h, err := gateway.New(gateway.Config{DefaultConfig: `{"provider":"openai","api_key":"k","custom_host":"http://127.0.0.1:9"}`, AllowLoopback: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range bothRoutes {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(`{"model":"@echo/echo","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}`))
		r.Header.Set("Authorization", "Bearer k")
		if h.ServeHTTP(w, r); w.Code != http.StatusOK || w.Header().Get("X-Portkey-Provider") != "echo" {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

func TestAStoredKeyIsACredentialAtHand(t *testing.T) {
	t.Parallel()
	k := &provider.Keyring{Env: func(n string) string { return map[string]string{"ANTHROPIC_API_KEY": "k"}[n] }}
	called := ""
	h, err := gateway.New(gateway.Config{Keyring: k, Around: func(core.Handler) core.Handler {
		return core.HandlerFunc(func(_ context.Context, c *core.Call) (*core.Reply, error) {
			called = c.Model
			return core.NewResponse(&llm.Response{Choices: []llm.Choice{{Finish: llm.Finish{Reason: llm.FinishStop}}}}), nil
		})
	}})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/messages", strings.NewReader(`{"model":"m","max_tokens":1,"messages":[]}`)))
	if w.Code != http.StatusOK || called != "m" {
		t.Errorf("%d %s, called %q", w.Code, w.Body, called)
	}
}

func TestALimitOfTimeIsNotAClientThatLeft(t *testing.T) {
	t.Parallel()
	b := &books{}
	front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}}, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then is a server told that its client has gone
		<-r.Context().Done()
	})
	h := front.Config.Handler
	timed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithDeadlineCause(r.Context(), time.Now().Add(100*time.Millisecond), errors.New("the invocation ends"))
		defer cancel()
		h.ServeHTTP(w, r.WithContext(ctx))
	}))
	defer timed.Close()
	status, body := post(t, timed, "/v1/chat/completions", `{"model":"m","messages":[]}`, map[string]string{
		"X-Portkey-Provider": "openai", "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k",
	})
	if r := b.one(t); status != http.StatusGatewayTimeout || r.Left || r.Error != "timeout" {
		t.Errorf("%d %s, %+v", status, body, r)
	}
}

func TestEndlessPreludesEnd(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for r.Context().Err() == nil {
			write(w, ": "+strings.Repeat("x", 1<<16)+"\n\n")
		}
	})
	if resp := stream(t.Context(), t, front, up, "/v1/chat/completions"); resp.StatusCode != http.StatusBadGateway {
		t.Errorf("%d", resp.StatusCode)
	}
}

func TestOverridesDecideAboutStreaming(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{}, chatUpstream)
	config := fmt.Sprintf(`{"provider":"openai","api_key":"k","custom_host":%q,"override_params":{"stream":true}}`, up.URL)
	_, body := post(t, front, "/v1/chat/completions", `{"model":"m","messages":[]}`, map[string]string{"X-Portkey-Config": config})
	if !strings.HasSuffix(body, "data: [DONE]\n\n") {
		t.Errorf("got %s", body)
	}
}
