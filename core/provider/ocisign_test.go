package provider

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"sluice/core/llm"
	"sluice/core/secret"
)

func signing(key string, more ...string) Settings {
	return Settings{APIKey: secret.New("unused"), Options: options(append(more,
		"oracle_tenancy", "ocid1.tenancy", "oracle_user", "ocid1.user", "oracle_fingerprint", "aa:bb", "oracle_private_key", key)...)}
}

// The signature is checked as the server does it: over the headers that the
// request has when it is sent, in the order that it names.
func TestOracleSignsRequests(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
	old := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	for name, private := range map[string]string{
		"pkcs 8": text, "pkcs 1": old, "without line breaks": strings.ReplaceAll(text, "\n", ""), "with spaces": strings.ReplaceAll(text, "\n", " "),
		"with escapes": strings.ReplaceAll(text, "\n", `\n`),
	} {
		for _, method := range []string{http.MethodPost, http.MethodGet} {
			body := []byte(`{"a":1}`)
			if method == http.MethodGet {
				body = nil
			}
			r, err := http.NewRequestWithContext(t.Context(), method, "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/20231130/actions/chat?a=b%2Fc", bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			s, _ := Find("oracle")
			if err := s.Authorize(t.Context(), r, signing(private)); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if err := verify(r, &key.PublicKey, len(body)); err != nil {
				t.Errorf("%s, %s: %v: %s", name, method, err, r.Header.Get("Authorization"))
			}
			sum := sha256.Sum256(body)
			if got := r.Header.Get("X-Content-Sha256"); method == http.MethodPost && got != base64.StdEncoding.EncodeToString(sum[:]) {
				t.Errorf("%s: digest %q", name, got)
			}
		}
	}
}

var signature = regexp.MustCompile(`^Signature version="1",keyId="ocid1.tenancy/ocid1.user/aa:bb",algorithm="rsa-sha256",headers="([^"]+)",signature="([^"]+)"$`)

func verify(r *http.Request, key *rsa.PublicKey, length int) error {
	m := signature.FindStringSubmatch(r.Header.Get("Authorization"))
	if m == nil {
		return errors.New("no signature")
	}
	var lines []string
	for name := range strings.FieldsSeq(m[1]) {
		value := r.Header.Get(name)
		switch name {
		case "(request-target)":
			value = strings.ToLower(r.Method) + " /20231130/actions/chat?a=b%2Fc"
		case "host":
			value = "inference.generativeai.us-chicago-1.oci.oraclecloud.com"
		case "content-length":
			value = "7"
		}
		lines = append(lines, name+": "+value)
	}
	if length > 0 && len(lines) != 6 || length == 0 && len(lines) != 3 {
		return errors.New("wrong headers")
	}
	sig, err := base64.StdEncoding.DecodeString(m[2])
	if err != nil {
		return err
	}
	digest := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], sig)
}

func TestOracleCredentials(t *testing.T) {
	t.Parallel()
	half := signing("x")
	delete(half.Options, "oracle_user")
	block := func(typ string) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: typ, Bytes: []byte("hush hush")}))
	}
	for name, set := range map[string]Settings{
		"half a signature": half, "no PEM": signing("hush"), "no key": signing(block("PRIVATE KEY")), "encrypted": signing(block("ENCRYPTED PRIVATE KEY")),
	} {
		s, _ := Find("oracle")
		err := s.Authorize(t.Context(), newRequest(t), set)
		if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.Credential || strings.Contains(e.Error(), "hush") {
			t.Errorf("%s: got %v, want a refused credential that is not told", name, err)
		}
	}
}

func TestOraclesEnvelope(t *testing.T) {
	t.Parallel()
	s, _ := Find("oracle")
	e := s.Endpoints[0]
	for mode, want := range map[string]string{
		"":          `{"compartmentId":"c","servingMode":{"servingType":"ON_DEMAND","modelId":"m"},"chatRequest":{"a":1}}`,
		"DEDICATED": `{"compartmentId":"c","servingMode":{"servingType":"DEDICATED","endpointId":"m"},"chatRequest":{"a":1}}`,
	} {
		got, _, err := s.Adapt(Settings{Options: options("oracle_compartment_id", "c", "oracle_serving_mode", mode)}, e, "m", []byte(`{"a":1}`))
		if err != nil || string(got) != want {
			t.Errorf("%q: got %s, %v, want %s", mode, got, err, want)
		}
	}
	for _, set := range []Settings{{}, {Options: options("oracle_compartment_id", "c", "oracle_serving_mode", "x")}} {
		if _, _, err := s.Adapt(set, e, "m", []byte(`{}`)); err == nil {
			t.Errorf("%v: no error", set.Options)
		}
	}
}
