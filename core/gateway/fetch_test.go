package gateway_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sluice/core/gateway"
)

const aPNG, aPDF = "\x89PNG\r\n\x1a\n and so on", "%PDF-1.4 and so on"

// site has media, and what is none. It refuses whoever sends it more than a
// plain question.
func site(t *testing.T) (s *httptest.Server, asked *atomic.Int64) {
	t.Helper()
	asked = new(atomic.Int64)
	mux := http.NewServeMux()
	say := func(path, contentType, body string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			for _, name := range []string{"Authorization", "X-Api-Key", "X-Portkey-Provider", "Cookie", "Traceparent", "Referer"} {
				if r.Header.Get(name) != "" {
					t.Errorf("%s was sent with %s", path, name)
				}
			}
			if r.Header.Get("User-Agent") != "sluice" {
				t.Errorf("asked by %q", r.Header.Get("User-Agent"))
			}
			w.Header().Set("Content-Type", contentType)
			_, _ = io.WriteString(w, body)
		})
	}
	say("/a.png", "image/png", aPNG)
	say("/mislabelled", "image/jpeg", aPNG)
	say("/unlabelled", "binary/octet-stream", aPNG)
	say("/a.pdf", "application/pdf; qs=0.001", aPDF)
	say("/a.csv", "text/csv; charset=utf-8", "a,b\n1,2\n")
	say("/a.wav", "audio/x-wav", "RIFF\x24\x00\x00\x00WAVEfmt ")
	say("/page", "text/html", "<!DOCTYPE html><p>log in")
	say("/lie.png", "image/png", "<!DOCTYPE html><p>log in")
	say("/empty.png", "image/png", "")
	mux.HandleFunc("/large.png", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		for block := bytes.Repeat([]byte{1}, 1<<20); ; { // never says how long it is
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/long.png", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "900000000") })
	mux.HandleFunc("/down.png", func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	mux.HandleFunc("/slow.png", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/to", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Query().Get("u"), http.StatusFound)
	})
	s = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s, asked
}

// sent is a gateway before a provider that keeps what it is sent.
func sent(t *testing.T, c gateway.Config) (front *httptest.Server, url string, last func() string) {
	t.Helper()
	var mu sync.Mutex
	body := ""
	front, up := serve(t, c, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		mu.Lock()
		body = string(b)
		mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasSuffix(r.URL.Path, "/converse"):
			write(w, converseAnswer)
		case strings.HasSuffix(r.URL.Path, "/api/chat"):
			write(w, `{"model":"m","message":{"role":"assistant","content":"Hi"},"done":true,"done_reason":"stop"}`)
		default:
			w.WriteHeader(http.StatusTeapot)
		}
	})
	return front, up.URL, func() string {
		mu.Lock()
		defer mu.Unlock()
		defer func() { body = "" }()
		return body
	}
}

const fetchModel = `{"model":"anthropic.claude-sonnet-4-5-20250929-v1:0","max_tokens":9,"messages":[`

// asking is a request with one medium, in one of the forms that clients have.
func asking(form, url string) (path, body string) {
	part := func(s string) string {
		return fetchModel + `{"role":"user","content":[{"type":"text","text":"What is it?"},` + s + `]}]}`
	}
	switch form {
	case "chat image":
		return "/v1/chat/completions", part(`{"type":"image_url","image_url":{"url":"` + url + `"}}`)
	case "chat file":
		return "/v1/chat/completions", part(`{"type":"file","file":{"file_url":"` + url + `","filename":"x"}}`)
	case "image":
		return "/v1/messages", part(`{"type":"image","source":{"type":"url","url":"` + url + `"}}`)
	case "document":
		return "/v1/messages", part(`{"type":"document","source":{"type":"url","url":"` + url + `"}}`)
	case "result":
		return "/v1/messages", fetchModel + `{"role":"user","content":"Look"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{}}]},` +
			`{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"image","source":{"type":"url","url":"` + url + `"}}]}]}],"tools":[{"name":"f","input_schema":{"type":"object"}}]}`
	case "gemini":
		return "/v1beta/models/anthropic.claude-sonnet-4-5-20250929-v1:0:generateContent", `{"contents":[{"role":"user","parts":[{"fileData":{"mimeType":"audio/wav","fileUri":"` + url + `"}}]}]}`
	}
	panic(form)
}

