package guard_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core/guard"
	"sluice/core/internal/httpx"
)

// doer answers without a network.
type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

// publishing answers with a key set and counts how often.
func publishing(status int, set string) (guard.Env, *int) {
	n := new(int)
	return guard.Env{HTTP: doer(func(*http.Request) (*http.Response, error) {
		*n++
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(set))}, nil
	})}, n
}

func bearing(header, token string) *guard.Input {
	in := asked("m")
	in.Header = http.Header{}
	in.Header.Set(header, token)
	return in
}

// claims are times relative to now, in seconds; more is JSON behind them.
func claims(iat, exp int64, more string) string {
	now := time.Now().Unix()
	return fmt.Sprintf(`{"iat":%d,"exp":%d%s}`, now+iat, now+exp, more)
}

const jwks = `{"jwksUri":"https://issuer.example/jwks"}`

func TestJWTAlgorithms(t *testing.T) {
	t.Parallel()
	i := theIssuer()
	e, _ := publishing(200, i.keySet())
	c := makeCheck(t, e, "default.jwt", jwks)
	good := claims(0, 60, "")
	for _, tt := range []struct {
		alg, kid string
		pass     bool
	}{
		{"RS256", "rsa", true}, {"RS384", "rsa", true}, {"RS512", "rsa", true}, {"PS256", "rsa", true}, {"PS384", "rsa", true}, {"PS512", "rsa", true},
		{"ES256", "P-256", true}, {"ES384", "P-384", true}, {"ES512", "P-521", true}, {"EdDSA", "ed", true}, {"RS256", "rs256", true},
		{"RS512", "rs256", false}, // the key is for another algorithm
		{"RS256", "enc", false}, {"RS256", "weak", false}, {"RS256", "off", false}, {"RS256", "nobody", false}, {"RS256", "", false}, {"RS256", "ed", false},
		{"ES256", "P-384", false}, {"none", "rsa", false}, {"None", "rsa", false}, {"HS256", "rsa", false}, {"HS256", "oct", false}, {"XX", "rsa", false},
	} {
		v, err := c.Check(t.Context(), bearing("Authorization", "Bearer "+i.sign(tt.alg, tt.kid, good)))
		if err != nil || v.Pass != tt.pass {
			t.Errorf("%s %s: %s, %v", tt.alg, tt.kid, v.Data, err)
		}
		membersAre(t, v.Data, "verdict explanation")
	}
}

func TestJWTClaims(t *testing.T) {
	t.Parallel()
	i := theIssuer()
	e, _ := publishing(200, i.keySet())
	for _, tt := range []struct {
		name, params, claims string
		pass                 bool
	}{
		{"good", ``, claims(-10, 10, ""), true},
		{"expired", ``, claims(-100, -10, ""), false},
		{"expired within the tolerance", ``, claims(-100, -2, ""), true},
		{"more tolerance", `,"clockTolerance":60`, claims(-100, -10, ""), true},
		{"no tolerance", `,"clockTolerance":0`, claims(-100, -2, ""), false},
		{"not yet", ``, claims(0, 60, fmt.Sprintf(`,"nbf":%d`, time.Now().Unix()+30)), false},
		{"from the future", ``, claims(30, 60, ""), false},
		{"too old", ``, claims(-90000, 60, ""), false},
		{"older allowed", `,"maxTokenAge":"2 days"`, claims(-90000, 60, ""), true},
		{"less allowed", `,"maxTokenAge":"1.5m"`, claims(-120, 60, ""), false},
		{"seconds", `,"maxTokenAge":60`, claims(-120, 60, ""), false},
		{"never issued", ``, `{"exp":99999999999}`, false},
		{"never expires", ``, fmt.Sprintf(`{"iat":%d}`, time.Now().Unix()), true},
		{"time as text", ``, `{"iat":"1","exp":99999999999}`, false},
		{"endless time", ``, `{"iat":1,"exp":1e999}`, false},
		{"issuer", `,"iss":"我"`, claims(0, 60, `,"iss":"我"`), true},
		{"another issuer", `,"iss":["a","b"]`, claims(0, 60, `,"iss":"c"`), false},
		{"no issuer", `,"iss":"a"`, claims(0, 60, ``), false},
		{"audience", `,"aud":["a","b"]`, claims(0, 60, `,"aud":["x","b"]`), true},
		{"one audience", `,"aud":"a"`, claims(0, 60, `,"aud":"a"`), true},
		{"another audience", `,"aud":"a"`, claims(0, 60, `,"aud":["c"]`), false},
		{"no audience", `,"aud":"a"`, claims(0, 60, ``), false},
		{"twice", ``, claims(0, 60, `,"exp":99999999999`), false},
		{"no object", ``, `[]`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := makeCheck(t, e, "default.jwt", strings.TrimSuffix(jwks, "}")+tt.params+"}")
			v, err := c.Check(t.Context(), bearing("Authorization", i.sign("ES256", "P-256", tt.claims)))
			if err != nil || v.Pass != tt.pass {
				t.Errorf("%s, %v", v.Data, err)
			}
		})
	}
}

