package gateway_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sluice/core/gateway"
)

const vectors = `{"object": "list", "data": [{"object":"embedding","index":0,"embedding":[0.0023064255,-1.50]}], "model":"text-embedding-3-small-x", "usage":{"prompt_tokens":8,"total_tokens":8}, "unheard":1}`

func TestEmbeddingsOfTheSameFormAreNotRebuilt(t *testing.T) {
	t.Parallel()
	const asked = `{"model" : "text-embedding-3-small","input":["a", "b"],"encoding_format":"float", "new":{"x":1.0}}`
	var path, sent string
	resp, got, err := relayCall(t, "POST", "/v1/embeddings?x=1", "application/json", []byte(asked), func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		path, sent = r.URL.RequestURI(), string(body)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Ratelimit-Limit-Requests", "7")
		write(w, vectors)
	}, "Cookie", "c=1", "X-Mine", "1")
	if err != nil || path != "/embeddings?x=1" || sent != asked {
		t.Errorf("%v, %s was sent %s", err, path, sent)
	}
	if resp.StatusCode != http.StatusOK || string(got) != vectors || resp.Header.Get("X-Ratelimit-Limit-Requests") != "7" || resp.Header.Get("X-Portkey-Provider") != "openai" {
		t.Errorf("%d %s %v", resp.StatusCode, got, resp.Header)
	}
	if cost := resp.Header.Get("X-Sluice-Cost"); cost != "0.00000016" { // 8 × $0.02 a million
		t.Errorf("cost %q", cost)
	}
}

func TestVectorsComeInBase64WhereTheProviderOnlyHasNumbers(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{
		`"base64"`: `"embedding":"ZicXOwAAwL8="`,
		`"float"`:  `"embedding":[0.0023064255,-1.50]`,
		`null`:     `"embedding":[0.0023064255,-1.50]`,
	} {
		_, got, err := relayCall(t, "POST", "/v1/embeddings", "application/json", []byte(`{"model":"m","input":"a","encoding_format":`+format+`}`), answering("application/json", vectors))
		if err != nil || !strings.Contains(string(got), want) || !strings.Contains(string(got), `"unheard":1`) {
			t.Errorf("%s: %v %s", format, err, got)
		}
	}
}

func answering(contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		write(w, body)
	}
}

func TestABadAnswerIsNoAnswer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ path, contentType, body, want string }{
		{"/v1/embeddings", "application/json", `{"error":{"message":"no such model","type":"invalid_request_error","code":"model_not_found"}}`, "no such model"},
		{"/v1/embeddings", "application/json", ``, "its answer is empty"},
		{"/v1/embeddings", "application/json", `{"data":[`, "not valid JSON"},
		{"/v1/images/generations", "text/html", `<html>`, "web page"},
		{"/v1/audio/speech", "application/json", `{"error":"no such voice"}`, "no such voice"},
		{"/v1/audio/speech", "text/event-stream", "event: error\ndata: {\"error\":{\"message\":\"overloaded\"}}\n\n", "overloaded"},
		{"/v1/audio/speech", "text/event-stream", ": nothing but a comment\n\n", "no content"},
	} {
		resp, got, err := relayCall(t, "POST", tt.path, "application/json", []byte(`{"model":"m","input":"a"}`), answering(tt.contentType, tt.body))
		if err != nil || resp.StatusCode < 400 || !strings.Contains(string(got), `"error":{"message":"openai error: `) || !strings.Contains(string(got), tt.want) {
			t.Errorf("%s %s: %d %s %v", tt.path, tt.body, resp.StatusCode, got, err)
		}
	}
}

func TestErrorsOfTasksAreInOpenAIsEnvelope(t *testing.T) {
	t.Parallel()
	resp, got, err := relayCall(t, "POST", "/v1/images/generations", "application/json", []byte(`{"prompt":"x"}`), func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		write(w, `{"error":{"message":"refused","type":"image_generation_user_error","code":"moderation_blocked","param":null}}`)
	})
	if want := `{"error":{"message":"openai error: refused","type":"image_generation_user_error","param":null,"code":"moderation_blocked"},"provider":"openai"}`; err != nil || resp.StatusCode != http.StatusBadRequest || string(got) != want {
		t.Errorf("%d %s %v", resp.StatusCode, got, err)
	}
}

