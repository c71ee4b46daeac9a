package compact

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"
	"sync"

	"sluice/core/llm"
	"sluice/core/store"
	"sluice/core/store/driver"
)

// A Sealer makes texts unreadable and unchangeable for clients, who keep them
// and hand them back. A text that was sealed for one workspace opens for no
// other.
//
//	sluice:compaction:<base64url of nonce and AES-256-GCM>
//
// The key is made when it is first needed, and kept in a table: every process
// that uses the table opens what another has sealed. Without a table the key
// lives as long as the process. A Sealer is safe for concurrent use.
type Sealer struct {
	Table driver.Table

	mu   sync.Mutex
	aead cipher.AEAD
}

const (
	prefix  = "sluice:compaction:"
	keySize = 32
)

// sealKey is the key as it is kept.
type sealKey struct {
	Key []byte `json:"key"`
}

var errSeal = errors.New("it was not sealed here, or was changed")

func (s *Sealer) seal(ctx context.Context, workspace, text string) (string, error) {
	aead, err := s.cipher(ctx)
	if err != nil {
		return "", err
	}
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(text)+aead.Overhead())
	_, _ = rand.Read(nonce) // it never fails
	return prefix + base64.RawURLEncoding.EncodeToString(aead.Seal(nonce, nonce, []byte(text), bound(workspace))), nil
}

// open returns errSeal for what it has not sealed.
func (s *Sealer) open(ctx context.Context, workspace, blob string) (string, error) {
	aead, err := s.cipher(ctx)
	if err != nil {
		return "", err
	}
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(blob, prefix))
	if err != nil || len(b) < aead.NonceSize() {
		return "", errSeal
	}
	text, err := aead.Open(nil, b[:aead.NonceSize()], b[aead.NonceSize():], bound(workspace))
	if err != nil {
		return "", errSeal
	}
	return string(text), nil
}

// bound is what a seal is bound to.
func bound(workspace string) []byte { return []byte("compaction of " + workspace) }

func (s *Sealer) cipher(ctx context.Context) (cipher.AEAD, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.aead != nil {
		return s.aead, nil
	}
	key, err := s.key(ctx)
	if err != nil {
		return nil, &llm.Error{Kind: llm.Overloaded, Status: 503, Message: "the key for compacted history cannot be read at the moment", Err: err}
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	s.aead, err = cipher.NewGCM(block)
	return s.aead, err
}

// key reads the key. Of several processes that make one at once, the first
// wins.
func (s *Sealer) key(ctx context.Context) ([]byte, error) {
	fresh := make([]byte, keySize)
	_, _ = rand.Read(fresh)
	if s.Table == nil {
		return fresh, nil
	}
	keys := store.In[sealKey](s.Table, "seal")
	for {
		k, err := keys.Get(ctx, "compaction", "1")
		if !errors.Is(err, driver.ErrNotFound) {
			return k.Key, err
		}
		err = keys.Create(ctx, "compaction", "1", sealKey{fresh})
		if err == nil {
			return fresh, nil
		}
		if !errors.Is(err, driver.ErrConflict) {
			return nil, err
		}
	}
}
