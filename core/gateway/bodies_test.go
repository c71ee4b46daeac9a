package gateway_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"sluice/core/api"
	"sluice/core/gateway"
	"sluice/core/secret"
	"sluice/core/usage"
)

var full = api.Bodies{Keep: usage.KeepFull}

// TestBodiesAreKeptAsTheClientSentAndGotThem has no upstream's words in its
// records but those that the client has read.
func TestBodiesAreKeptAsTheClientSentAndGotThem(t *testing.T) {
	t.Parallel()
	chat := func(stream bool, more string) string {
		return fmt.Sprintf(`{"model":"gpt-4o", "stream":%t,"max_tokens":9,%s"messages":[{"role":"user","content":"Hi"}]}`, stream, more)
	}
	tests := []struct {
		name, path, body, kind, in string
	}{
		{"whole", "/v1/chat/completions", chat(false, ""), "application/json", `"content":"Hi"`},
		{"streamed", "/v1/chat/completions", chat(true, ""), "text/event-stream", "data: [DONE]"},
		{"whole, translated", "/v1/messages", chat(false, ""), "application/json", `"type":"message"`},
		{"streamed, translated", "/v1/messages", chat(true, ""), "text/event-stream", "event: message_stop"},
		{"binary frames", "/model/gpt-4o/converse-stream", `{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}`, "application/vnd.amazon.eventstream", "messageStop"},
		{"refused", "/v1/chat/completions", chat(false, `"stream":1,`), "application/json", "error"},
		{"a list of models", "/v1/models", "", "application/json", `"slug":"echo"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := &books{}
			front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}, Bodies: full}, chatUpstream)
			method, headers := "POST", []string{"Content-Type", "application/json", "Authorization", "Bearer key-of-openai", "X-Portkey-Provider", "openai", "X-Portkey-Custom-Host", up.URL}
			if tt.body == "" {
				method, headers = "GET", nil
			}
			resp, got := ask(t, front, method, tt.path+"?key=a-secret&a=b", strings.NewReader(tt.body), headers...)
			x := b.one(t).Exchange
			if x == nil || x.Method != method || x.URL != tt.path+"?key=***&a=b" {
				t.Fatalf("got %+v", x)
			}
			if string(x.Body.Bytes) != tt.body || x.Body.Cut() || x.Header.Get("Authorization") != "" {
				t.Errorf("the request is kept as %q, %d, %v", x.Body.Bytes, x.Body.Size, x.Header)
			}
			if string(x.Response.Bytes) != got || x.Response.Cut() || x.Response.Type != tt.kind || !strings.Contains(got, tt.in) {
				t.Errorf("the answer %q is kept as %q, %s", got, x.Response.Bytes, x.Response.Type)
			}
			if id := x.ResponseHeader.Get("X-Sluice-Request-Id"); id == "" || id != resp.Header.Get("X-Sluice-Request-Id") {
				t.Errorf("the header is kept as %v", x.ResponseHeader)
			}
		})
	}
}

func TestOfLongBodiesTheBeginningIsKept(t *testing.T) {
	t.Parallel()
	b := &books{}
	front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}, Bodies: api.Bodies{Keep: usage.KeepRedacted, Max: 100}}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		write(w, strings.Repeat(chunk("word "), 50)+chatEnd)
	})
	body := `{"model":"m","stream":true,"messages":[{"role":"user","content":"` + strings.Repeat("long ", 100) + `"}]}`
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = io.WriteString(z, body)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	_, got := ask(t, front, "POST", "/v1/chat/completions", &packed, "Content-Type", "application/json", "Content-Encoding", "gzip", "X-Portkey-Provider", "openai",
		"Authorization", "Bearer k", "X-Portkey-Custom-Host", up.URL)
	x := b.one(t).Exchange
	if string(x.Body.Bytes) != body[:100] || x.Body.Size != int64(len(body)) || !x.Body.Cut() {
		t.Errorf("the request is kept as %q of %d bytes", x.Body.Bytes, x.Body.Size)
	}
	if string(x.Response.Bytes) != got[:100] || x.Response.Size != int64(len(got)) || !x.Response.Cut() {
		t.Errorf("the answer is kept as %q of %d bytes", x.Response.Bytes, x.Response.Size)
	}
}

// TestOfWhatIsNoTextTypeAndSizeAreKept: forms with files, sounds, bodies too
// large to hold, and answers that nobody gets.
func TestOfWhatIsNoTextTypeAndSizeAreKept(t *testing.T) {
	t.Parallel()
	sound := strings.Repeat("\xff\xfb\x90", 100)
	form := "--x\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n" + strings.Repeat("a row\n", 500) + "\r\n--x--\r\n"
	tests := []struct {
		name, method, path, kind, body string
		maxBody                        int64
		answer                         string // its size
	}{
		{"a form", "POST", "/v1/files", "multipart/form-data; boundary=x", form, 0, sound},
		{"a form too large to hold", "POST", "/v1/files", "multipart/form-data; boundary=x", form, 100, sound},
		{"bytes", "PUT", "/v1/things", "application/octet-stream", sound, 0, sound},
		{"bytes without a type", "PUT", "/v1/things", "", sound, 0, sound},
		{"an answer to HEAD", "HEAD", "/v1/files/f/content", "", "", 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := &books{}
			front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}, Bodies: full, MaxBody: tt.maxBody}, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.Header().Set("Content-Type", "audio/mpeg")
				write(w, sound)
			})
			headers := []string{"X-Portkey-Provider", "openai", "Authorization", "Bearer k", "X-Portkey-Custom-Host", up.URL}
			if tt.kind != "" {
				headers = append(headers, "Content-Type", tt.kind)
			}
			var body io.Reader
			if tt.body != "" {
				body = struct{ io.Reader }{strings.NewReader(tt.body)} // whose length is not said
			}
			resp, _ := ask(t, front, tt.method, tt.path, body, headers...)
			r := b.one(t)
			x := r.Exchange
			if resp.StatusCode != 200 || r.Status != 200 || x == nil {
				t.Fatalf("%d %+v", resp.StatusCode, r)
			}
			if x.Body.Bytes != nil || x.Body.Type != tt.kind || x.Body.Size != int64(len(tt.body)) {
				t.Errorf("the request is kept as %.30q, %s, %d bytes of %d", x.Body.Bytes, x.Body.Type, x.Body.Size, len(tt.body))
			}
			if x.Response.Bytes != nil || x.Response.Type != "audio/mpeg" || x.Response.Size != int64(len(tt.answer)) {
				t.Errorf("the answer is kept as %.30q, %s, %d bytes", x.Response.Bytes, x.Response.Type, x.Response.Size)
			}
		})
	}
}

// TestTheStricterDecidesWhatIsKept: SE-16. Neither turns a client on what the
// settings leave out, nor the settings what a client does not want.
func TestTheStricterDecidesWhatIsKept(t *testing.T) {
	t.Parallel()
	tests := []struct {
		keep  usage.Keep
		debug []string
		kept  bool
		cache string // status of a second request like the first
	}{
		{"", nil, false, "HIT"},
		{"", []string{"true"}, false, "HIT"},
		{usage.KeepNone, []string{"true"}, false, "HIT"},
		{usage.KeepRedacted, nil, true, "HIT"},
		{usage.KeepFull, []string{"true"}, true, "HIT"},
		{usage.KeepFull, []string{"no"}, true, "HIT"},
		{usage.KeepFull, []string{"false"}, false, "DISABLED"},
		{usage.KeepRedacted, []string{" False"}, false, "DISABLED"},
		{usage.KeepFull, []string{"true", "false"}, false, "DISABLED"},
		{usage.KeepFull, []string{"true, false"}, false, "DISABLED"}, // as Lambda joins them
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.keep, tt.debug), func(t *testing.T) {
			t.Parallel()
			b := &books{}
			front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}, Bodies: api.Bodies{Keep: tt.keep}}, chatUpstream)
			headers := []string{"Content-Type", "application/json", "Authorization", "Bearer k",
				"X-Portkey-Config", `{"provider":"openai","custom_host":"` + up.URL + `","cache":{"mode":"simple"}}`}
			for _, v := range tt.debug {
				headers = append(headers, "X-Portkey-Debug", v)
			}
			ask := func() *http.Response {
				resp, _ := ask(t, front, "POST", "/v1/chat/completions", strings.NewReader(`{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}]}`), headers...)
				return resp
			}
			ask()
			if x := b.one(t).Exchange; (x != nil) != tt.kept {
				t.Errorf("kept is %+v", x)
			}
			if got := ask().Header.Get("X-Portkey-Cache-Status"); got != tt.cache {
				t.Errorf("the cache says %s, want %s", got, tt.cache)
			}
		})
	}
}

func TestHeadersAreKeptWithoutWhatIsSecret(t *testing.T) {
	t.Parallel()
	b := &books{}
	front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}, Bodies: full, Keys: gateway.StaticKeys(secret.New("the-gateway-key"))}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Set-Cookie", "session=of-the-provider")
		write(w, `{"token":"key-of-openai"}`)
	})
	_, got := ask(t, front, "POST", "/v1/things?X-Amz-Signature=abc&sig=def&X-Amz-Credential=me&a=1&access_token=ghi", strings.NewReader(`{"quotes":"key-of-openai the-gateway-key key-of-the-config"}`),
		"Content-Type", "application/json", "X-Portkey-Api-Key", "the-gateway-key", "Authorization", "Bearer key-of-openai", "Cookie", "session=s",
		"X-Portkey-Vertex-Service-Account-Json", `{"private_key":"k"}`, "X-Portkey-Aws-Secret-Access-Key", "aws", "X-Amz-Security-Token", "amz",
		"X-Portkey-Config", `{"provider":"openai","api_key":"key-of-the-config","custom_host":"`+up.URL+`"}`,
		"X-Of-Customers", "a name", "X-Another", "one more", "X-Portkey-Sensitive-Headers", "x-of-customers, x-third", "X-Portkey-Sensitive-Headers", "X-ANOTHER", "X-Portkey-Trace-Id", "t-1")
	x := b.one(t).Exchange
	if x == nil || !strings.Contains(got, "token") {
		t.Fatalf("%s %+v", got, x)
	}
	if want := "/v1/things?X-Amz-Signature=***&sig=***&X-Amz-Credential=***&a=1&access_token=***"; x.URL != want {
		t.Errorf("the URL is kept as %s", x.URL)
	}
	for _, gone := range []string{"X-Portkey-Api-Key", "Authorization", "Cookie", "X-Portkey-Vertex-Service-Account-Json", "X-Portkey-Aws-Secret-Access-Key", "X-Amz-Security-Token", "X-Of-Customers", "X-Another"} {
		if x.Header[gone] != nil {
			t.Errorf("%s is kept: %q", gone, x.Header[gone])
		}
	}
	if config := x.Header.Get("X-Portkey-Config"); config != `{"provider":"openai","api_key":"***","custom_host":"`+up.URL+`"}` || x.Header.Get("X-Portkey-Trace-Id") != "t-1" {
		t.Errorf("kept is %v", x.Header)
	}
	if sent, answer := string(x.Body.Bytes), string(x.Response.Bytes); sent != `{"quotes":"*** *** ***"}` || answer != `{"token":"***"}` || x.ResponseHeader["Set-Cookie"] != nil {
		t.Errorf("kept are %s, %s, %v", sent, answer, x.ResponseHeader)
	}
}

// TestASinkThatHangsOrPanicsLosesNothingElse runs on the hooks of a request.
func TestASinkThatHangsOrPanicsLosesNothingElse(t *testing.T) {
	t.Parallel()
	b := &books{}
	hangs := sinkFunc(func(ctx context.Context, _ *usage.Record) error {
		if _, bounded := ctx.Deadline(); !bounded {
			t.Error("a sink may take for ever")
		}
		panic("a bug")
	})
	front, up := serve(t, gateway.Config{Sinks: []usage.Sink{hangs, b}}, chatUpstream)
	_, _ = io.Copy(io.Discard, stream(t.Context(), t, front, up, "/v1/chat/completions").Body)
	if r := b.one(t); r.Status != 200 || r.Usage == nil {
		t.Errorf("got %+v", r)
	}
}

type sinkFunc func(context.Context, *usage.Record) error

func (s sinkFunc) Write(ctx context.Context, r *usage.Record) error { return s(ctx, r) }