// A malformed token does not pass, whatever is done about errors.
func TestJWTMalformed(t *testing.T) {
	t.Parallel()
	i := theIssuer()
	e, _ := publishing(200, i.keySet())
	c := makeCheck(t, e, "default.jwt", jwks)
	good := i.sign("ES256", "P-256", claims(0, 60, ""))
	parts := strings.Split(good, ".")
	for _, token := range []string{
		"", " ", "Bearer ", "x", "a.b", "a.b.c", "..", good + ".x", good + "=", good[:len(good)-4], parts[0] + "." + parts[1] + ".",
		b64([]byte(`{"alg":"ES256","kid":"P-256","crit":["b64"]}`)) + "." + parts[1] + "." + parts[2],
		parts[0] + "." + b64([]byte(claims(0, 600, ""))) + "." + parts[2], long("a."), "Bearer Bearer " + good,
	} {
		if v, err := c.Check(t.Context(), bearing("Authorization", token)); err != nil || v.Pass {
			t.Errorf("%.60s: %s, %v", token, v.Data, err)
		}
	}
	in := bearing("Authorization", good)
	in.Header.Add("Authorization", good)
	if v, err := c.Check(t.Context(), in); err != nil || v.Pass {
		t.Errorf("two tokens: %s, %v", v.Data, err)
	}
	if v, err := c.Check(t.Context(), asked("m")); err != nil || v.Pass {
		t.Errorf("no header: %s, %v", v.Data, err)
	}
}

func TestJWTHeader(t *testing.T) {
	t.Parallel()
	i := theIssuer()
	e, _ := publishing(200, i.keySet())
	token := i.sign("EdDSA", "ed", claims(0, 60, ""))
	for _, tt := range []struct {
		params, header, value string
		pass                  bool
	}{
		{``, "authorization", "bearer " + token, true}, {``, "Authorization", "  BEARER   " + token + " ", true},
		{`,"headerKey":"X-Custom-JWT"`, "x-custom-jwt", token, true}, {`,"headerKey":"x-custom-jwt"`, "Authorization", token, false},
	} {
		c := makeCheck(t, e, "default.jwt", strings.TrimSuffix(jwks, "}")+tt.params+"}")
		if v, err := c.Check(t.Context(), bearing(tt.header, tt.value)); err != nil || v.Pass != tt.pass {
			t.Errorf("%s %s: %s, %v", tt.params, tt.header, v.Data, err)
		}
	}
}

func TestKeySetsAreKept(t *testing.T) {
	i := theIssuer()
	set := i.keySet()
	synctest.Test(t, func(t *testing.T) {
		e, n := publishing(200, set)
		c := makeCheck(t, e, "default.jwt", `{"jwksUri":"https://i/jwks","cacheMaxAge":600}`)
		try := func(kid string, pass bool, downloads int) {
			t.Helper()
			v, err := c.Check(t.Context(), bearing("Authorization", i.sign("RS256", kid, claims(0, 60, ""))))
			if err != nil || v.Pass != pass || *n != downloads {
				t.Errorf("%s: %s, %v, %d downloads, want %d", kid, v.Data, err, *n, downloads)
			}
		}
		try("rsa", true, 1)
		try("rsa", true, 1)
		try("new", false, 1) // has just been read
		time.Sleep(61 * time.Second)
		try("rsa", true, 1)
		try("new", false, 2)
		try("newer", false, 2)
		time.Sleep(600 * time.Second)
		try("rsa", true, 3)
	})
}

func TestKeySetsThatCannotBeHad(t *testing.T) {
	i := theIssuer()
	set := i.keySet()
	for name, answer := range map[string]struct {
		status int
		set    string
		err    string
	}{
		"down": {500, set, "HTTP error! status: 500"}, "no JSON": {200, "x", "cannot be read"}, "no keys": {200, "{}", "cannot be read"},
		"too many": {200, `{"keys":[` + strings.Repeat("{},", 100) + `{}]}`, "cannot be read"}, "too long": {200, long(" "), "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e, n := publishing(answer.status, answer.set)
				c := makeCheck(t, e, "default.jwt", jwks)
				for range 2 { // the second one does not ask
					_, err := c.Check(t.Context(), bearing("Authorization", i.sign("RS256", "rsa", claims(0, 60, ""))))
					if err == nil || !strings.Contains(err.Error(), answer.err) || *n != 1 {
						t.Errorf("%v, %d downloads", err, *n)
					}
				}
				time.Sleep(6 * time.Second)
				c.Check(t.Context(), bearing("Authorization", i.sign("RS256", "rsa", claims(0, 60, ""))))
				if *n != 2 {
					t.Errorf("%d downloads", *n)
				}
			})
		})
	}
}

