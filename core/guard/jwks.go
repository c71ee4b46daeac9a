package guard

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"math/big"
	"net/http"
	"sync"
	"time"

	"sluice/core/internal/json"
)

// Bounds of key sets.
const (
	maxKeys        = 100
	keySetTime     = 5 * time.Second // for one download
	unknownKeyGap  = time.Minute     // between downloads for keys that the set does not have
	failureGap     = 5 * time.Second // between downloads while they fail
	minRSA, maxRSA = 2048, 8192      // bits
)

// A keySet has the public keys of an issuer, as its URL lists them (RFC 7517).
// They are kept for maxAge, then they are worth nothing: a key that has been
// withdrawn must not stay good because the issuer cannot be reached. A key
// that is not known may be new: then the set is read again, though not for
// every token that makes one up.
type keySet struct {
	http   Doer
	uri    string
	maxAge time.Duration
	now    func() time.Time
	turn   chan struct{} // has an element while somebody reads

	mu    sync.Mutex // guards the rest; not held while reading
	keys  []jwk
	read  time.Time // when keys were
	tried time.Time // the last time
	err   error     // why that failed
}

// A jwk is a public key, of the kind that alg wants if that is given.
type jwk struct {
	kid, alg string
	key      crypto.PublicKey
}

func newKeySet(d Doer, uri string, maxAge time.Duration, now func() time.Time) *keySet {
	return &keySet{http: d, uri: uri, maxAge: maxAge, now: now, turn: make(chan struct{}, 1)}
}

// find returns the keys of a name. There may be none.
func (s *keySet) find(ctx context.Context, kid string) ([]jwk, error) {
	if keys, known, err := s.cached(kid); known {
		return keys, err
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, &Error{"TimeoutError", "the key set could not be read in time"}
	}
	defer func() { <-s.turn }()
	if keys, known, err := s.cached(kid); known { // somebody has read it meanwhile
		return keys, err
	}
	keys, err := s.download(ctx)
	return s.note(ctx, kid, keys, err)
}

// cached says what is known without asking, if that is enough.
func (s *keySet) cached(kid string) (keys []jwk, known bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sinceTried := s.now().Sub(s.tried)
	if s.stale() {
		return nil, s.err != nil && sinceTried < failureGap, s.err
	}
	keys = s.named(kid)
	return keys, len(keys) > 0 || sinceTried < unknownKeyGap, nil
}

func (s *keySet) stale() bool { return s.read.IsZero() || s.now().Sub(s.read) >= s.maxAge }

func (s *keySet) named(kid string) (keys []jwk) {
	for _, k := range s.keys {
		if k.kid == kid {
			keys = append(keys, k)
		}
	}
	return keys
}

// note keeps what has been read. As long as there are keys that are not stale,
// a failure to read them again only means that a name stays unknown.
func (s *keySet) note(ctx context.Context, kid string, keys []jwk, err error) ([]jwk, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil && ctx.Err() != nil {
		return nil, err // it was the client who left: others may try
	}
	s.tried, s.err = s.now(), err
	if err == nil {
		s.keys, s.read = keys, s.tried
	} else if s.stale() {
		return nil, err
	}
	return s.named(kid), nil
}

func (s *keySet) download(ctx context.Context) ([]jwk, error) {
	req, err := http.NewRequest(http.MethodGet, s.uri, nil)
	if err != nil {
		return nil, &Error{"Error", "the URL cannot be used"}
	}
	req.Header.Set("Accept", "application/json")
	_, body, err := Send(ctx, s.http, req, keySetTime)
	if err != nil {
		return nil, err
	}
	list, err := json.Elements(json.Lookup(body, "keys"))
	if err != nil || len(list) > maxKeys {
		return nil, &Error{"Error", "the key set cannot be read"}
	}
	var keys []jwk
	for _, v := range list {
		if k, err := parseKey(v); err == nil { // others are for others
			keys = append(keys, k)
		}
	}
	return keys, nil
}

// parseKey reads a key that is for signatures.
func parseKey(v json.Value) (k jwk, err error) {
	o := json.ObjectOf(v)
	text := func(name string) string { return json.Unquote(o.Get(name)) }
	k = jwk{kid: text("kid"), alg: text("alg")}
	if use := text("use"); use != "" && use != "sig" {
		return k, errors.New("a key for something else")
	}
	switch kind, curve := text("kty"), text("crv"); {
	case kind == "RSA":
		k.key, err = rsaKey(text("n"), text("e"))
	case kind == "EC" && curves[curve] != nil:
		k.key, err = ecKey(curves[curve], text("x"), text("y"))
	case kind == "OKP" && curve == "Ed25519":
		k.key, err = edKey(text("x"))
	default:
		err = errors.New("an unknown kind of key")
	}
	return k, err
}

func rsaKey(n64, e64 string) (crypto.PublicKey, error) {
	n, err1 := decode64(n64)
	e, err2 := decode64(e64)
	exponent := new(big.Int).SetBytes(e)
	k := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(exponent.Int64())}
	if err1 != nil || err2 != nil || k.N.BitLen() < minRSA || k.N.BitLen() > maxRSA || exponent.BitLen() > 31 || k.E < 3 {
		return nil, errors.New("an unsafe key")
	}
	return k, nil
}

var curves = map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}

// ecKey reads a point. That it lies on the curve is checked.
func ecKey(curve elliptic.Curve, x64, y64 string) (crypto.PublicKey, error) {
	size := (curve.Params().BitSize + 7) / 8
	x, err1 := decode64(x64)
	y, err2 := decode64(y64)
	if err1 != nil || err2 != nil || len(x) != size || len(y) != size {
		return nil, errors.New("a malformed key")
	}
	return ecdsa.ParseUncompressedPublicKey(curve, append(append([]byte{4}, x...), y...))
}

func edKey(x64 string) (crypto.PublicKey, error) {
	x, err := decode64(x64)
	if err != nil || len(x) != ed25519.PublicKeySize {
		return nil, errors.New("a malformed key")
	}
	return ed25519.PublicKey(x), nil
}
