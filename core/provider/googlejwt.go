package provider

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"time"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// assertionLife is the longest that Google takes.
const assertionLife = time.Hour

type jwtHeader struct {
	Algorithm string `json:"alg"`
	Type      string `json:"typ"`
	KeyID     string `json:"kid,omitzero"`
}

type jwtClaims struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Audience string `json:"aud"`
	Scope    string `json:"scope"`
	Issued   int64  `json:"iat"` // seconds since 1970
	Expires  int64  `json:"exp"`
}

// assertion is a JSON Web Token (RFC 7523) that says who asks, signed with
// RS256 by the account's key.
func (c googleCredential) assertion(now time.Time) (string, error) {
	key, err := c.key()
	if err != nil {
		return "", err
	}
	head, err := json.Marshal(jwtHeader{"RS256", "JWT", c.KeyID})
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(jwtClaims{c.Email, c.Email, googleTokens, googleScope, now.Unix(), now.Add(assertionLife).Unix()})
	if err != nil {
		return "", err
	}
	enc := base64.RawURLEncoding
	signed := enc.EncodeToString(head) + "." + enc.EncodeToString(claims)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	return signed + "." + enc.EncodeToString(signature), err
}

// key reads the private key. No error says anything of what is in it.
func (c googleCredential) key() (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(c.PrivateKey))
	if block == nil || c.Email == "" {
		return nil, llm.Errorf(llm.Credential, "the service account of vertex-ai needs client_email and private_key, as in the key file")
	}
	any, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if key, ok := any.(*rsa.PrivateKey); ok && err == nil {
		return key, nil
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	return nil, llm.Errorf(llm.Credential, "the private key of the vertex-ai service account is no RSA key")
}
