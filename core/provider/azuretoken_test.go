package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core/llm"
	"sluice/core/secret"
)

// seller answers requests for tokens; it numbers what it sells.
type seller struct {
	mu       sync.Mutex
	requests []string
	answer   func(n int) (status int, body string)
}

func (s *seller) RoundTrip(r *http.Request) (*http.Response, error) {
	var form []byte
	if r.Body != nil {
		form, _ = io.ReadAll(r.Body)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r.Method+" "+r.URL.String()+" "+string(form))
	status, body := 200, fmt.Sprintf(`{"access_token":"t%d","expires_in":3600}`, len(s.requests))
	if s.answer != nil {
		status, body = s.answer(len(s.requests))
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), Header: http.Header{}, Request: r}, nil
}

func (s *seller) ambient() *Ambient { return &Ambient{Client: &http.Client{Transport: s}} }

// entra makes settings with a credential that buys tokens.
func entra(a *Ambient, more ...string) Settings {
	return Settings{Ambient: a, Options: options(append(more,
		"azure_auth_mode", "entra", "azure_entra_tenant_id", "tenant", "azure_entra_client_id", "client", "azure_entra_client_secret", "hush")...)}
}

func authorize(t *testing.T, id, at string, set Settings) (string, error) {
	t.Helper()
	s, _ := Find(id)
	r := newRequest(t)
	r.URL.Host = at
	err := s.Authorize(t.Context(), r, set)
	return r.Header.Get("Authorization"), err
}

const azureHost = "r.openai.azure.com"

func TestEntraToken(t *testing.T) {
	t.Parallel()
	var s seller
	lent := s.ambient()
	for range 3 {
		got, err := authorize(t, "azure-openai", "custom.example", entra(lent))
		if err != nil || got != "Bearer t1" {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	want := "POST https://login.microsoftonline.com/tenant/oauth2/v2.0/token client_id=client&client_secret=hush" +
		"&grant_type=client_credentials&scope=https%3A%2F%2Fcognitiveservices.azure.com%2F.default"
	if len(s.requests) != 1 || s.requests[0] != want {
		t.Errorf("got  %q\nwant %s, once", s.requests, want)
	}
	if got, err := authorize(t, "azure-ai", azureHost, entra(lent, "azure_entra_scope", "other")); err != nil || got != "Bearer t2" {
		t.Errorf("another scope: got %q, %v, want another token", got, err)
	}
	set := entra(lent)
	set.Options["azure_entra_client_secret"] = options("s", "guessed")["s"]
	if got, err := authorize(t, "azure-openai", azureHost, set); err != nil || got != "Bearer t3" {
		t.Errorf("another secret: got %q, %v, want another token", got, err)
	}
}

func TestTokenIsRenewedBeforeItExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s seller
		lent := s.ambient()
		for _, step := range []struct {
			wait time.Duration
			want string
		}{{0, "Bearer t1"}, {54 * time.Minute, "Bearer t1"}, {2 * time.Minute, "Bearer t2"}, {time.Minute, "Bearer t2"}} {
			time.Sleep(step.wait)
			if got, err := authorize(t, "azure-openai", azureHost, entra(lent)); err != nil || got != step.want {
				t.Errorf("after %v: got %q, %v, want %s", step.wait, got, err, step.want)
			}
		}
	})
}

func TestSeveralWaitForOnePurchase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := seller{answer: func(n int) (int, string) {
			time.Sleep(time.Second)
			return 200, fmt.Sprintf(`{"access_token":"t%d","expires_in":3600}`, n)
		}}
		lent := s.ambient()
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if got, err := authorize(t, "azure-openai", azureHost, entra(lent)); err != nil || got != "Bearer t1" {
					t.Errorf("got %q, %v", got, err)
				}
			})
		}
		wg.Wait()
		if len(s.requests) != 1 {
			t.Errorf("%d purchases, want 1", len(s.requests))
		}
	})
}

func TestWaitingForATokenEndsWithTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c tokenCache
		go c.get(context.Background(), tokenKey{}, func(context.Context) (string, time.Duration, error) {
			time.Sleep(time.Minute)
			return "t", time.Hour, nil
		})
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.get(ctx, tokenKey{}, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the deadline", err)
		}
		time.Sleep(time.Minute)
	})
}

