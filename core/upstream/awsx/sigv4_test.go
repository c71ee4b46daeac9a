package awsx

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A signature is what the Authorization header of a request says.
type signature struct {
	key, date, region, service string
	headers                    []string
	sum                        string
}

func parseSignature(t *testing.T, authorization string) signature {
	t.Helper()
	rest, ok := strings.CutPrefix(authorization, "AWS4-HMAC-SHA256 ")
	fields := map[string]string{}
	for f := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(f), "=")
		fields[name] = value
	}
	scope := strings.Split(fields["Credential"], "/")
	if !ok || len(scope) != 5 || scope[4] != "aws4_request" {
		t.Fatalf("no signature: %q", authorization)
	}
	return signature{
		key: scope[0], date: scope[1], region: scope[2], service: scope[3],
		headers: strings.Split(fields["SignedHeaders"], ";"), sum: fields["Signature"],
	}
}

// verify does what AWS does with a signed request.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
func (s signature) verify(r *http.Request, body []byte, secret string) error {
	var canonical strings.Builder
	fmt.Fprintf(&canonical, "%s\n%s\n%s\n", r.Method, encodePath(r.URL.EscapedPath()), r.URL.RawQuery)
	for _, name := range s.headers {
		value := strings.Join(r.Header.Values(name), ",")
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			value = strconv.Itoa(len(body))
		}
		fmt.Fprintf(&canonical, "%s:%s\n", name, strings.Join(strings.Fields(value), " "))
	}
	fmt.Fprintf(&canonical, "\n%s\n%s", strings.Join(s.headers, ";"), hexSum(string(body)))
	scope := s.date + "/" + s.region + "/" + s.service + "/aws4_request"
	text := "AWS4-HMAC-SHA256\n" + r.Header.Get("X-Amz-Date") + "\n" + scope + "\n" + hexSum(canonical.String())
	key := []byte("AWS4" + secret)
	for _, step := range []string{s.date, s.region, s.service, "aws4_request", text} {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(step))
		key = h.Sum(nil)
	}
	if hex.EncodeToString(key) != s.sum {
		return fmt.Errorf("the signature does not hold for\n%s", canonical.String())
	}
	if !slices.Contains(s.headers, "host") || r.Header.Get("X-Amz-Security-Token") != "" && !slices.Contains(s.headers, "x-amz-security-token") {
		return fmt.Errorf("signed are only %q", s.headers)
	}
	return nil
}

// encodePath encodes an encoded path once more, as all services but S3 do.
func encodePath(path string) string {
	var b strings.Builder
	for _, c := range []byte(path) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-._~/", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func hexSum(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
