package aws

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
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
		"STATE_TABLE": "state", "DATA_TABLE": "data",
	}))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"a.internal:8080", "10.0.0.0/8"}; c.AllowLoopback || c.DefaultConfig != `{"retry":{}}` || !slices.Equal(c.TrustedHosts, want) {
		t.Errorf("got loopback %v, config %s, hosts %q", c.AllowLoopback, c.DefaultConfig, c.TrustedHosts)
	}
	if c.State == nil || c.Data == nil || c.State == c.Data {
		t.Errorf("got tables %v and %v", c.State, c.Data)
	}
	if got, err := c.Keys.Keys(t.Context()); err != nil || len(got) != 1 || got[0] != secret.New("k") {
		t.Errorf("keys: %d, %v", len(got), err)
	}
}

func TestGatewayOutsideOfLambda(t *testing.T) {
	t.Parallel()
	c, err := Gateway(environment(map[string]string{"SLUICE_KEY": "k"}))
	if err != nil || !c.AllowLoopback || len(c.TrustedHosts) != 0 || c.State != nil || c.Data != nil {
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

func TestBedrock(t *testing.T) {
	t.Parallel()
	if c := Bedrock(environment(nil)); !reflect.ValueOf(c).IsZero() {
		t.Error("an empty environment lends something")
	}
	c := Bedrock(environment(map[string]string{
		"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-west-2", "AWS_BEARER_TOKEN_BEDROCK": "token",
		"AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "http://bedrock",
		"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "session",
		"AWS_ENDPOINT_URL_LAMBDA": "http://lambda", "SLUICE_GUARDRAIL_FUNCTIONS": "arn:a, arn:b,",
	}))
	if c.DefaultRegion != "eu-west-1" || c.DefaultToken.Reveal() != "token" || c.Endpoint != "http://bedrock" || c.STSEndpoint != "http://all" {
		t.Errorf("got region %q, endpoints %q and %q", c.DefaultRegion, c.Endpoint, c.STSEndpoint)
	}
	if c.LambdaEndpoint != "http://lambda" || !slices.Equal(c.Functions, []string{"arn:a", "arn:b"}) {
		t.Errorf("got functions %q at %q", c.Functions, c.LambdaEndpoint)
	}
	if got, err := c.DefaultCredentials.Retrieve(t.Context()); err != nil || got.AccessKeyID != "id" || got.SecretAccessKey != "secret" || got.SessionToken != "session" {
		t.Errorf("credentials of %q, %v", got.AccessKeyID, err)
	}
}

// manager is a Secrets Manager that says what it was asked.
func manager(t *testing.T, secrets map[string]string) (url string, asked func() (reads int, scope string)) {
	t.Helper()
	var mu sync.Mutex
	var reads int
	var scope string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		reads++
		scope = r.Header.Get("Authorization") + r.Header.Get("X-Amz-Security-Token")
		var in struct{ SecretId string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		text, ok := secrets[in.SecretId]
		if !ok {
			w.WriteHeader(http.StatusBadRequest)
			io.WriteString(w, `{"__type":"ResourceNotFoundException","Message":"no"}`)
			return
		}
		json.NewEncoder(w).Encode(map[string]string{"SecretString": text})
	}))
	t.Cleanup(s.Close)
	return s.URL, func() (int, string) {
		mu.Lock()
		defer mu.Unlock()
		return reads, scope
	}
}

