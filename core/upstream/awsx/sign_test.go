package awsx

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"sluice/core/secret"
)

func TestPlainRequestsAreSignedForTheirService(t *testing.T) {
	t.Parallel()
	u := newUpstream(t, nil)
	tr := New(Config{DefaultToken: secret.New("lent"), DefaultCredentials: process("PROCESS"), DefaultRegion: "eu-central-1"})
	for _, tt := range []struct{ name, service, path string }{
		{"an endpoint", "sagemaker", "/endpoints/my%20endpoint/invocations?x=1&a=%2F"},
		{"keys go before a token", "bedrock-mantle", "/v1/chat/completions"},
	} {
		body := []byte(`{"a":1}`)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, u.URL+tt.path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Amzn-Sagemaker-Target-Model", "m.tar.gz")
		if err := tr.Sign(t.Context(), r, u.keys("aws_region", "us-west-2"), tt.service, body); err != nil {
			t.Fatal(err)
		}
		resp, err := u.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		got, sent := u.last(t)
		sig := parseSignature(t, got.Header.Get("Authorization"))
		if err := sig.verify(got, sent, testSecret); err != nil || sig.key != testKey || sig.service != tt.service || sig.region != "us-west-2" {
			t.Errorf("%s: %+v %v", tt.name, sig, err)
		}
	}
}

// A Bedrock API key is for Bedrock: other services are signed for, and where
// there is nothing to sign with, nothing is sent.
func TestKeysOfBedrockStayWithBedrock(t *testing.T) {
	t.Parallel()
	request := func(host string) *http.Request {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, host+"/x", nil)
		return r
	}
	u := newUpstream(t, nil)
	token := u.settings()
	token.CustomHost, token.APIKey = "", secret.New("bedrock-key")
	const mantle, sagemaker = "https://bedrock-mantle.eu-west-1.api.aws", "https://runtime.sagemaker.eu-west-1.amazonaws.com"
	r := request(mantle)
	if err := New(Config{}).Sign(t.Context(), r, token, "bedrock-mantle", nil); err != nil || r.Header.Get("Authorization") != "Bearer bedrock-key" {
		t.Errorf("%q %v", r.Header.Get("Authorization"), err)
	}
	r = request(sagemaker)
	if err := New(Config{}).Sign(t.Context(), r, token, "sagemaker", nil); err == nil {
		t.Errorf("sagemaker was sent %q", r.Header.Get("Authorization"))
	}
	r = request(sagemaker)
	lends := New(Config{DefaultToken: secret.New("lent"), DefaultCredentials: process("PROCESS")})
	if err := lends.Sign(t.Context(), r, token, "sagemaker", nil); err != nil {
		t.Fatal(err)
	}
	if sig := parseSignature(t, r.Header.Get("Authorization")); sig.key != "PROCESS" || sig.region != "eu-west-1" {
		t.Errorf("signed by %+v, not for the region of the host", sig)
	}
	hosted := u.settings() // a host of the client's choice
	if err := lends.Sign(t.Context(), request(u.URL), hosted, "sagemaker", nil); err == nil {
		t.Error("the process's credentials sign for a custom host")
	}
}
