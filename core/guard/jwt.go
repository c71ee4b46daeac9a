package guard

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"sluice/core/internal/json"
)

func init() { add(Spec{ID: "default.jwt", Events: []Event{Before}, New: newJWT}) }

// jwt passes requests with a JSON Web Token (RFC 7519) that one of the
// issuer's keys has signed, and that is valid now. Whatever is wrong with a
// token fails the check; only keys that cannot be had are an error.
type jwt struct {
	keys      *keySet
	header    string
	issuers   []string // any of them; nil: whoever has the keys
	audiences []string // any of them; nil: whoever it is for
	tolerance time.Duration
	maxAge    time.Duration
	now       func() time.Time
}

func newJWT(p *Params, e Env) Check {
	now := func() time.Time { return time.Now().Round(0) } // wall clock: a frozen process has no other
	uri := endpoint(p, "jwksUri")
	return &jwt{
		keys:   newKeySet(e.HTTP, uri, seconds(p, "cacheMaxAge", 86400), now),
		header: headerName(p, "headerKey", "Authorization"), issuers: optionalList(p, "iss"), audiences: optionalList(p, "aud"),
		tolerance: seconds(p, "clockTolerance", 5), maxAge: tokenAge(p), now: now,
	}
}

// maxSeconds is the longest time in parameters: a hundred years.
const maxSeconds = 100 * 365 * 86400

// seconds reads a number of them, or what stands in for it.
func seconds(p *Params, name string, otherwise int) time.Duration {
	n := p.Count(name, otherwise)
	if n > maxSeconds {
		p.Fail(name, "Must be at most %d", maxSeconds)
		n = 0
	}
	return time.Duration(n) * time.Second
}

// headerName reads the name of a header, or what stands in for it.
func headerName(p *Params, name, otherwise string) string {
	header := p.Text(name, otherwise)
	if header == "" || strings.ContainsFunc(header, notInName) {
		p.Fail(name, "%q is no header", header)
	}
	return header
}

// anAge is a time as the reference's library reads it: 1d, 12 hours, 90s.
var anAge = regexp.MustCompile(`^(?i)\+?\s?(\d+|\d+\.\d+)\s?(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?|y|yrs?|years?)$`)

// ageUnits are the units by their first letter.
var ageUnits = map[string]time.Duration{
	"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour, "y": 8766 * time.Hour,
}

// tokenAge reads maxTokenAge: such a time, or a number of seconds.
func tokenAge(p *Params) time.Duration {
	text := "1d"
	switch v := p.kind("maxTokenAge", `"0`, "string or number"); v.Kind() {
	case '"':
		text = json.Unquote(v)
	case '0':
		text = string(v) + "s"
	}
	m := anAge.FindStringSubmatch(text)
	if m == nil {
		p.Fail("maxTokenAge", "Must be a time such as 1d, 12h or 30m")
		return 0
	}
	n, _ := strconv.ParseFloat(m[1], 64)
	seconds := n * ageUnits[strings.ToLower(m[2][:1])].Seconds()
	if seconds <= 0 || seconds > ageUnits["y"].Seconds()*100 {
		p.Fail("maxTokenAge", "Must be between a moment and a hundred years")
		return 0
	}
	return time.Duration(seconds * float64(time.Second))
}

func (c *jwt) Check(ctx context.Context, in *Input) (Verdict, error) {
	wrong, err := c.wrong(ctx, in.Header.Values(c.header))
	if err != nil {
		return Verdict{}, err
	}
	return found(wrong == "", struct {
		Verdict     bool   `json:"verdict"`
		Explanation string `json:"explanation"`
	}{wrong == "", choose(wrong == "", "JWT validation succeeded", "JWT validation error: "+wrong)}), nil
}

// wrong says what is wrong with a token, "" if nothing is.
func (c *jwt) wrong(ctx context.Context, header []string) (string, error) {
	if len(header) != 1 || strings.TrimSpace(header[0]) == "" {
		return "there has to be one header with a token", nil
	}
	text := strings.TrimSpace(header[0])
	if scheme, rest, ok := strings.Cut(text, " "); ok && strings.EqualFold(scheme, "Bearer") {
		text = strings.TrimSpace(rest)
	}
	t, wrong := parseToken(text)
	if wrong != "" {
		return wrong, nil
	}
	keys, err := c.keys.find(ctx, t.kid)
	switch {
	case err != nil:
		return "", err
	case len(keys) == 0:
		return "no key matches the token", nil
	case !slices.ContainsFunc(keys, t.signedBy):
		return "signature verification failed", nil
	}
	return c.wrongClaims(t.claims), nil
}

// wrongClaims is asked about tokens whose signature is good.
func (c *jwt) wrongClaims(claims json.Value) string {
	o := json.ObjectOf(claims)
	iat, exp, nbf := o.Get("iat"), o.Get("exp"), o.Get("nbf")
	now, tolerance := float64(c.now().UnixMilli())/1000, c.tolerance.Seconds()
	times := [3]float64{}
	for i, v := range []json.Value{iat, exp, nbf} {
		n, err := strconv.ParseFloat(string(v), 64)
		if v != nil && (v.Kind() != '0' || err != nil) {
			return "a time in the token is no number"
		}
		times[i] = n
	}
	switch {
	case exp != nil && now-tolerance >= times[1]:
		return `"exp" claim timestamp check failed`
	case nbf != nil && now+tolerance < times[2]:
		return `"nbf" claim timestamp check failed`
	case iat == nil:
		return `missing required "iat" claim`
	case now+tolerance < times[0]:
		return `"iat" claim timestamp check failed (it should be in the past)`
	case now-tolerance > times[0]+c.maxAge.Seconds():
		return `"iat" claim timestamp check failed (too far in the past)`
	case c.issuers != nil && !slices.Contains(c.issuers, json.Unquote(o.Get("iss"))):
		return `unexpected "iss" claim value`
	case c.audiences != nil && !slices.ContainsFunc(audiencesOf(o.Get("aud")), func(a string) bool { return slices.Contains(c.audiences, a) }):
		return `unexpected "aud" claim value`
	}
	return ""
}

// audiencesOf reads a text or a list of texts.
func audiencesOf(aud json.Value) []string {
	if aud.Kind() == '"' {
		return []string{json.Unquote(aud)}
	}
	list, _ := textList(aud)
	return list
}
