package awsx

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sluice/core/llm"
	"sluice/core/secret"
)

const testRole = "arn:aws:iam::123456789012:role/tenant"

// tokens is AWS's token service. Sessions are numbered.
type tokens struct {
	*httptest.Server
	mu     sync.Mutex
	calls  []url.Values
	keys   []string // who asked
	last   time.Duration
	refuse string // code of an error
	status int
}

func newTokens(t *testing.T) *tokens {
	t.Helper()
	s := &tokens{last: time.Hour}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *tokens) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	s.calls = append(s.calls, form)
	_, credential, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	key, _, _ := strings.Cut(credential, "/")
	s.keys = append(s.keys, key)
	w.Header().Set("Content-Type", "text/xml")
	if s.refuse != "" {
		w.WriteHeader(s.status)
		fmt.Fprintf(w, `<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>not for you</Message></Error></ErrorResponse>`, s.refuse)
		return
	}
	fmt.Fprintf(w, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIA%d</AccessKeyId><SecretAccessKey>role secret</SecretAccessKey><SessionToken>session %d</SessionToken><Expiration>%s</Expiration>
</Credentials></AssumeRoleResult></AssumeRoleResponse>`, len(s.calls), len(s.calls), time.Now().Add(s.last).UTC().Format(time.RFC3339))
}

func process(key string) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: key, SecretAccessKey: "process secret", SessionToken: "process session"}, nil
	})
}

func TestWhoSigns(t *testing.T) {
	t.Parallel()
	sts := newTokens(t)
	u := newUpstream(t, nil)
	apiKey, both := u.settings(), u.keys()
	apiKey.APIKey, both.APIKey = secret.New("bedrock-key"), secret.New("a habit")
	forced := u.keys("aws_auth_type", "apiKey")
	forced.APIKey = secret.New("bedrock-key")
	lends := Config{DefaultCredentials: process("PROCESS"), DefaultRegion: "eu-central-1", STSEndpoint: sts.URL, Endpoint: u.URL}
	tests := []struct {
		name                         string
		c                            Config
		s                            func() (options []string)
		settings                     int // 0: options, 1: apiKey, 2: both, 3: forced
		bearer, key, secret, session string
		region                       string
	}{
		{name: "keys", s: func() []string {
			return []string{"aws_access_key_id", testKey, "aws_secret_access_key", testSecret, "aws_region", "us-west-2"}
		}, key: testKey, secret: testSecret, region: "us-west-2"},
		{name: "keys of a session", s: func() []string {
			return []string{"aws_access_key_id", testKey, "aws_secret_access_key", testSecret, "aws_session_token", "tok"}
		}, key: testKey, secret: testSecret, session: "tok", region: "us-east-1"},
		{name: "keys before those of the process", c: lends, s: func() []string {
			return []string{"aws_access_key_id", testKey, "aws_secret_access_key", testSecret}
		}, key: testKey, secret: testSecret, region: "eu-central-1"},
		{name: "the process", c: lends, s: func() []string { return nil }, key: "PROCESS", secret: "process secret", session: "process session", region: "eu-central-1"},
		{name: "an API key alone", c: lends, settings: 1, bearer: "Bearer bedrock-key"},
		{name: "keys before an API key", settings: 2, key: testKey, secret: testSecret, region: "us-east-1"},
		{name: "an API key that is asked for", settings: 3, bearer: "Bearer bedrock-key"},
		{name: "the API key of the process", c: Config{DefaultToken: secret.New("lent"), DefaultCredentials: process("PROCESS"), Endpoint: u.URL}, s: func() []string { return nil }, bearer: "Bearer lent"},
		{name: "a role of the process", c: lends, s: func() []string { return []string{"aws_role_arn", testRole} }, key: "ASIA1", secret: "role secret", session: "session 1", region: "eu-central-1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := apiKey
			switch tt.settings {
			case 0:
				s = u.settings(tt.s()...)
				if tt.c.Endpoint != "" {
					s.CustomHost = ""
				}
			case 2:
				s = both
			case 3:
				s = forced
			}
			do(t, New(tt.c), s, Converse, testModel, "{}")
			r, body := u.last(t)
			authorization := r.Header.Get("Authorization")
			if tt.bearer != "" {
				if authorization != tt.bearer || r.Header.Get("X-Amz-Date") != "" {
					t.Errorf("got %q, want %q", authorization, tt.bearer)
				}
				return
			}
			sig := parseSignature(t, authorization)
			if err := sig.verify(r, body, tt.secret); err != nil {
				t.Error(err)
			}
			if sig.key != tt.key || sig.region != tt.region || r.Header.Get("X-Amz-Security-Token") != tt.session {
				t.Errorf("signed by %+v with session %q", sig, r.Header.Get("X-Amz-Security-Token"))
			}
		})
	}
}

func TestTheEnvironmentDoesNotTakeOver(t *testing.T) {
	t.Setenv("AWS_BEARER_TOKEN_BEDROCK", "of somebody else")
	u := newUpstream(t, nil)
	tr := New(Config{})
	do(t, tr, u.keys(), Converse, testModel, "{}")
	r, body := u.last(t)
	if err := parseSignature(t, r.Header.Get("Authorization")).verify(r, body, testSecret); err != nil {
		t.Error(err)
	}
	own := u.settings("aws_auth_type", "apiKey")
	own.APIKey = secret.New("mine")
	do(t, tr, own, Converse, testModel, "{}")
	if r, _ := u.last(t); r.Header.Get("Authorization") != "Bearer mine" {
		t.Errorf("got %q", r.Header.Get("Authorization"))
	}
	if _, err := tr.Do(t.Context(), u.settings(), Converse, testModel, []byte("{}"), nil); err == nil {
		t.Error("the token of the environment serves targets without credentials")
	}
}

func TestSessionsBelongToARoleAndToWhoAsked(t *testing.T) {
	t.Parallel()
	sts, u := newTokens(t), newUpstream(t, nil)
	tr := New(Config{STSEndpoint: sts.URL, Endpoint: u.URL, DefaultCredentials: process("PROCESS")})
	role := func(options ...string) {
		s := u.settings(append([]string{"aws_auth_type", "assumedRole", "aws_role_arn", testRole}, options...)...)
		s.CustomHost = ""
		do(t, tr, s, Converse, testModel, "{}")
	}
	role()
	role()
	role("aws_external_id", "tenant a")
	role("aws_external_id", "tenant a")
	role("aws_access_key_id", testKey, "aws_secret_access_key", testSecret)
	role("aws_access_key_id", testKey, "aws_secret_access_key", "another secret")
	if len(sts.calls) != 4 {
		t.Fatalf("%d sessions, want 4", len(sts.calls))
	}
	if got := strings.Join(sts.keys, " "); got != "PROCESS PROCESS AKIDEXAMPLE AKIDEXAMPLE" {
		t.Errorf("asked by %s", got)
	}
	if c := sts.calls[1]; c.Get("RoleArn") != testRole || c.Get("ExternalId") != "tenant a" || c.Get("RoleSessionName") != "sluice" || sts.calls[0].Has("ExternalId") {
		t.Errorf("asked for %v, then %v", sts.calls[0], c)
	}
}

func TestSessionsAreRenewedBeforeTheyEnd(t *testing.T) {
	t.Parallel()
	for last, want := range map[time.Duration]int{4 * time.Minute: 2, 6 * time.Minute: 1} {
		sts, u := newTokens(t), newUpstream(t, nil)
		sts.last = last
		tr := New(Config{STSEndpoint: sts.URL})
		for range 2 {
			do(t, tr, u.keys("aws_auth_type", "assumedRole", "aws_role_arn", testRole), Converse, testModel, "{}")
		}
		if len(sts.calls) != want {
			t.Errorf("with %v to go, two requests take %d sessions, want %d", last, len(sts.calls), want)
		}
	}
}

func TestRolesThatCannotBeAssumed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		code   string
		status int
		kind   llm.ErrorKind
	}{
		{"AccessDenied", 403, llm.Credential},
		{"InvalidClientTokenId", 403, llm.Credential},
		{"Throttling", 400, llm.RateLimited},
		{"InternalFailure", 500, llm.Upstream},
	}
	for _, tt := range tests {
		sts, u := newTokens(t), newUpstream(t, nil)
		sts.refuse, sts.status = tt.code, tt.status
		tr := New(Config{STSEndpoint: sts.URL})
		_, err := tr.Do(t.Context(), u.keys("aws_auth_type", "assumedRole", "aws_role_arn", testRole), Converse, testModel, []byte("{}"), nil)
		e, ok := errors.AsType[*llm.Error](err)
		if !ok || e.Kind != tt.kind || !strings.Contains(e.Message, tt.code) || !strings.Contains(e.Message, "not for you") {
			t.Errorf("%s gives %v", tt.code, err)
		}
		if strings.Contains(fmt.Sprintf("%+v", err), testSecret) {
			t.Errorf("the error tells a secret: %+v", err)
		}
		if len(sts.calls) != 1 {
			t.Errorf("%s was asked for %d times", tt.code, len(sts.calls))
		}
	}
	closed := httptest.NewServer(nil)
	closed.Close()
	u := newUpstream(t, nil)
	tr := New(Config{STSEndpoint: closed.URL})
	_, err := tr.Do(t.Context(), u.keys("aws_auth_type", "assumedRole", "aws_role_arn", testRole), Converse, testModel, []byte("{}"), nil)
	if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.Unreachable {
		t.Errorf("without a token service: %v", err)
	}
}

func TestCredentialsOfTheProcessThatCannotBeRead(t *testing.T) {
	t.Parallel()
	u := newUpstream(t, nil)
	tr := New(Config{Endpoint: u.URL, DefaultCredentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, errors.New("no metadata service")
	})})
	s := u.settings()
	s.CustomHost = ""
	_, err := tr.Do(t.Context(), s, Converse, testModel, []byte("{}"), nil)
	if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.Credential || e.HTTPStatus() != 401 || !strings.Contains(e.Message, "set aws_access_key_id") {
		t.Errorf("got %v", err)
	}
}

func TestCredentialsOfTheProcessStayWithAWS(t *testing.T) {
	t.Parallel()
	u := newUpstream(t, nil)
	for _, c := range []Config{{DefaultCredentials: process("PROCESS")}, {DefaultToken: secret.New("lent")}} {
		for _, options := range [][]string{nil, {"aws_auth_type", "assumedRole", "aws_role_arn", testRole}} {
			_, err := New(c).Do(t.Context(), u.settings(options...), Converse, testModel, []byte("{}"), nil)
			if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.Credential || u.req != nil {
				t.Errorf("with %q: got %v", options, err)
			}
		}
	}
	for host, want := range map[string]bool{
		"https://bedrock-runtime.us-east-1.amazonaws.com":                    true,
		"https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com/":          true,
		"https://bedrock-runtime.cn-north-1.amazonaws.com.cn":                true,
		"https://vpce-0123-abc.bedrock-runtime.us-east-1.vpce.amazonaws.com": true,
		"http://bedrock-runtime.us-east-1.amazonaws.com":                     false,
		"https://evil@bedrock-runtime.us-east-1.amazonaws.com":               false,
		"https://abc.execute-api.us-east-1.amazonaws.com":                    false,
		"https://bedrock-runtime.us-east-1.amazonaws.com.evil.example":       false,
		"https://x.bedrock-runtime.s3.amazonaws.com":                         false,
		"https://bedrock-runtime.s3.us-east-1.amazonaws.com":                 false,
		"https://bedrock-runtime.us-east-1.example.com":                      false,
		"https://bedrock-runtime.s3.amazonaws.com":                           false,
		"https://bedrock-runtime.s3-us-west-2.amazonaws.com":                 false,
		"https://bedrock-runtime..amazonaws.com":                             false,
		"https://amazonaws.com":                                              false,
		"://":                                                                false,
	} {
		if got := bedrockHost(host); got != want {
			t.Errorf("%s is Bedrock: %v", host, got)
		}
	}
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	u, other := newUpstream(t, nil), newUpstream(t, nil)
	s := u.keys()
	s.CustomHost = ""
	do(t, New(Config{Endpoint: u.URL}), s, Converse, testModel, "{}")
	u.last(t)
	do(t, New(Config{Endpoint: u.URL}), other.keys(), Converse, testModel, "{}")
	other.last(t)

	var hosts []string
	client := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		hosts = append(hosts, r.URL.Scheme+"://"+r.URL.Host)
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
	})}
	for _, region := range []string{"ap-southeast-2", "cn-north-1"} {
		s.Options["aws_region"] = secret.New(region)
		do(t, New(Config{HTTPClient: client}), s, Converse, testModel, "{}")
	}
	if got := strings.Join(hosts, " "); got != "https://bedrock-runtime.ap-southeast-2.amazonaws.com https://bedrock-runtime.cn-north-1.amazonaws.com.cn" {
		t.Errorf("went to %s", got)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