func encoded(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// TestMediaByURLAreFetchedForBedrock: BD-13, and 17 and 22 of the reference's
// faults. Bedrock fetches nothing by http.
func TestMediaByURLAreFetchedForBedrock(t *testing.T) {
	t.Parallel()
	web, _ := site(t)
	front, up, last := sent(t, gateway.Config{})
	for _, tt := range []struct{ name, form, path, want string }{
		{"an image of a chat", "chat image", "/a.png?Signature=abc", `"image":{"format":"png","source":{"bytes":"` + encoded(aPNG) + `"}}`},
		{"an image of Messages", "image", "/a.png", `"bytes":"` + encoded(aPNG) + `"`},
		{"what the bytes are counts", "image", "/mislabelled", `"format":"png"`},
		{"a host that does not know", "image", "/unlabelled", `"format":"png"`},
		{"a PDF", "document", "/a.pdf", `"format":"pdf"`},
		{"a file of a chat", "chat file", "/a.csv", `"format":"csv"`},
		{"a sound of Gemini", "gemini", "/a.wav", `"audio":{"format":"wav"`},
		{"an image that a tool has shown", "result", "/a.png", `"bytes":"` + encoded(aPNG) + `"`},
		{"behind redirects", "image", "/to?u=/to%3Fu=/a.png", `"bytes":"` + encoded(aPNG) + `"`},
	} {
		path, body := asking(tt.form, web.URL+tt.path)
		status, answer := post(t, front, path, body, upstreams(up)["bedrock"])
		if got := last(); status != http.StatusOK || !strings.Contains(got, tt.want) || strings.Contains(got, "127.0.0.1") {
			t.Errorf("%s: %d %s\nsent %s", tt.name, status, answer, got)
		}
	}
}

func TestMediaThatCannotBeFetchedAreRefused(t *testing.T) {
	t.Parallel()
	web, _ := site(t)
	front, up, last := sent(t, gateway.Config{})
	for _, tt := range []struct {
		form, path, why string
		status          int
	}{
		{"image", "/none.png", "status 404", 400},
		{"image", "/down.png", "status 503", 502},
		{"image", "/page", "no image but text/html", 400},
		{"chat image", "/lie.png", "no image but text/html", 400},
		{"image", "/a.pdf", "no image but application/pdf", 400},
		{"document", "/page", "no document but text/html", 400},
		{"document", "/a.png", "no document but image/png", 400},
		{"image", "/empty.png", "empty", 400},
		{"image", "/large.png", "20 MB", 400},
		{"image", "/long.png", "20 MB", 400},
		{"image", "/to?u=http://169.254.169.254/latest/meta-data/", "may not call", 400},
		{"image", "/to?u=http://10.0.0.1/a.png", "may not call", 400},
		{"image", "/to?u=file:///etc/hostname", "may not call", 400},
		{"image", "/to?u=http://me:secret@example.com/a.png", "may not call", 400},
		{"image", "/to?u=/to%3Fu=/to%253Fu=/to%25253Fu=/a.png", "more than 3 times", 400},
	} {
		link := web.URL + tt.path
		if !strings.Contains(link, "?") {
			link += "?Signature=signed-by-me"
		}
		path, body := asking(tt.form, link)
		status, answer := post(t, front, path, body, upstreams(up)["bedrock"])
		if status != tt.status || !strings.Contains(answer, tt.why) || !strings.Contains(answer, "messages[0].content[1]") || strings.Contains(answer, "signed-by-me") || strings.Contains(answer, "secret") {
			t.Errorf("%s %s: %d %s, want %d and %q", tt.form, tt.path, status, answer, tt.status, tt.why)
		}
		if got := last(); got != "" {
			t.Errorf("%s: the provider was asked %s", tt.path, got)
		}
	}
}

func TestAHostThatDoesNotAnswerEndsWithTheRequest(t *testing.T) {
	t.Parallel()
	web, _ := site(t)
	front, up, _ := sent(t, gateway.Config{})
	headers := upstreams(up)["bedrock"]
	headers["X-Portkey-Request-Timeout"] = "200"
	path, body := asking("image", web.URL+"/slow.png")
	began := time.Now()
	status, answer := post(t, front, path, body, headers)
	if took := time.Since(began); status != http.StatusRequestTimeout || took > 5*time.Second {
		t.Errorf("%d %s after %s", status, answer, took)
	}
}

// TestMediaAreFetchedSideBySide has a host that answers nobody before two ask.
func TestMediaAreFetchedSideBySide(t *testing.T) {
	t.Parallel()
	var here sync.WaitGroup
	here.Add(2)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		here.Done()
		here.Wait()
		_, _ = io.WriteString(w, aPNG+r.URL.Path)
	}))
	t.Cleanup(web.Close)
	front, up, last := sent(t, gateway.Config{})
	image := func(path string) string {
		return `{"type":"image","source":{"type":"url","url":"` + web.URL + path + `"}}`
	}
	body := fetchModel + `{"role":"user","content":[` + image("/1") + "," + image("/2") + `]}]}`
	status, answer := post(t, front, "/v1/messages", body, upstreams(up)["bedrock"])
	got := last()
	one, two := strings.Index(got, encoded(aPNG+"/1")), strings.Index(got, encoded(aPNG+"/2"))
	if status != http.StatusOK || one < 0 || two < one {
		t.Errorf("%d %s\nsent %s", status, answer, got)
	}
}