func TestSecretsAreReadWhenNeededAndSigned(t *testing.T) {
	t.Parallel()
	url, asked := manager(t, map[string]string{"stack/gateway-key": `["new", "old"]`, "stack/providers": `{"openai":{"api_key":"k"}}`})
	for _, variable := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SECRETS_MANAGER"} {
		before, _ := asked()
		c, err := Gateway(environment(map[string]string{
			variable: url, "AWS_DEFAULT_REGION": "eu-central-1", "SLUICE_KEY_SECRET": "stack/gateway-key", "SLUICE_PROVIDERS_SECRET": "stack/providers",
			"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token",
		}))
		if err != nil {
			t.Fatal(err)
		}
		if n, _ := asked(); n != before {
			t.Error("read before a request needs it")
		}
		for range 3 {
			if got, err := c.Keys.Keys(t.Context()); err != nil || len(got) != 2 || got[1].Reveal() != "old" {
				t.Errorf("%d keys, %v", len(got), err)
			}
			if got, err := c.Keyring.For(t.Context(), "openai"); err != nil || got.Options["api_key"].Reveal() != "k" {
				t.Errorf("credentials: %v, %v", got, err)
			}
		}
		if n, scope := asked(); n != before+2 || !strings.Contains(scope, "/eu-central-1/secretsmanager/") || !strings.HasSuffix(scope, "token") {
			t.Errorf("read %d times, signed as %s", n-before, scope)
		}
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	url, _ := manager(t, map[string]string{"text": "a", "object": `{"x":{"y":"b"}}`, "empty": ""})
	tests := []struct {
		name, ref, want string
		missing         bool
	}{
		{"text", "aws:text", "a", false},
		{"a field", "aws:object#x.y", "b", false},
		{"no such field", "aws:object#z", "", true},
		{"nothing in it", "aws:empty", "", true},
		{"no such secret", "aws:none", "", true},
	}
	source := Secrets(environment(map[string]string{"AWS_ENDPOINT_URL": url, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}))
	for _, tt := range tests {
		ref, err := secret.ParseRef(tt.ref)
		if err != nil {
			t.Fatal(err)
		}
		got, err := source.Secret(t.Context(), ref)
		if got.Reveal() != tt.want || errors.Is(err, secret.ErrNotFound) != tt.missing {
			t.Errorf("%s: got %q, %v, want %q", tt.name, got.Reveal(), err, tt.want)
		}
	}
	if _, err := Secrets(environment(map[string]string{"AWS_ENDPOINT_URL": url})).Secret(t.Context(), secret.Ref{Scheme: "aws", Name: "text"}); err == nil || errors.Is(err, secret.ErrNotFound) {
		t.Errorf("without credentials: got %v", err)
	}
}

func TestKeysThatCannotBeRead(t *testing.T) {
	t.Parallel()
	url, _ := manager(t, nil)
	c, err := Gateway(environment(map[string]string{"AWS_ENDPOINT_URL": url, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "SLUICE_KEY_SECRET": "none"}))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.Keys.Keys(t.Context()); err == nil {
		t.Errorf("got %d keys", len(got))
	}
}

func TestParseKeys(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []string
	}{
		{"as it is", "abc", []string{"abc"}},
		{"with a line feed", "abc\n", []string{"abc"}},
		{"several", ` ["new", "old"]`, []string{"new", "old"}},
		{"empty", "", nil},
		{"an empty one", `["a",""]`, nil},
		{"none", "[]", nil},
		{"not an array", `["hunter2"`, nil},
		{"not strings", `["hunter2", 1]`, nil},
	}
	for _, tt := range tests {
		values, err := parseKeys(tt.text)
		var got []string
		for _, v := range values {
			got = append(got, v.Reveal())
		}
		if !slices.Equal(got, tt.want) || (err != nil) != (tt.want == nil) {
			t.Errorf("%s: got %q, %v, want %q", tt.name, got, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error shows a key: %v", tt.name, err)
		}
	}
}

func TestVectorsAreInABucketIfThereIsOne(t *testing.T) {
	t.Parallel()
	if v := Vectors(environment(nil)); v != nil {
		t.Errorf("without a bucket: %T", v)
	}
	c, err := Gateway(environment(map[string]string{"SLUICE_KEY": "k", "VECTOR_BUCKET": "b", "SLUICE_SEMANTIC": "{}"}))
	if err != nil || c.Vectors == nil || c.Semantic != "{}" {
		t.Errorf("got %T, %q, %v", c.Vectors, c.Semantic, err)
	}
}
