package gateway_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"sluice/core/gateway"
)

// TestAzureTakesFormsWithAnyCredential has forms go to Azure: with a token as
// with a key, and with the deployment in the path or in the form.
func TestAzureTakesFormsWithAnyCredential(t *testing.T) {
	t.Parallel()
	contentType, form := soundForm(t, "whisper-1", 64)
	renamed := bytes.Replace(form, []byte("whisper-1"), []byte("ears"), 1)
	nameless := bytes.Replace(form, []byte(`name="model"`), []byte(`name="modal"`), 1)
	_, boundary, _ := strings.Cut(contentType, "boundary=")
	named := append([]byte("--"+boundary+"\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nears\r\n"), nameless...)
	for _, tt := range []struct {
		name, options, path, credential string
		body, want                      []byte
	}{
		{"key, dated", `"api_key":"k","azure_api_version":"2024-06-01","api_version":"2024-06-01"`, "/deployments/ears/audio/transcriptions?api-version=2024-06-01", "Api-Key k", form, form},
		{"token, dated", `"azure_ad_token":"t","api_version":"2024-06-01"`, "/deployments/ears/audio/transcriptions?api-version=2024-06-01", "Authorization Bearer t", form, form},
		{"token, v1", `"azure_ad_token":"t"`, "/v1/audio/transcriptions", "Authorization Bearer t", form, renamed},
		{"v1, no model in the form", `"api_key":"k"`, "/v1/audio/transcriptions", "Api-Key k", nameless, named},
	} {
		var seen string
		var sent []byte
		var header http.Header
		front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
			sent, _ = io.ReadAll(r.Body)
			seen, header = r.URL.RequestURI(), r.Header
			answering("application/json", `{"text":"Hello."}`)(w, r)
		})
		config := fmt.Sprintf(`{"provider":"azure-openai","custom_host":%q,"deployment_id":"ears",%s}`, up.URL, tt.options)
		status, got := post(t, front, "/v1/audio/transcriptions", string(tt.body), map[string]string{"Content-Type": contentType, "X-Portkey-Config": config})
		name, value, _ := strings.Cut(tt.credential, " ")
		if status != http.StatusOK || seen != tt.path || !bytes.Equal(sent, tt.want) || header.Get("Content-Type") != contentType || header.Get(name) != value {
			t.Errorf("%s: %d %s, at %s with %q %q\nsent %q\nwant %q", tt.name, status, got, seen, header.Get(name), header.Get("Content-Type"), sent, tt.want)
		}
	}
}

func TestErrorsOfEveryShapeAreRead(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ provider, path, answer, want string }{
		{"fireworks-ai", "/v1/embeddings", `{"error":{"object":"error","type":"invalid_request_error","message":"no such model"}}`, "fireworks-ai error: no such model"},
		{"fireworks-ai", "/v1/images/generations", `{"detail":"no such model"}`, "fireworks-ai error: no such model"},
		{"nscale", "/v1/images/generations", `{"error":"out of credits"}`, "nscale error: out of credits"},
		{"nscale", "/v1/images/generations", `not even JSON`, "nscale error: not even JSON"},
		{"siliconflow", "/v1/images/generations", `{"code":20012,"message":"no such model","data":null}`, "siliconflow error: no such model"},
		{"together-ai", "/v1/embeddings", `{"id":"1","error":{"message":"no such model","type":"invalid_request_error"}}`, "together-ai error: no such model"},
		{"recraft-ai", "/v1/images/generations", `{"code":"invalid_style","message":"no such style"}`, "recraft-ai error: no such style"},
	} {
		resp, got, err := relayCall(t, "POST", tt.path, "application/json", []byte(`{"model":"m","input":"x","prompt":"x"}`), func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			write(w, tt.answer)
		}, "X-Portkey-Provider", tt.provider)
		if err != nil || resp.StatusCode != http.StatusBadRequest || !strings.Contains(string(got), `"message":"`+tt.want+`"`) {
			t.Errorf("%s: %d %s %v", tt.provider, resp.StatusCode, got, err)
		}
	}
}

func TestUsageOfEmbeddingsIsWhatTheProviderSays(t *testing.T) {
	t.Parallel()
	for provider, want := range map[string]string{
		"together-ai": `"usage":{"prompt_tokens":8,"total_tokens":8}`,
		"mistral-ai":  `"usage":{"prompt_tokens":8,"total_tokens":8}`,
		"jina":        `"usage":{"prompt_tokens":8,"total_tokens":8}`,
	} {
		_, got, err := relayCall(t, "POST", "/v1/embeddings", "application/json", []byte(`{"model":"m","input":"x"}`), answering("application/json", vectors), "X-Portkey-Provider", provider)
		if err != nil || !strings.Contains(string(got), want) {
			t.Errorf("%s: %s %v", provider, got, err)
		}
	}
}

// TestCredentialsOfTasksStayHidden has providers quote the key in errors, of
// every way in which tasks answer.
func TestCredentialsOfTasksStayHidden(t *testing.T) {
	t.Parallel()
	const key = "CANARY-0123456789"
	for _, provider := range []string{"openai", "voyage", "hyperbolic"} {
		for _, answer := range []struct {
			status            int
			contentType, body string
		}{
			{401, "application/json", `{"error":{"message":"bad key ` + key + `"}}`},
			{200, "application/json", `{"error":{"message":"bad key ` + key + `"}}`},
			{200, "text/event-stream", "data: {\"error\":{\"message\":\"bad key " + key + "\"}}\n\n"},
			{200, "text/event-stream", "data: {}\n\ndata: {\"error\":{\"message\":\"bad key " + key + "\"}}\n\n"},
		} {
			path := map[string]string{"hyperbolic": "/v1/images/generations"}[provider]
			if path == "" {
				path = "/v1/embeddings"
			}
			front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", answer.contentType)
				w.WriteHeader(answer.status)
				write(w, answer.body)
			})
			_, got := post(t, front, path, `{"model":"m","input":"x","prompt":"x"}`, map[string]string{
				"Authorization": "Bearer " + key, "X-Portkey-Provider": provider, "X-Portkey-Custom-Host": up.URL,
			})
			if strings.Contains(got, key) {
				t.Errorf("%s %d %s: %s", provider, answer.status, answer.contentType, got)
			}
		}
	}
}
