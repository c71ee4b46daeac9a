package provider

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/secret"
)

var signer = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// keyFile is a service account's key, as Google's console writes it. It names
// a place for tokens that must not be listened to.
func keyFile(t *testing.T, id string) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(signer())
	if err != nil {
		t.Fatal(err)
	}
	return `{"type":"service_account","project_id":"p-1","private_key_id":"` + id + `","private_key":` +
		string(json.Quote(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))) +
		`,"client_email":"bot@p-1.iam.gserviceaccount.com","token_uri":"https://evil.example/token"}`
}

func account(a *Ambient, text string) Settings {
	return Settings{Ambient: a, Options: options("vertex_service_account_json", text, "vertex_region", "global")}
}

const googleHost = "aiplatform.googleapis.com"

func TestServiceAccountBuysAToken(t *testing.T) {
	t.Parallel()
	var s seller
	lent := s.ambient()
	for range 3 {
		if got, err := authorize(t, "vertex-ai", googleHost, account(lent, keyFile(t, "k1"))); err != nil || got != "Bearer t1" {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	if len(s.requests) != 1 {
		t.Fatalf("%d purchases, want 1", len(s.requests))
	}
	words := strings.Fields(s.requests[0])
	form, err := url.ParseQuery(words[2])
	if err != nil || words[0] != "POST" || words[1] != "https://oauth2.googleapis.com/token" || form.Get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
		t.Fatalf("asked %q, %v", s.requests[0], err)
	}
	checkAssertion(t, form.Get("assertion"))
}

func checkAssertion(t *testing.T, jwt string) {
	t.Helper()
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		t.Fatalf("%q has %d parts", jwt, len(parts))
	}
	var decoded [3][]byte
	for i, p := range parts {
		var err error
		if decoded[i], err = base64.RawURLEncoding.DecodeString(p); err != nil {
			t.Fatal(err)
		}
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(&signer().PublicKey, crypto.SHA256, sum[:], decoded[2]); err != nil {
		t.Errorf("signature: %v", err)
	}
	if string(decoded[0]) != `{"alg":"RS256","typ":"JWT","kid":"k1"}` {
		t.Errorf("header %s", decoded[0])
	}
	var c jwtClaims
	if err := json.Unmarshal(decoded[1], &c); err != nil {
		t.Fatal(err)
	}
	now := time.Now().Unix()
	if c.Issuer != "bot@p-1.iam.gserviceaccount.com" || c.Subject != c.Issuer || c.Audience != googleTokens || c.Scope != googleScope ||
		c.Issued > now || c.Issued < now-60 || c.Expires != c.Issued+3600 {
		t.Errorf("claims %s", decoded[1])
	}
}

// GM-08: a key that was replaced buys another token, and so does a credential
// that has only the name of an account in common.
func TestGoogleTokensAreKeptByTheWholeCredential(t *testing.T) {
	t.Parallel()
	var s seller
	lent := s.ambient()
	for i, text := range []string{keyFile(t, "k1"), keyFile(t, "k2"), strings.Replace(keyFile(t, "k1"), "p-1", "p-2", 1)} {
		want := []string{"Bearer t1", "Bearer t2", "Bearer t3"}[i]
		if got, err := authorize(t, "vertex-ai", googleHost, account(lent, text)); err != nil || got != want {
			t.Errorf("got %q, %v, want %s", got, err, want)
		}
	}
}

func TestBrokenGoogleCredentialsAreToldWithoutWhatIsInThem(t *testing.T) {
	t.Parallel()
	var s seller
	for name, text := range map[string]string{
		"not JSON": `{"private_key":"CANARY`, "no key": `{"client_email":"CANARY@x"}`, "no PEM": `{"client_email":"a@b","private_key":"CANARY"}`,
		"another type": `{"type":"external_account","private_key":"CANARY"}`, "not a key": `{"client_email":"a@b","private_key":"-----BEGIN X-----\nQ0FOQVJZ\n-----END X-----\n"}`,
		"a number": `{"client_email":1,"private_key":"CANARY"}`,
	} {
		got, err := authorize(t, "vertex-ai", googleHost, account(s.ambient(), text))
		e, ok := errors.AsType[*llm.Error](err)
		if !ok || e.Kind != llm.Credential || strings.Contains(err.Error(), "CANARY") || got != "" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if len(s.requests) != 0 {
		t.Errorf("asked %q", s.requests)
	}
}

func TestAmbientGoogleIdentity(t *testing.T) {
	t.Parallel()
	mode := func(a *Ambient) Settings {
		return Settings{Ambient: a, Options: options("vertex_auth_mode", "ambient")}
	}
	var s seller
	file := filepath.Join(t.TempDir(), "adc.json")
	if err := os.WriteFile(file, []byte(`{"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"r"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	lent := s.ambient()
	lent.Google = &GoogleIdentity{File: file}
	if got, err := authorize(t, "vertex-ai", googleHost, mode(lent)); err != nil || got != "Bearer t1" {
		t.Errorf("file: %q, %v", got, err)
	}
	if want := "POST https://oauth2.googleapis.com/token client_id=c&client_secret=s&grant_type=refresh_token&refresh_token=r"; s.requests[0] != want {
		t.Errorf("asked %s", s.requests[0])
	}
	lent.Google = &GoogleIdentity{Metadata: true}
	if got, err := authorize(t, "vertex-ai", googleHost, mode(lent)); err != nil || got != "Bearer t2" {
		t.Errorf("metadata: %q, %v", got, err)
	}
	if want := "GET " + googleMetadata + "?scopes=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcloud-platform "; s.requests[1] != want {
		t.Errorf("asked %q", s.requests[1])
	}
	for name, tt := range map[string]struct {
		host string
		set  Settings
	}{
		"at another host":   {"evil.example", mode(lent)},
		"at a like host":    {"evilgoogleapis.com", mode(lent)},
		"which nobody lent": {googleHost, mode(s.ambient())},
		"unknown mode":      {googleHost, Settings{Ambient: lent, Options: options("vertex_auth_mode", "x")}},
	} {
		if got, err := authorize(t, "vertex-ai", tt.host, tt.set); err == nil || got != "" {
			t.Errorf("%s: %q, want an error", name, got)
		}
	}
}

func TestVertexWithoutACredential(t *testing.T) {
	t.Parallel()
	s, _ := Find("vertex-ai")
	r := newRequest(t)
	if err := s.Authorize(t.Context(), r, Settings{APIKey: secret.Value{}}); err == nil || len(r.Header) != 0 {
		t.Errorf("%v, %v", r.Header, err)
	}
}

// A token that was not sold is an error: nothing is sent with an empty bearer.
func TestARefusedServiceAccountSendsNothing(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]llm.ErrorKind{400: llm.Credential, 401: llm.Credential, 503: llm.Upstream, 200: llm.Credential} {
		s := seller{answer: func(int) (int, string) {
			return status, `{"error":"invalid_grant","error_description":"Invalid JWT Signature."}`
		}}
		got, err := authorize(t, "vertex-ai", googleHost, account(s.ambient(), keyFile(t, "k1")))
		if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != want || got != "" {
			t.Errorf("%d: %q, %v", status, got, err)
		}
	}
}
