package aws

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"sluice/core/secret"
)

func environment(vars map[string]string) func(string) string {
	return func(name string) string { return vars[name] }
}

func TestGateway(t *testing.T) {
	t.Parallel()
	c, err := Gateway(environment(map[string]string{
		"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001", "SLUICE_KEY": "k", "SLUICE_CONFIG": `{"retry":{}}`, "SLUICE_TRUSTED_HOSTS": "a.internal:8080, 10.0.0.0/8,",
	}))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"a.internal:8080", "10.0.0.0/8"}; c.AllowLoopback || c.DefaultConfig != `{"retry":{}}` || !slices.Equal(c.TrustedHosts, want) {
		t.Errorf("got loopback %v, config %s, hosts %q", c.AllowLoopback, c.DefaultConfig, c.TrustedHosts)
	}
	if got, err := c.Keys.Keys(t.Context()); err != nil || len(got) != 1 || got[0] != secret.New("k") {
		t.Errorf("keys: %d, %v", len(got), err)
	}
}

func TestGatewayOutsideOfLambda(t *testing.T) {
	t.Parallel()
	c, err := Gateway(environment(map[string]string{"SLUICE_KEY": "k"}))
	if err != nil || !c.AllowLoopback || len(c.TrustedHosts) != 0 {
		t.Errorf("got loopback %v, hosts %q, %v", c.AllowLoopback, c.TrustedHosts, err)
	}
	var printed bytes.Buffer
	Logger(environment(nil), &printed).Info("hello")
	if !bytes.Contains(printed.Bytes(), []byte("msg=hello")) {
		t.Errorf("printed %q", &printed)
	}
}

func TestGatewayWithoutKeyIsRefused(t *testing.T) {
	t.Parallel()
	for _, api := range []string{"", "127.0.0.1:9001"} {
		if _, err := Gateway(environment(map[string]string{"AWS_LAMBDA_RUNTIME_API": api})); err == nil {
			t.Errorf("runtime API %q: no error", api)
		}
	}
}

func TestKeysComeFromSecretsManager(t *testing.T) {
	t.Parallel()
	var scope string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scope = r.Header.Get("Authorization")
		if r.Header.Get("X-Amz-Security-Token") != "token" {
			t.Error("no session token")
		}
		w.Write([]byte(`{"SecretString":"[\"new\",\"old\"]"}`))
	}))
	defer s.Close()
	tests := []struct {
		name     string
		endpoint string
		id       string
		wantErr  bool
	}{
		{"its own endpoint", "AWS_ENDPOINT_URL_SECRETS_MANAGER", "AKID", false},
		{"the endpoint of all services", "AWS_ENDPOINT_URL", "AKID", false},
		{"no credentials", "AWS_ENDPOINT_URL", "", true},
	}
	for _, tt := range tests {
		k := newSecretKeys("stack/gateway-key", environment(map[string]string{
			tt.endpoint: s.URL, "AWS_DEFAULT_REGION": "eu-central-1",
			"AWS_ACCESS_KEY_ID": tt.id, "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token",
		}))
		got, err := k.Keys(t.Context())
		if tt.wantErr {
			if err == nil {
				t.Errorf("%s: no error", tt.name)
			}
			continue
		}
		if err != nil || len(got) != 2 || got[1].Reveal() != "old" {
			t.Errorf("%s: %d keys, %v", tt.name, len(got), err)
		}
		if !bytes.Contains([]byte(scope), []byte("/eu-central-1/secretsmanager/")) {
			t.Errorf("%s: signed as %s", tt.name, scope)
		}
	}
}
