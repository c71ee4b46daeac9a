package gateway_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sluice/core/gateway"
	"sluice/core/internal/json"
	"sluice/core/store/folderstore"
	"sluice/core/store/mototest"
	"sluice/core/upstream/awsx"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// send puts a file where the gateway says, and returns its id.
func send(t *testing.T, front *httptest.Server, name, kind, content string) string {
	t.Helper()
	resp, place := ask(t, front, "POST", "/v1/sluice/uploads", strings.NewReader(`{"filename":"`+name+`","content_type":"`+kind+`"}`))
	if resp.StatusCode != 200 || member(t, place, "method") != "PUT" || !strings.HasPrefix(member(t, place, "id"), "sluice-file-") {
		t.Fatalf("%d %s", resp.StatusCode, place)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, member(t, place, "url"), strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range json.ObjectOf(json.Value(member(t, place, "headers"))) {
		req.Header.Set(m.Name, json.Unquote(m.Value))
	}
	put, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer put.Body.Close()
	if answer, _ := io.ReadAll(put.Body); put.StatusCode != 200 {
		t.Fatalf("%d %s", put.StatusCode, answer)
	}
	return member(t, place, "id")
}

// depots are the two that there are: a folder, and a bucket.
func depots(t *testing.T) map[string]gateway.Config {
	const bucket = "depot-of-uploads"
	s3Object(t, "PUT", "/"+bucket, "")
	lent := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "PROCESS", SecretAccessKey: "secret-of-the-process"}, nil
	})
	return map[string]gateway.Config{
		"folder": {Files: folderstore.New(t.TempDir())},
		"bucket": {Bedrock: awsx.Config{S3Endpoint: mototest.URL(t), DefaultCredentials: lent, Bucket: bucket}},
	}
}

func TestUploadsStandWhereverAFileCan(t *testing.T) {
	t.Parallel()
	const content = "\x89PNG not really \x00\xff"
	data := base64.StdEncoding.EncodeToString([]byte(content))
	tests := []struct{ name, provider, path, body, want string }{
		{"a file of chat", "openai", "/v1/chat/completions", `{"model":"m","messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"ID"}}]}]}`,
			`{"type":"file","file":{"filename":"a b.png","file_data":"data:image/png;base64,` + data + `"}}`},
		{"an image of chat", "openai", "/v1/chat/completions", `{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"ID","detail":"low"}}]}]}`,
			`{"url":"data:image/png;base64,` + data + `","detail":"low"}`},
		{"sound of chat", "openai", "/v1/chat/completions", `{"model":"m","messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"ID","format":"wav"}}]}]}`,
			`{"data":"` + data + `","format":"wav"}`},
		{"a file of Responses", "openai", "/v1/responses", `{"model":"m","input":[{"role":"user","content":[{"type":"input_file","file_id":"ID"}]}]}`,
			`{"type":"input_file","filename":"a b.png","file_data":"data:image/png;base64,` + data + `"}`},
		{"an image of Responses", "openai", "/v1/responses", `{"model":"m","input":[{"role":"user","content":[{"type":"input_image","image_url":"ID"},{"type":"input_image","file_id":"ID"}]}]}`,
			`[{"type":"input_image","image_url":"data:image/png;base64,` + data + `"},{"type":"input_image","image_url":"data:image/png;base64,` + data + `"}]`},
		{"an image of Messages", "anthropic", "/v1/messages", `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"file","file_id":"ID"}}]}]}`,
			`"source":{"type":"base64","media_type":"image/png","data":"` + data + `"}`},
		{"a text that is an id", "openai", "/v1/chat/completions", `{"model":"m","messages":[{"role":"user","content":"ID"}]}`, `"content":"ID"`},
	}
	for depot, config := range depots(t) {
		var sent string
		front, up := serve(t, config, func(w http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(r.Body)
			sent = string(b)
			w.WriteHeader(http.StatusTeapot)
		})
		id := send(t, front, "a b.png", "image/png", content)
		for _, tt := range tests {
			t.Run(depot+" "+tt.name, func(t *testing.T) {
				ask(t, front, "POST", tt.path, strings.NewReader(strings.ReplaceAll(tt.body, "ID", id)), "Content-Type", "application/json",
					"Authorization", "Bearer k", "X-Portkey-Provider", tt.provider, "X-Portkey-Custom-Host", up.URL)
				if want := strings.ReplaceAll(tt.want, "ID", id); !strings.Contains(sent, want) {
					t.Errorf("sent\n%s\nwant in it\n%s", sent, want)
				}
			})
		}
	}
}

