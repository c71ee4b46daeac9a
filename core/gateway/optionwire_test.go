package gateway

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"sluice/core/internal/httpx"
	"sluice/core/internal/json"
	"sluice/core/provider"
	"sluice/core/upstream/awsx"
)

// A wire stands where the network would. It notes everything that is sent, as
// text, and answers as the sellers of tokens do.
type wire struct {
	mu  sync.Mutex
	all strings.Builder
}

// Do is RoundTrip for those who want a client.
func (w *wire) Do(r *http.Request) (*http.Response, error) { return w.RoundTrip(r) }

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	var lines []string
	for name, values := range r.Header {
		lines = append(lines, name+": "+strings.Join(values, "|"))
	}
	slices.Sort(lines)
	w.mu.Lock()
	defer w.mu.Unlock()
	fmt.Fprintf(&w.all, "%s %s\n%s\n\n%s\n\n", r.Method, r.URL, strings.Join(lines, "\n"), body)
	rec := httptest.NewRecorder()
	rec.Header().Set("Content-Type", "application/json")
	switch host := r.URL.Hostname(); {
	case slices.Contains(tokenSellers, host):
		_, _ = rec.WriteString(`{"access_token":"bought","expires_in":3600}`)
	case strings.HasPrefix(host, "sts."):
		_, _ = rec.WriteString(`<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId>` +
			`<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`)
	default:
		_, _ = rec.WriteString(`{}`)
	}
	resp := rec.Result()
	resp.Request = r
	return resp, nil
}

var tokenSellers = []string{"login.microsoftonline.com", "169.254.169.254", "oauth2.googleapis.com", "metadata.google.internal", "iam.cloud.ibm.com"}

// sent is what a client's request leads to: everything on the wire, and the
// client's answer. Clocks stand still, so that signatures can be compared.
func sent(t *testing.T, jwt string, request func(t *testing.T) *http.Request) string {
	t.Helper()
	var out string
	synctest.Test(t, func(t *testing.T) {
		guard, err := httpx.NewGuard(httpx.Policy{HTTPSOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		w := &wire{}
		client := &http.Client{Transport: w}
		h, err := assemble(Config{
			Bedrock: awsx.Config{HTTPClient: client},
			Ambient: &provider.Ambient{
				Client: client, AzureManaged: true, AzureWorkload: &provider.AzureWorkload{TenantID: "ten", ClientID: "own", TokenFile: jwt},
				Google: &provider.GoogleIdentity{Metadata: true},
			},
		}, guard, w)
		if err != nil {
			t.Fatal(err)
		}
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, request(t))
		out = fmt.Sprintf("%s\nanswer %d %s", w.all.String(), rec.Code, rec.Body)
	})
	return out
}

// An optionRow is an option of one provider, and what it does to the wire.
type optionRow struct {
	id     string
	header string   // in full; empty: there is none
	key    string   // in a config; empty: there is none
	value  string   // what the client sends
	with   []string // other options that it needs, as keys and values
	alone  bool     // no API key is sent beside it
	path   string   // empty: a conversation
	body   string
	want   string // what must be in there with the option, and not without; empty: another value gives another signature
}

const upload = "multipart/form-data; boundary=b"

// request is the client's, with options as it brings them.
func (row optionRow) request(t *testing.T, byConfig, camel bool, options []string) *http.Request {
	path, body, contentType := row.path, row.body, "application/json"
	if path == "" {
		path = "/v1/chat/completions"
	}
	if body == "" {
		body = `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}`
	}
	if strings.HasPrefix(body, "--b") {
		contentType = upload
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("X-Portkey-File-Purpose", "batch")
	if !byConfig {
		r.Header.Set("X-Portkey-Provider", row.id)
		if !row.alone {
			r.Header.Set("Authorization", "Bearer sk-1")
		}
		for i := 0; i < len(options); i += 2 {
			r.Header.Set(row.headerOf(options[i]), options[i+1])
		}
		return r
	}
	w := json.NewWriter("{")
	w.Str("provider", row.id)
	if !row.alone {
		w.Str("api_key", "sk-1")
	}
	for i := 0; i < len(options); i += 2 {
		name, value := options[i], options[i+1]
		if camel {
			name = camelCase(name)
		}
		if strings.HasPrefix(value, "{") {
			w.Raw(name, json.Value(value))
		} else {
			w.Str(name, value)
		}
	}
	w.Close('}')
	r.Header.Set("X-Portkey-Config", string(w.B))
	return r
}

// headerOf is the header of the row's own option, or the first one of another.
func (row optionRow) headerOf(key string) string {
	if key == row.key {
		return row.header
	}
	s, _ := provider.Find(row.id)
	for _, o := range s.Options {
		switch {
		case o.Key == key && len(o.Headers) > 0:
			return provider.HeaderPrefix + o.Headers[0]
		case o.Key == key && len(o.Plain) > 0:
			return o.Plain[0]
		}
	}
	return prefixed(key)
}

// camelCase writes a key as clients do who write JavaScript.
func camelCase(key string) string {
	if key == "aws_server_side_encryption_kms_key_id" {
		return "awsServerSideEncryptionKMSKeyId" // the reference's own spelling
	}
	words := strings.Split(key, "_")
	for i, w := range words[1:] {
		words[i+1] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, "")
}

// check sends the row's option in one way.
func (row optionRow) check(t *testing.T, jwt string, byConfig, camel bool) {
	t.Helper()
	run := func(value string) string {
		options := row.with
		if value != "" {
			options = append(slices.Clip(options), row.key, value)
		}
		return sent(t, jwt, func(t *testing.T) *http.Request { return row.request(t, byConfig, camel, options) })
	}
	got, without := run(row.value), run("")
	switch {
	case row.want == "":
		if other := run(row.value + "x"); got == other || !strings.Contains(got, "Authorization: ") {
			t.Errorf("another value of %s changes nothing:\n%s", row.key, got)
		}
	case !strings.Contains(got, row.want):
		t.Errorf("%s: %q is missing in\n%s", row.key, row.want, got)
	case strings.Contains(without, row.want):
		t.Errorf("%s: %q is there without the option:\n%s", row.key, row.want, without)
	}
}