func TestBinaryAnswersArriveAsTheyCome(t *testing.T) {
	t.Parallel()
	sound := []byte{0xff, 0xfb, 0, '\r', '\n', 0xc3, 0x28, 0}
	step := make(chan struct{})
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "audio/mpeg")
		write(w, string(sound))
		<-step // the rest is not sent before the client has this
		write(w, string(sound))
	})
	req, err := http.NewRequestWithContext(t.Context(), "POST", front.URL+"/v1/audio/speech", strings.NewReader(`{"model":"tts-1","input":"Hi","voice":"alloy"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer k")
	req.Header.Set("X-Portkey-Provider", "openai")
	req.Header.Set("X-Portkey-Custom-Host", up.URL)
	resp, err := front.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	first := make([]byte, len(sound))
	_, err = io.ReadFull(resp.Body, first)
	close(step)
	rest, restErr := io.ReadAll(resp.Body)
	if err != nil || restErr != nil || !bytes.Equal(first, sound) || !bytes.Equal(rest, sound) || resp.Header.Get("Content-Type") != "audio/mpeg" {
		t.Errorf("%q %q %v %v %v", first, rest, err, restErr, resp.Header)
	}
}

func TestEventsOfTasksArePassedOn(t *testing.T) {
	t.Parallel()
	const events = ": open\n\nevent: image_generation.partial_image\ndata: {\"type\":\"image_generation.partial_image\",\"b64_json\":\"AA==\"}\n\n" +
		"event: image_generation.completed\r\ndata: {\"type\":\"image_generation.completed\",\"usage\":{\"input_tokens\":1}}\r\n\r\n"
	resp, got, err := relayCall(t, "POST", "/v1/images/generations", "application/json", []byte(`{"model":"gpt-image-1","prompt":"x","stream":true,"partial_images":1}`), answering("text/event-stream; charset=utf-8", events))
	if err != nil || string(got) != events || resp.Header.Get("Content-Type") != "text/event-stream; charset=utf-8" {
		t.Errorf("%v %q %s", err, got, resp.Header.Get("Content-Type"))
	}
	const broken = "data: {\"type\":\"speech.audio.delta\",\"audio\":\"AA==\"}\n\n" + "event: error\ndata: {\"type\":\"error\",\"error\":{\"message\":\"broke\"}}\n\n"
	_, got, err = relayCall(t, "POST", "/v1/audio/speech", "application/json", []byte(`{"model":"m","input":"x","stream_format":"sse"}`), answering("text/event-stream", broken+"data: {\"more\":1}\n\n"))
	if err != nil || string(got) != broken {
		t.Errorf("%v %q", err, got)
	}
}

// A stream that ends behind a piece of an image or a sound was cut, and must
// not look whole.
func TestCutEventsOfTasksAreNotTheEnd(t *testing.T) {
	t.Parallel()
	for kind, whole := range map[string]bool{
		"image_generation.partial_image": false, "speech.audio.delta": false, "transcript.text.delta": false,
		"image_edit.completed": true, "speech.audio.done": true, "transcript.text.done": true,
	} {
		for _, before := range []string{"", "data: {\"type\":\"transcript.text.delta\",\"delta\":\"A\"}\n\n"} {
			events := before + "data: {\"type\":\"" + kind + "\"}\n\n"
			_, got, err := relayCall(t, "POST", "/v1/images/generations", "application/json", []byte(`{"model":"m","prompt":"x","stream":true}`), answering("text/event-stream", events))
			if whole && string(got) != events || (err == nil) != whole {
				t.Errorf("%s: %v %q", kind, err, got)
			}
		}
	}
}

// soundForm is a form with a file of size bytes, the file first as OpenAI's SDKs send it.
func soundForm(t *testing.T, model string, size int) (contentType string, body []byte) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	f, err := w.CreateFormFile("file", "talk.mp3")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = f.Write(bytes.Repeat([]byte{0xff, 0, '\r', '\n', '-', '-', 0x80, 'x'}, size/8))
	for _, field := range [][2]string{{"model", model}, {"timestamp_granularities[]", "word"}, {"timestamp_granularities[]", "segment"}} {
		if err := w.WriteField(field[0], field[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.Bytes()
}

func TestFormsGoOnByteForByte(t *testing.T) {
	t.Parallel()
	for path, answer := range map[string][2]string{
		"/v1/audio/transcriptions": {"text/plain; charset=utf-8", "Hello.\n"},
		"/v1/audio/translations":   {"application/json", `{"text": "Hello."}`},
		"/v1/images/edits":         {"application/json", `{"data":[{"b64_json":"AA=="}]}`},
		"/v1/images/variations":    {"application/json", `{"data":[{"b64_json":"AA=="}]}`},
	} {
		size := 1 << 20
		if path == "/v1/audio/transcriptions" {
			size = 20 << 20 // more than is held
		}
		contentType, form := soundForm(t, "whisper-1", size)
		same := false
		resp, got, err := relayCall(t, "POST", path, contentType, form, func(w http.ResponseWriter, r *http.Request) {
			sent, _ := io.ReadAll(r.Body)
			same = bytes.Equal(sent, form) && r.Header.Get("Content-Type") == contentType && r.URL.Path == strings.TrimPrefix(path, "/v1")
			answering(answer[0], answer[1])(w, r)
		})
		if err != nil || !same || string(got) != answer[1] || !strings.HasPrefix(answer[0], resp.Header.Get("Content-Type")) {
			t.Errorf("%s: sent the same: %t; got %d %q %s %v", path, same, resp.StatusCode, got, resp.Header.Get("Content-Type"), err)
		}
	}
}

func TestOnlyTheModelOfAFormChanges(t *testing.T) {
	t.Parallel()
	contentType, form := soundForm(t, "@openai/whisper-1", 64)
	for _, config := range []string{
		``,
		`,"override_params":{"model":"forced","temperature":0.20,"language":"de"}`,
	} {
		var sent []byte
		front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
			sent, _ = io.ReadAll(r.Body)
			answering("application/json", `{"text":"x"}`)(w, r)
		})
		headers := map[string]string{"Content-Type": contentType, "Authorization": "Bearer k", "X-Portkey-Custom-Host": up.URL}
		want := bytes.Replace(form, []byte("@openai/whisper-1"), []byte("whisper-1"), 1)
		if config != "" {
			headers["X-Portkey-Config"] = fmt.Sprintf(`{"provider":"openai","api_key":"k","custom_host":%q%s}`, up.URL, config)
			want = bytes.Replace(form, []byte("@openai/whisper-1"), []byte("forced"), 1)
			_, boundary, _ := strings.Cut(contentType, "boundary=")
			for _, f := range [][2]string{{"temperature", "0.20"}, {"language", "de"}} {
				want = append([]byte("--"+boundary+"\r\nContent-Disposition: form-data; name=\""+f[0]+"\"\r\n\r\n"+f[1]+"\r\n"), want...)
			}
		}
		if status, body := post(t, front, "/v1/audio/transcriptions", string(form), headers); status != http.StatusOK || !bytes.Equal(sent, want) {
			t.Errorf("%d %s\nsent %q\nwant %q", status, body, sent, want)
		}
	}
}

func TestTasksAreRetriedAndFallBack(t *testing.T) {
	t.Parallel()
	contentType, form := soundForm(t, "whisper-1", 1<<20)
	var calls atomic.Int32
	bad := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer bad.Close()
	front, good := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		sent, _ := io.ReadAll(r.Body)
		if r.URL.Path != "/audio/transcriptions" || !bytes.Equal(sent, form) {
			w.WriteHeader(http.StatusTeapot)
		}
		answering("application/json", `{"text":"Hello."}`)(w, r)
	})
	config := fmt.Sprintf(`{"strategy":{"mode":"fallback"},"targets":[{"provider":"openai","api_key":"k","custom_host":%q,"retry":{"attempts":1,"on_status_codes":[503]}},{"provider":"groq","api_key":"k","custom_host":%q}]}`, bad.URL, good.URL)
	status, got := post(t, front, "/v1/audio/transcriptions", string(form), map[string]string{"Content-Type": contentType, "X-Portkey-Config": config})
	if status != http.StatusOK || got != `{"text":"Hello."}` || calls.Load() != 2 {
		t.Errorf("%d %s after %d calls", status, got, calls.Load())
	}
}

func TestAProviderWithoutTheOperationSaysSo(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		answering("application/json", `{"path":"`+r.URL.Path+`"}`)(w, r)
	})
	headers := map[string]string{"Authorization": "Bearer k", "X-Portkey-Provider": "perplexity-ai", "X-Portkey-Custom-Host": up.URL}
	if status, body := post(t, front, "/v1/embeddings", `{"model":"m","input":"x"}`, headers); status != http.StatusBadRequest || body != `{"status":"failure","message":"embed is not supported by perplexity-ai"}` {
		t.Errorf("%d %s", status, body)
	}
	headers["X-Portkey-Provider"] = "anthropic" // has none of these, but a server behind its dialect may
	for _, path := range []string{"/moderations", "/rerank"} {
		if status, body := post(t, front, "/v1"+path, `{"input":"x"}`, headers); status != http.StatusOK || body != `{"path":"`+path+`"}` {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if status, body := post(t, front, "/v1/embeddings", `a=b`, map[string]string{"Content-Type": "multipart/form-data; boundary=x", "X-Portkey-Provider": "openai"}); status != http.StatusBadRequest || !strings.Contains(body, "Invalid content type") {
		t.Errorf("%d %s", status, body)
	}
}

func TestEmbeddingsDoNotFallBackToAnotherModel(t *testing.T) {
	t.Parallel()
	var asked []string
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = append(asked, r.URL.Path+" "+string(body))
		if strings.HasPrefix(r.URL.Path, "/first") {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		answering("application/json", vectors)(w, r)
	})
	config := func(second string) string {
		return fmt.Sprintf(`{"strategy":{"mode":"fallback"},"targets":[{"provider":"openai","api_key":"k","custom_host":"%s/first"},{"provider":"openai","api_key":"k","custom_host":"%s/other","override_params":{"model":%q}},{"provider":"deepinfra","api_key":"k","custom_host":"%s/last","override_params":{"model":"openai/m"}}]}`,
			up.URL, up.URL, second, up.URL)
	}
	status, body := post(t, front, "/v1/embeddings", `{"model":"m","input":"x"}`, map[string]string{"X-Portkey-Config": config("another")})
	if want := []string{`/first/embeddings {"model":"m","input":"x"}`, `/last/embeddings {"model":"openai/m","input":"x"}`}; status != http.StatusOK || !slices.Equal(asked, want) {
		t.Errorf("%d %s, asked %q", status, body, asked)
	}
	asked = nil
	if status, _ = post(t, front, "/v1/embeddings", `{"model":"m","input":"x"}`, map[string]string{"X-Portkey-Config": config("m")}); status != http.StatusOK || len(asked) != 2 || !strings.HasPrefix(asked[1], "/other") {
		t.Errorf("%d, asked %q", status, asked)
	}
}

// TestOneCallOfSeveralRequests asks a provider that makes one image a
// request for nine.
func TestOneCallOfSeveralRequests(t *testing.T) {
	t.Parallel()
	var calls, now, most, failing atomic.Int32
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		n := calls.Add(1)
		most.Store(max(most.Load(), now.Add(1)))
		defer now.Add(-1)
		time.Sleep(5 * time.Millisecond)
		body, _ := io.ReadAll(r.Body)
		switch {
		case failing.Load() > 0 && n >= failing.Load():
			w.WriteHeader(http.StatusServiceUnavailable)
			write(w, `{"message":"full"}`)
		case string(body) == `{"prompt":"x","model_name":"m"}` && r.URL.Path == "/v1/image/generation":
			answering("application/json", `{"images":[{"image":"AA=="}]}`)(w, r)
		}
	})
	headers := map[string]string{"X-Portkey-Config": fmt.Sprintf(`{"provider":"hyperbolic","api_key":"k","custom_host":%q,"retry":{"attempts":1,"on_status_codes":[503]}}`, up.URL)}
	const nine = `{"model":"m","prompt":"x","n":9}`
	status, body := post(t, front, "/v1/images/generations", nine, headers)
	if status != http.StatusOK || strings.Count(body, "b64_json") != 9 || calls.Load() != 9 || most.Load() > 4 {
		t.Errorf("%d %s after %d calls, %d at once", status, body, calls.Load(), most.Load())
	}
	calls.Store(0)
	failing.Store(3)
	status, body = post(t, front, "/v1/images/generations", nine, headers)
	if status != http.StatusServiceUnavailable || !strings.Contains(body, "hyperbolic error: full") || calls.Load() > 14 {
		t.Errorf("%d %s after %d calls", status, body, calls.Load())
	}
}

func TestTasksHaveATimeLimit(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-r.Context().Done():
		case <-done:
		}
	})
	defer close(done)
	for _, provider := range []string{"openai", "voyage"} {
		status, body := post(t, front, "/v1/embeddings", `{"model":"m","input":"x"}`, map[string]string{
			"Authorization": "Bearer k", "X-Portkey-Provider": provider, "X-Portkey-Custom-Host": up.URL, "X-Portkey-Request-Timeout": "50",
		})
		if status != http.StatusRequestTimeout || !strings.Contains(body, "50ms") {
			t.Errorf("%s: %d %s", provider, status, body)
		}
	}
}

func TestFormsOfProvidersAreTranslatedBothWays(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ provider, path, asked, sent, answer, want, dropped string }{
		{"nomic", "/v1/embeddings", `{"model":"m","input":["a"],"encoding_format":"base64","dimensions":1,"user":"u"}`, `/embedding/text {"texts":["a"],"model":"m","dimensionality":1}`,
			`{"embeddings":[[1]],"usage":{"prompt_tokens":4,"total_tokens":4}}`, `{"object":"list","data":[{"object":"embedding","index":0,"embedding":"AACAPw=="}],"model":"m","usage":{"prompt_tokens":4,"total_tokens":4}}`, "user"},
		{"voyage", "/v1/rerank", `{"model":"m","query":"q","documents":["a","b"],"top_n":1}`, `/rerank {"model":"m","query":"q","documents":["a","b"],"top_k":1}`,
			`{"data":[{"index":1,"relevance_score":0.90}],"usage":{"total_tokens":4}}`, `{"id":"","results":[{"index":1,"relevance_score":0.90}],"model":"m","usage":{"total_tokens":4}}`, ""},
		{"jina", "/v2/rerank", `{"model":"m","query":"q","documents":["a"]}`, `/rerank {"model":"m","query":"q","documents":["a"]}`, `{"results":[ ]}`, `{"results":[ ]}`, ""},
	} {
		var sent string
		resp, got, err := relayCall(t, "POST", tt.path, "application/json", []byte(tt.asked), func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			sent = r.URL.Path + " " + string(body)
			answering("application/json", tt.answer)(w, r)
		}, "X-Portkey-Provider", tt.provider)
		if err != nil || sent != tt.sent || string(got) != tt.want || resp.Header.Get("X-Sluice-Dropped") != tt.dropped {
			t.Errorf("%s: %v, dropped %q\nsent %s\nwant %s\ngot  %s\nwant %s", tt.provider, err, resp.Header.Get("X-Sluice-Dropped"), sent, tt.sent, got, tt.want)
		}
		resp, got, err = relayCall(t, "POST", tt.path, "application/json", []byte(tt.asked), func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusUnprocessableEntity)
			write(w, `{"detail":[{"loc":["body","model"],"msg":"no such model","type":"value_error"}]}`)
		}, "X-Portkey-Provider", tt.provider)
		if err != nil || resp.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(string(got), tt.provider+" error: body.model: no such model") {
			t.Errorf("%s: %d %s %v", tt.provider, resp.StatusCode, got, err)
		}
		_, got, err = relayCall(t, "POST", tt.path, "application/json", []byte(tt.asked), answering("application/json", `{"error":"in a good answer"}`), "X-Portkey-Provider", tt.provider)
		if err != nil || !strings.Contains(string(got), tt.provider+" error: in a good answer") {
			t.Errorf("%s: %s %v", tt.provider, got, err)
		}
	}
}

func TestFormsOverTheLimitAreStreamedOnce(t *testing.T) {
	t.Parallel()
	contentType, form := soundForm(t, "whisper-1", 1<<20)
	calls, same := 0, false
	front, up := serve(t, gateway.Config{MaxBody: 64 << 10}, func(w http.ResponseWriter, r *http.Request) {
		calls++
		sent, _ := io.ReadAll(r.Body)
		same = bytes.Equal(sent, form) && r.Header.Get("Content-Type") == contentType && r.ContentLength == int64(len(form))
		answering("application/json", `{"text":"Hello."}`)(w, r)
	})
	config := func(more string) map[string]string {
		return map[string]string{"Content-Type": contentType, "X-Portkey-Config": fmt.Sprintf(`{"provider":"openai","api_key":"k","custom_host":%q,"retry":{"attempts":2}%s}`, up.URL, more)}
	}
	if status, got := post(t, front, "/v1/audio/transcriptions", string(form), config("")); status != http.StatusOK || !same || calls != 1 || got != `{"text":"Hello."}` {
		t.Errorf("%d %s after %d calls; sent the same: %t", status, got, calls, same)
	}
	if status, got := post(t, front, "/v1/audio/transcriptions", string(form), config(`,"override_params":{"language":"de"}`)); status != http.StatusRequestEntityTooLarge || calls != 1 {
		t.Errorf("%d %s after %d calls", status, got, calls)
	}
}
