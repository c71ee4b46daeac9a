package guard

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	_ "crypto/sha256" // hashes of the algorithms
	_ "crypto/sha512"
	"encoding/base64"
	"math/big"
	"strings"

	"sluice/core/internal/json"
)

// maxToken is the longest token, in bytes.
const maxToken = 16 << 10

// A token is a JSON Web Token that nobody has vouched for yet.
type token struct {
	alg, kid  string
	claims    json.Value
	signed    []byte
	signature []byte
}

// parseToken takes a token apart, or says what is wrong with it.
func parseToken(text string) (t token, wrong string) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 || len(text) > maxToken {
		return t, "malformed token"
	}
	header, err1 := decode64(parts[0])
	claims, err2 := decode64(parts[1])
	signature, err3 := decode64(parts[2])
	members, err4 := json.Pick(header, "alg", "kid", "crit")
	if err1 != nil || err2 != nil || err3 != nil || err4 != nil || json.ObjectOf(claims) == nil {
		return t, "malformed token"
	}
	t = token{json.Unquote(members[0]), json.Unquote(members[1]), claims, []byte(parts[0] + "." + parts[1]), signature}
	switch _, known := algorithms[t.alg]; {
	case !known:
		return t, "the algorithm of the token is not accepted"
	case t.kid == "":
		return t, "the token names no key"
	case members[2] != nil:
		return t, "the token needs an extension"
	}
	return t, ""
}

// decode64 reads base64url without padding, in its one form.
func decode64(s string) ([]byte, error) { return base64.RawURLEncoding.Strict().DecodeString(s) }

// An algorithm verifies signatures with keys of its own kind. None accepts
// what a client could make of a public key: there is neither HMAC nor "none".
type algorithm struct {
	hash   crypto.Hash
	verify func(key crypto.PublicKey, hash crypto.Hash, digest, signature []byte) bool
}

// algorithms are those of RFC 7518 (section 3.1) and RFC 8037 that have
// public keys.
var algorithms = map[string]algorithm{
	"RS256": {crypto.SHA256, verifyPKCS1}, "RS384": {crypto.SHA384, verifyPKCS1}, "RS512": {crypto.SHA512, verifyPKCS1},
	"PS256": {crypto.SHA256, verifyPSS}, "PS384": {crypto.SHA384, verifyPSS}, "PS512": {crypto.SHA512, verifyPSS},
	"ES256": {crypto.SHA256, verifyECDSA(elliptic.P256())}, "ES384": {crypto.SHA384, verifyECDSA(elliptic.P384())},
	"ES512": {crypto.SHA512, verifyECDSA(elliptic.P521())},
	"EdDSA": {0, verifyEd25519}, "Ed25519": {0, verifyEd25519},
}

// signedBy reports whether the owner of a key has signed the token.
func (t token) signedBy(k jwk) bool {
	if k.alg != "" && k.alg != t.alg {
		return false
	}
	a := algorithms[t.alg]
	digest := t.signed
	if a.hash != 0 {
		h := a.hash.New()
		h.Write(t.signed)
		digest = h.Sum(nil)
	}
	return a.verify(k.key, a.hash, digest, t.signature)
}

func verifyPKCS1(key crypto.PublicKey, hash crypto.Hash, digest, signature []byte) bool {
	k, ok := key.(*rsa.PublicKey)
	return ok && rsa.VerifyPKCS1v15(k, hash, digest, signature) == nil
}

func verifyPSS(key crypto.PublicKey, hash crypto.Hash, digest, signature []byte) bool {
	k, ok := key.(*rsa.PublicKey)
	return ok && rsa.VerifyPSS(k, hash, digest, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
}

// verifyECDSA is for one curve: each algorithm has its own.
func verifyECDSA(curve elliptic.Curve) func(crypto.PublicKey, crypto.Hash, []byte, []byte) bool {
	size := (curve.Params().BitSize + 7) / 8
	return func(key crypto.PublicKey, _ crypto.Hash, digest, signature []byte) bool {
		k, ok := key.(*ecdsa.PublicKey)
		if !ok || k.Curve != curve || len(signature) != 2*size {
			return false
		}
		r, s := new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:])
		return ecdsa.Verify(k, digest, r, s)
	}
}

func verifyEd25519(key crypto.PublicKey, _ crypto.Hash, message, signature []byte) bool {
	k, ok := key.(ed25519.PublicKey)
	return ok && ed25519.Verify(k, message, signature)
}
