package redact

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

const secret = `sk/live+"0123"`

func TestSecretsAreTakenOutInEveryForm(t *testing.T) {
	t.Parallel()
	s := New("", "short", secret, secret+"-longer")
	tests := []struct{ name, text, want string }{
		{"as it is", "key " + secret + " is wrong", "key *** is wrong"},
		{"twice", secret + secret, "******"},
		{"the longer one first", secret + "-longer", "***"},
		{"in JSON", `{"key":"sk/live+\"0123\""}`, `{"key":"***"}`},
		{"in JSON, slashes escaped", `{"key":"sk\/live+\"0123\""}`, `{"key":"***"}`},
		{"in a query", "https://x/?key=sk%2Flive%2B%220123%22&a=b", "https://x/?key=***&a=b"},
		{"in a path", "https://x/sk%2Flive+%220123%22/b", "https://x/***/b"},
		{"not there", "key sk/live is wrong", "key sk/live is wrong"},
		{"too short to be one", "a short text", "a short text"},
	}
	for _, tt := range tests {
		if got := s.Text(tt.text); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		if got := string(s.JSON([]byte(tt.text))); got != tt.want {
			t.Errorf("%s, as a body: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestEscapesDoNotHideASecret(t *testing.T) {
	t.Parallel()
	s := New("CANARY-0123")
	if got := string(s.JSON([]byte(`{"m": "\u0043ANARY\u002d0123", "n": 1.0}`))); got != `{"m":"***","n":1.0}` {
		t.Errorf("got %s", got)
	}
	for _, body := range []string{`{"m": "\u0043anary", "n": 1.0}`, `not JSON \u0043`, ``, `{"a": "b"}`} {
		in := []byte(body)
		if got := s.JSON(in); string(got) != body || len(in) > 0 && &got[0] != &in[0] {
			t.Errorf("%s became %s", body, got)
		}
	}
}

func TestNobodyKnownMeansNothingChanged(t *testing.T) {
	t.Parallel()
	if got := New("", "k").Text("k is a key"); got != "k is a key" {
		t.Errorf("got %s", got)
	}
	if got := (Secrets{}).Text("text"); got != "text" {
		t.Errorf("got %s", got)
	}
}

func TestSecretsArePrintedNowhere(t *testing.T) {
	t.Parallel()
	s := New("CANARY-0123")
	inside := struct{ hidden Secrets }{s}
	if got := fmt.Sprintf("%v %+v %#v %v %+v %#v", s, s, s, inside, inside, &inside); strings.Contains(got, "CANARY") {
		t.Errorf("printed %s", got)
	}
}

func TestHeadersLoseTheirSecrets(t *testing.T) {
	t.Parallel()
	h := http.Header{"Location": {"https://x/?key=CANARY-0123"}, "X-Two": {"a", "b CANARY-0123"}}
	New("CANARY-0123").Header(h)
	if h.Get("Location") != "https://x/?key=***" || !slices.Equal(h["X-Two"], []string{"a", "b ***"}) {
		t.Errorf("got %v", h)
	}
}

func TestCredentialsAreFoundByTheirNames(t *testing.T) {
	t.Parallel()
	h := http.Header{
		"Authorization": {"bearer one"}, "X-Api-Key": {"two"}, "X-Portkey-Aws-Secret-Access-Key": {"three"}, "X-Portkey-Azure-Ad-Token": {"four"},
		"X-Portkey-Vertex-Service-Account-Json": {"ten"},
		"Cookie":                                {"five"}, "X-Portkey-Aws-Region": {"no"}, "X-Portkey-Provider": {"no"},
	}
	config := `{"provider":"no","api_key":"six","targets":[{"apiKey":"seven","weight":1},{"modal_secret":"eight","override_params":{"stop":["no"]}}]}`
	found := slices.Concat(OfHeader(h), OfJSON([]byte(config)), OfQuery("key=nine&api-version=no&sig&%zz"), OfQuery(""), OfJSON([]byte("{broken")), OfJSON(nil))
	slices.Sort(found)
	if got, want := strings.Join(found, " "), "eight five four nine one seven six ten three two"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCredentialsAreKnownByNameInEverySpelling(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"x-portkey-vertex-service-account-json": true, "vertex_service_account_json": true, "X-Amz-Security-Token": true, "Set-Cookie": true,
		"x-portkey-aws-secret-access-key": true, "x-portkey-config": false, "x-portkey-metadata": false, "Content-Type": false,
	} {
		if got := Named(name); got != want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestACutTextEndsBeforeASecretThatBeginsInIt(t *testing.T) {
	t.Parallel()
	s := New("CANARY-0123", "NARY-4567")
	tests := []struct{ text, want string }{
		{"key CANARY-012", "key "}, {"key C", "key "}, {"key CANARY", "key "}, {"key NARY-45", "key "}, {"CANARY-0", ""},
		{"key CANARY-0x", "key CANARY-0x"}, {"key", "key"}, {"", ""},
	}
	for _, tt := range tests {
		if got := string(s.Whole([]byte(tt.text))); got != tt.want {
			t.Errorf("%q became %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestJoinedSecretsAreThoseOfBoth(t *testing.T) {
	t.Parallel()
	one, other := New("CANARY-one/1", "CANARY-both"), New("CANARY-both", "CANARY-other", "CANARY-both-longer")
	for name, joined := range map[string]Secrets{"one, other": Join(one, other), "more, less": Join(Join(one, other), one), "less, more": Join(other, Join(one, other))} {
		if got := joined.Text("CANARY-one/1 CANARY-one%2F1 CANARY-both-longer CANARY-both CANARY-other CANARY"); got != "*** *** *** *** *** CANARY" {
			t.Errorf("%s: %s", name, got)
		}
	}
	for name, joined := range map[string]Secrets{"none": Join(Secrets{}, New()), "one": Join(Secrets{}, one), "of one": Join(one, Secrets{})} {
		if got, want := joined.Text("CANARY-both"), map[string]string{"none": "CANARY-both"}[name]; got != cmp.Or(want, Mask) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestUsualNamesAreJudgedAsOthers(t *testing.T) {
	t.Parallel()
	for name := range usual {
		if Named(name) != Named(strings.ToLower(name)) { // which is none of them
			t.Errorf("%s", name)
		}
	}
	if !Named("Authorization") || Named("Content-Type") {
		t.Error("a usual name is judged wrong")
	}
}
