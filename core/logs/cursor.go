package logs

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"

	"sluice/core/llm"
)

// sealLength is how much of a seal stands in a cursor, in bytes.
const sealLength = 16

// cursor is a position that only fits what it was made for, and that nobody
// can change.
func (s *Store) cursor(identity, position string) string {
	return base64.RawURLEncoding.EncodeToString(append(s.seal(identity, position), position...))
}

// position reads a cursor.
func (s *Store) position(identity, cursor string) (string, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err == nil && len(b) >= sealLength {
		position := string(b[sealLength:])
		if hmac.Equal(b[:sealLength], s.seal(identity, position)) && len(position) >= floorLength {
			return position, nil
		}
	}
	return "", &llm.Error{Kind: llm.BadRequest, Param: "cursor", Message: "the cursor does not belong to this query"}
}

func (s *Store) seal(identity, position string) []byte {
	h := hmac.New(sha256.New, s.Secret)
	sum := sha256.Sum256([]byte(identity))
	h.Write(sum[:])
	h.Write([]byte(position))
	return h.Sum(nil)[:sealLength]
}