// Who makes up a key's name while the issuer is down has not got past.
func TestAnUnknownKeyIsNoErrorWhileOthersAreGood(t *testing.T) {
	i := theIssuer()
	set := i.keySet()
	synctest.Test(t, func(t *testing.T) {
		status := 200
		e := guard.Env{HTTP: doer(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(set))}, nil
		})}
		c := makeCheck(t, e, "default.jwt", jwks)
		check := func(kid string) (guard.Verdict, error) {
			return c.Check(t.Context(), bearing("Authorization", i.sign("RS256", kid, claims(0, 60, ""))))
		}
		if v, err := check("rsa"); err != nil || !v.Pass {
			t.Fatal(v, err)
		}
		status = 500
		time.Sleep(2 * time.Minute)
		if v, err := check("made up"); err != nil || v.Pass {
			t.Errorf("%s, %v", v.Data, err)
		}
		if v, err := check("rsa"); err != nil || !v.Pass {
			t.Errorf("%s, %v", v.Data, err)
		}
		time.Sleep(25 * time.Hour)
		if _, err := check("rsa"); err == nil {
			t.Error("keys are good for a day only")
		}
	})
}

// Whoever writes a config cannot have us look into our own network.
func TestKeySetsInPrivateNetworksAreNotAsked(t *testing.T) {
	t.Parallel()
	g, err := httpx.NewGuard(httpx.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	e := guard.Env{HTTP: httpx.NewClient(&http.Transport{DialContext: g.DialContext})}
	token := theIssuer().sign("EdDSA", "ed", claims(0, 60, ""))
	for _, host := range []string{"127.0.0.1:9", "169.254.169.254", "[::1]:9", "10.0.0.1", "[64:ff9b::a00:1]"} {
		c := makeCheck(t, e, "default.jwt", `{"jwksUri":"http://`+host+`/jwks"}`)
		if v, err := c.Check(t.Context(), bearing("Authorization", token)); err == nil || err.Error() != "address refused" || v.Pass {
			t.Errorf("%s: %v, %v", host, v.Pass, err)
		}
	}
}

func TestFaultsOfJWT(t *testing.T) {
	t.Parallel()
	for params, param := range map[string]string{
		`{}`: "jwksUri", `{"jwksUri":"x"}`: "jwksUri", `{"jwksUri":"https://i","maxTokenAge":"soon"}`: "maxTokenAge",
		`{"jwksUri":"https://i","maxTokenAge":0}`: "maxTokenAge", `{"jwksUri":"https://i","maxTokenAge":true}`: "maxTokenAge", `{"jwksUri":"https://i","cacheMaxAge":-1}`: "cacheMaxAge",
		`{"jwksUri":"https://i","clockTolerance":"5"}`: "clockTolerance", `{"jwksUri":"https://i","iss":7}`: "iss", `{"jwksUri":"https://i","headerKey":7}`: "headerKey",
		`{"jwksUri":""}`: "jwksUri", `{"jwksUri":"file:///etc/passwd"}`: "jwksUri", `{"jwksUri":"https://i","headerKey":""}`: "headerKey", `{"jwksUri":"https://i","headerKey":"a b"}`: "headerKey",
		`{"jwksUri":"https://i","iss":[]}`: "iss", `{"jwksUri":"https://i","iss":""}`: "iss", `{"jwksUri":"https://i","aud":["a",""]}`: "aud", `{"jwksUri":"https://i","aud":{}}`: "aud",
		`{"jwksUri":"https://i","cacheMaxAge":100000000000000}`: "cacheMaxAge", `{"jwksUri":"https://i","clockTolerance":100000000000000}`: "clockTolerance",
		`{"jwksUri":"https://i","maxTokenAge":"101 years"}`: "maxTokenAge",
	} {
		if _, faults := tryCheck(t, guard.Env{}, "default.jwt", params); len(faults) != 1 || faults[0].Param != param {
			t.Errorf("%s: %v", params, faults)
		}
	}
	if s := guard.NewLibrary()["default.jwt"]; len(s.Events) != 1 || s.Events[0] != guard.Before {
		t.Error("a token is checked before the model is asked")
	}
}