// TestMediaAreFetchedOnce: neither a retry nor another target asks again.
func TestMediaAreFetchedOnce(t *testing.T) {
	t.Parallel()
	web, asked := site(t)
	calls := 0
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		if calls++; calls < 4 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		write(w, converseAnswer)
	})
	target := fmt.Sprintf(`{"provider":"bedrock","aws_access_key_id":"AKIDEXAMPLE","aws_secret_access_key":"s","custom_host":%q,"override_params":{"temperature":0},"retry":{"attempts":1}}`, up.URL)
	config := `{"strategy":{"mode":"fallback"},"targets":[` + target + "," + target + `]}`
	path, body := asking("image", web.URL+"/a.png")
	status, answer := post(t, front, path, body, map[string]string{"X-Portkey-Config": config})
	if status != http.StatusOK || calls != 4 || asked.Load() != 1 {
		t.Errorf("%d %s, %d calls, fetched %d times", status, answer, calls, asked.Load())
	}
}

// TestWhoeverFetchesGetsTheURL: the gateway fetches only for those who do not.
func TestWhoeverFetchesGetsTheURL(t *testing.T) {
	t.Parallel()
	web, asked := site(t)
	front, up, last := sent(t, gateway.Config{})
	link := web.URL + "/a.png"
	for provider, form := range map[string]string{"openai": "image", "anthropic": "chat image", "google": "image"} {
		path, body := asking(form, link)
		post(t, front, path, body, upstreams(up)[provider])
		if got := last(); !strings.Contains(got, link) {
			t.Errorf("%s was sent %s", provider, got)
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("fetched %d times", n)
	}
}

func TestOllamaGetsTheBytes(t *testing.T) {
	t.Parallel()
	web, _ := site(t)
	front, up, last := sent(t, gateway.Config{})
	path, body := asking("image", web.URL+"/a.png")
	status, answer := post(t, front, path, body, map[string]string{"X-Portkey-Provider": "ollama-native", "X-Portkey-Custom-Host": up})
	if got := last(); status != http.StatusOK || !strings.Contains(got, `"images":["`+encoded(aPNG)+`"]`) {
		t.Errorf("%d %s\nsent %s", status, answer, got)
	}
}

// TestAPlaceInS3GoesToBedrockOnly: it is the client's own account's business.
func TestAPlaceInS3GoesToBedrockOnly(t *testing.T) {
	t.Parallel()
	front, up, last := sent(t, gateway.Config{})
	const place = "s3://a-private-bucket/a.png"
	converse := `{"messages":[{"role":"user","content":[{"image":{"format":"png","source":{"s3Location":{"uri":"` + place + `"}}}}]}]}`
	for provider := range map[string]bool{"openai": true, "anthropic": true, "google": true} {
		status, answer := post(t, front, "/model/m/converse", converse, upstreams(up)[provider])
		if got := last(); status != http.StatusBadRequest || got != "" || strings.Contains(answer, "private") {
			t.Errorf("%s: %d %s, sent %s", provider, status, answer, got)
		}
	}
	path, body := asking("chat image", place)
	status, answer := post(t, front, path, body, upstreams(up)["bedrock"])
	if got := last(); status != http.StatusOK || !strings.Contains(got, `"s3Location":{"uri":"`+place+`"}`) {
		t.Errorf("bedrock: %d %s, sent %s", status, answer, got)
	}
}
