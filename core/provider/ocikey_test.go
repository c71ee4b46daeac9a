package provider

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/core/llm"
	"sluice/core/secret"
)

// One key that OpenSSL has encrypted in several ways, with a passphrase that
// is no secret.
var encryptedKeys = []string{"oci-pkcs8-aes128.pem", "oci-pkcs8-aes256-sha1.pem", "oci-pkcs1-aes256.pem"}

func fixture(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestOracleDecryptsItsKey(t *testing.T) {
	t.Parallel()
	block, _ := pem.Decode([]byte(fixture(t, "oci-public.pem")))
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	s, _ := Find("oracle")
	for _, name := range encryptedKeys {
		text := fixture(t, name)
		for form, private := range map[string]string{
			"as it is": text, "without line breaks": strings.ReplaceAll(text, "\n", ""), "with escapes": strings.ReplaceAll(text, "\n", `\n`),
		} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/20231130/actions/chat?a=b%2Fc", bytes.NewReader([]byte(`{"a":1}`)))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Authorize(t.Context(), r, signing(private, "oracle_key_passphrase", "open-sesame")); err != nil {
				t.Errorf("%s, %s: %v", name, form, err)
			} else if err := verify(r, public.(*rsa.PublicKey), 7); err != nil {
				t.Errorf("%s, %s: %v", name, form, err)
			}
		}
	}
}

func TestAnEncryptedKeyNeedsItsPassphrase(t *testing.T) {
	t.Parallel()
	s, _ := Find("oracle")
	for _, name := range encryptedKeys {
		for passphrase, want := range map[string]string{"": "oracle_key_passphrase", "not-sesame": "oracle_"} {
			set := signing(fixture(t, name))
			set.Options["oracle_key_passphrase"] = secret.New(passphrase)
			err := s.Authorize(t.Context(), newRequest(t), set)
			e, ok := errors.AsType[*llm.Error](err)
			if !ok || e.Kind != llm.Credential || !strings.Contains(e.Message, want) || passphrase != "" && strings.Contains(e.Error(), passphrase) {
				t.Errorf("%s with %q: got %v", name, passphrase, err)
			}
		}
	}
}

func FuzzEncryptedKey(f *testing.F) {
	for _, name := range encryptedKeys {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		if block, _ := pem.Decode(text); block != nil {
			block.Bytes = append(block.Bytes[:60:60], block.Bytes[len(block.Bytes)-32:]...)
			f.Add(block.Bytes)
		}
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		if out, err := decryptPKCS8(der, "x"); err == nil && len(out) >= len(der) {
			t.Errorf("%d bytes became %d", len(der), len(out))
		}
	})
}