func TestAnUploadIsTheFileOfAForm(t *testing.T) {
	t.Parallel()
	const sound = "RIFF\x00\x01sound"
	for depot, config := range depots(t) {
		var fields map[string]string
		front, up := serve(t, config, func(w http.ResponseWriter, r *http.Request) {
			fields = map[string]string{}
			_, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
			for form := multipart.NewReader(r.Body, params["boundary"]); ; {
				part, err := form.NextRawPart()
				if err != nil {
					break
				}
				b, _ := io.ReadAll(part)
				fields[part.FormName()] = part.FileName() + ":" + part.Header.Get("Content-Type") + ":" + string(b)
			}
			if r.ContentLength < 0 {
				t.Error("the length is not known")
			}
			write(w, `{"text":"x"}`)
		})
		id := send(t, front, "s.wav", "audio/wav", sound)
		headers := []string{"Authorization", "Bearer k", "X-Portkey-Provider", "openai", "X-Portkey-Custom-Host", up.URL}
		form := func(field, value string) (io.Reader, string) {
			body := &bytes.Buffer{}
			w := multipart.NewWriter(body)
			_ = w.WriteField(field, value)
			_ = w.WriteField("file", id)
			w.Close()
			return body, w.FormDataContentType()
		}
		transcription, transcriptionType := form("model", "whisper-1")
		batch, batchType := form("purpose", "batch")
		for _, tt := range []struct {
			path, kind  string
			body        io.Reader
			field, want string
		}{
			{"/v1/audio/transcriptions", "application/json", strings.NewReader(`{"model":"whisper-1","file":"` + id + `"}`), "model", "whisper-1"},
			{"/v1/audio/transcriptions", transcriptionType, transcription, "model", "whisper-1"},
			{"/v1/files", "application/json", strings.NewReader(`{"purpose":"batch","file":"` + id + `"}`), "purpose", "batch"},
			{"/v1/files", batchType, batch, "purpose", "batch"},
		} {
			resp, got := ask(t, front, "POST", tt.path, tt.body, append(headers, "Content-Type", tt.kind)...)
			if resp.StatusCode != 200 || fields["file"] != "s.wav:audio/wav:"+sound || fields[tt.field] != "::"+tt.want {
				t.Errorf("%s %s %s: %d %s; sent %q", depot, tt.path, tt.kind, resp.StatusCode, got, fields)
			}
		}
	}
}

func TestAnUploadIsAFile(t *testing.T) {
	t.Parallel()
	for depot, config := range depots(t) {
		front, _ := serve(t, config, func(http.ResponseWriter, *http.Request) { t.Error("the provider was called") })
		id := send(t, front, "a.bin", "", "12345")
		_, got := ask(t, front, "GET", "/v1/files/"+id, nil)
		if member(t, got, "bytes") != "5" || member(t, got, "filename") != "a.bin" || member(t, got, "object") != "file" {
			t.Errorf("%s: %s", depot, got)
		}
		if resp, got := ask(t, front, "GET", "/v1/files/"+id+"/content", nil); got != "12345" || resp.Header.Get("Content-Type") != "application/octet-stream" {
			t.Errorf("%s: %s", depot, got)
		}
		if _, got := ask(t, front, "DELETE", "/v1/files/"+id, nil); member(t, got, "deleted") != "true" {
			t.Errorf("%s: %s", depot, got)
		}
		if resp, got := ask(t, front, "GET", "/v1/files/"+id, nil); resp.StatusCode != 404 || !strings.Contains(got, "has been removed") {
			t.Errorf("%s: %d %s", depot, resp.StatusCode, got)
		}
		body := `{"model":"m","messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"` + id + `"}}]}]}`
		if resp, got := ask(t, front, "POST", "/v1/chat/completions", strings.NewReader(body), "Authorization", "Bearer k", "X-Portkey-Provider", "openai"); resp.StatusCode != 404 {
			t.Errorf("%s: %d %s", depot, resp.StatusCode, got)
		}
	}
}

func TestPlacesAreForWhoeverMayHaveThem(t *testing.T) {
	t.Parallel()
	front, _ := serve(t, gateway.Config{Files: folderstore.New(t.TempDir()), MaxBody: 10}, func(http.ResponseWriter, *http.Request) {})
	_, place := ask(t, front, "POST", "/v1/sluice/uploads", nil)
	path := strings.TrimPrefix(member(t, place, "url"), front.URL)
	id := member(t, place, "id")
	for _, bad := range []string{
		"/v1/sluice/uploads/" + id, strings.Replace(path, "workspace=", "workspace=other", 1), strings.Replace(path, "expires=", "expires=9", 1),
		strings.Replace(path, id, id[:len(id)-1]+"0", 1), strings.Replace(path, "type=application", "type=text", 1),
	} {
		if resp, got := ask(t, front, "PUT", bad, strings.NewReader("x")); resp.StatusCode != 403 {
			t.Errorf("%s: %d %s", bad, resp.StatusCode, got)
		}
	}
	if resp, got := ask(t, front, "PUT", path, strings.NewReader(strings.Repeat("x", 1<<20))); resp.StatusCode != 200 || member(t, got, "bytes") != "1048576" {
		t.Errorf("a file over the limit of bodies: %d %s", resp.StatusCode, got)
	}
	resp, got := ask(t, front, "POST", "/v1/chat/completions", strings.NewReader(`{"model":"a-long-one"}`), "Authorization", "Bearer k", "X-Portkey-Provider", "openai")
	if resp.StatusCode != 413 || !strings.Contains(got, "POST /v1/sluice/uploads") {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
	for _, wish := range []string{`[]`, `{"bytes":-1}`, `{"filename":"a\nb"}`, `{"content_type":"///"}`} {
		if resp, got := ask(t, front, "POST", "/v1/sluice/uploads", strings.NewReader(wish)); resp.StatusCode != 400 {
			t.Errorf("%s: %d %s", wish, resp.StatusCode, got)
		}
	}
	none, _ := serve(t, gateway.Config{}, func(http.ResponseWriter, *http.Request) {})
	if resp, got := ask(t, none, "POST", "/v1/sluice/uploads", nil); resp.StatusCode != 404 || !strings.Contains(got, "no bucket for files") {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
	if resp, got := ask(t, front, "GET", "/v1/sluice/uploads", nil); resp.StatusCode != 405 {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
}
