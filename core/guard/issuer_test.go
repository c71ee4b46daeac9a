package guard_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"strings"
	"sync"
)

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// issuer has a key of each kind.
type issuer struct {
	rsa *rsa.PrivateKey
	ec  map[string]*ecdsa.PrivateKey // by curve
	ed  ed25519.PrivateKey
}

var theIssuer = sync.OnceValue(func() issuer {
	i := issuer{ec: map[string]*ecdsa.PrivateKey{}}
	i.rsa, _ = rsa.GenerateKey(rand.Reader, 2048)
	for _, c := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		i.ec[c.Params().Name], _ = ecdsa.GenerateKey(c, rand.Reader)
	}
	_, i.ed, _ = ed25519.GenerateKey(rand.Reader)
	return i
})

// keySet is what the issuer publishes.
func (i issuer) keySet() string {
	rsaKey := `"kty":"RSA","n":"` + b64(i.rsa.N.Bytes()) + `","e":"AQAB"`
	keys := []string{
		`{"kid":"rsa",` + rsaKey + `}`, `{"kid":"rs256","alg":"RS256","use":"sig",` + rsaKey + `}`, `{"kid":"enc","use":"enc",` + rsaKey + `}`,
		`{"kid":"ed","kty":"OKP","crv":"Ed25519","x":"` + b64(i.ed.Public().(ed25519.PublicKey)) + `"}`,
		`{"kid":"oct","kty":"oct","k":"c2VjcmV0"}`, `{"kid":"weak","kty":"RSA","n":"` + b64(i.rsa.N.Bytes()[:64]) + `","e":"AQAB"}`,
		`{"kid":"off","kty":"EC","crv":"P-256","x":"` + b64(make([]byte, 32)) + `","y":"` + b64(make([]byte, 32)) + `"}`,
	}
	for name, k := range i.ec {
		point, _ := k.PublicKey.Bytes()
		half := len(point) / 2
		keys = append(keys, `{"kid":"`+name+`","kty":"EC","crv":"`+name+`","x":"`+b64(point[1:half+1])+`","y":"`+b64(point[half+1:])+`"}`)
	}
	return `{"keys":[` + strings.Join(keys, ",") + `]}`
}

var hashes = map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}

// sign makes a token, with the algorithm, the key's name, and claims as JSON.
func (i issuer) sign(alg, kid, claims string) string {
	text := b64([]byte(`{"alg":"`+alg+`","kid":"`+kid+`"}`)) + "." + b64([]byte(claims))
	digest := []byte(text)
	hash := hashes[alg[len(alg)-min(3, len(alg)):]]
	if hash != 0 {
		h := hash.New()
		h.Write(digest)
		digest = h.Sum(nil)
	}
	var signature []byte
	switch alg[:2] {
	case "RS":
		signature, _ = rsa.SignPKCS1v15(nil, i.rsa, hash, digest)
	case "PS":
		signature, _ = rsa.SignPSS(rand.Reader, i.rsa, hash, digest, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	case "ES":
		k := i.ec[kid]
		size := (k.Curve.Params().BitSize + 7) / 8
		r, s, _ := ecdsa.Sign(rand.Reader, k, digest)
		signature = append(fill(r, size), fill(s, size)...)
	case "Ed":
		signature = ed25519.Sign(i.ed, digest)
	case "HS": // with the public key, which everybody has
		mac := hmac.New(sha256.New, i.rsa.N.Bytes())
		mac.Write([]byte(text))
		signature = mac.Sum(nil)
	}
	return text + "." + b64(signature)
}

func fill(n *big.Int, size int) []byte { return n.FillBytes(make([]byte, size)) }