func TestTokenCacheIsBounded(t *testing.T) {
	t.Parallel()
	var c tokenCache
	for i := range maxCachedTokens + 10 {
		k := tokenKey{byte(i), byte(i >> 8)}
		if _, err := c.get(t.Context(), k, func(context.Context) (string, time.Duration, error) { return "t", time.Hour, nil }); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(c.entries); n > maxCachedTokens {
		t.Errorf("%d entries", n)
	}
}

func TestTokensThatCannotBeBought(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		status int
		body   string
		kind   llm.ErrorKind
		want   string
	}{
		{"wrong secret", 401, `{"error":"invalid_client","error_description":"AADSTS7000215: no"}`, llm.Credential, "AADSTS7000215: no"},
		{"no JSON", 400, `<html>`, llm.Credential, "Azure gave no access token (status 400)"},
		{"no token", 200, `{}`, llm.Credential, "Azure gave no access token (status 200)"},
		{"broken", 503, ``, llm.Upstream, "Azure answered 503 to a request for an access token"},
		{"too many", 429, `{}`, llm.Upstream, "Azure answered 429 to a request for an access token"},
		{"redirect", 302, ``, llm.Credential, "Azure gave no access token (status 302)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := seller{answer: func(int) (int, string) { return tt.status, tt.body }}
			got, err := authorize(t, "azure-openai", azureHost, entra(s.ambient()))
			e, ok := errors.AsType[*llm.Error](err)
			if !ok || e.Kind != tt.kind || e.Message != tt.want || got != "" {
				t.Errorf("got %q, %v, want %s: %s", got, err, tt.kind, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "hush") {
				t.Errorf("the secret is in the error: %v", err)
			}
		})
	}
}

func TestOwnIdentities(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("jwt\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var s seller
	a := s.ambient()
	a.AzureManaged = true
	a.AzureWorkload = &AzureWorkload{TenantID: "tn", ClientID: "cl", TokenFile: file}
	set := func(a *Ambient, more ...string) Settings { return Settings{Ambient: a, Options: options(more...)} }
	cognitive := url.QueryEscape("https://cognitiveservices.azure.com/.default")

	bought := []struct {
		name, want string
		set        Settings
	}{
		{"managed", "GET http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&client_id=mine&resource=https%3A%2F%2Fcognitiveservices.azure.com%2F ",
			set(a, "azure_auth_mode", "managed", "azure_managed_client_id", "mine")},
		{"workload", "POST https://login.microsoftonline.com/tn/oauth2/v2.0/token client_assertion=jwt&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer" +
			"&client_id=cl&grant_type=client_credentials&scope=" + cognitive, set(a, "azure_auth_mode", "workload")},
	}
	for i, tt := range bought {
		got, err := authorize(t, "azure-openai", azureHost, tt.set)
		if err != nil || got != fmt.Sprintf("Bearer t%d", i+1) {
			t.Fatalf("%s: got %q, %v", tt.name, got, err)
		}
		if s.requests[i] != tt.want {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.name, s.requests[i], tt.want)
		}
	}

	for _, mode := range []string{"managed", "workload"} {
		refused := []struct {
			name, host string
			set        Settings
		}{
			{"not lent", azureHost, set(nil, "azure_auth_mode", mode)},
			{"a host that a client names", "evil.example", set(a, "azure_auth_mode", mode)},
			{"a host that looks like Azure's", "evil-openai.azure.com.example", set(a, "azure_auth_mode", mode)},
			{"somebody's own container on Azure", "x.inference.ml.azure.com", set(a, "azure_auth_mode", mode)},
			{"a token for other things", azureHost, set(a, "azure_auth_mode", mode, "azure_entra_scope", "https://management.azure.com/.default")},
		}
		for _, tt := range refused {
			if got, err := authorize(t, "azure-ai", tt.host, tt.set); err == nil || got != "" {
				t.Errorf("%s, %s: got %q, %v, want a refusal", mode, tt.name, got, err)
			}
		}
	}
	if len(s.requests) != 2 {
		t.Errorf("a refused identity was asked for: %q", s.requests[2:])
	}
}

func TestTokenLifetimes(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]time.Duration{
		`{"access_token":"t","expires_in":60}`: time.Minute, `{"access_token":"t","expires_in":"60"}`: time.Minute,
		`{"access_token":"t"}`: 0, `{"access_token":"t","expires_in":-5}`: 0, `{"access_token":"t","expires_in":1e99}`: 0, `{"access_token":"t","expires_in":{}}`: 0,
	} {
		token, life, err := tokenRequest{}.read(200, []byte(body))
		if token != "t" || life != want || err != nil {
			t.Errorf("%s: got %q, %v, %v, want %v", body, token, life, err, want)
		}
	}
}

func TestWatsonxBuysATokenForAKey(t *testing.T) {
	t.Parallel()
	var s seller
	set := Settings{APIKey: secret.New("ibm key"), Ambient: s.ambient(), Options: options("watsonx_auth_mode", "iam")}
	for range 2 {
		if got, err := authorize(t, "watsonx", "h", set); err != nil || got != "Bearer t1" {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	want := "POST https://iam.cloud.ibm.com/identity/token apikey=ibm+key&grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey"
	if len(s.requests) != 1 || s.requests[0] != want {
		t.Errorf("got  %q\nwant %s, once", s.requests, want)
	}
	s.answer = func(int) (int, string) { return 400, `{"errorCode":"BXNIM0415E"}` }
	set.APIKey = secret.New("another")
	_, err := authorize(t, "watsonx", "h", set)
	if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.Credential || !strings.Contains(e.Message, "IBM Cloud") || strings.Contains(e.Error(), "another") {
		t.Errorf("got %v, want a credential that IBM Cloud refused", err)
	}
}
