package usage

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// NewID makes an id for a record of a request that came at an instant: a
// UUIDv7. Ids are in the order of time, to the millisecond.
//
// https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-7
func NewID(t time.Time) string {
	var b [16]byte
	rand.Read(b[:])
	binary.BigEndian.PutUint64(b[:8], uint64(t.UnixMilli())<<16|uint64(b[6]&0x0f|0x70)<<8|uint64(b[7]))
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// TimeOf is the instant in an id, in UTC and to the millisecond. It reports
// false for what is no id of a record.
func TimeOf(id string) (time.Time, bool) {
	if len(id) != len("01234567-89ab-7cde-8f01-23456789abcd") || id[14] != '7' {
		return time.Time{}, false
	}
	var ms int64
	for i := range len(id) {
		c := id[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return time.Time{}, false
			}
			continue
		}
		var digit byte
		switch {
		case '0' <= c && c <= '9':
			digit = c - '0'
		case 'a' <= c && c <= 'f':
			digit = c - 'a' + 10
		default:
			return time.Time{}, false
		}
		if i < 13 {
			ms = ms<<4 | int64(digit)
		}
	}
	return time.UnixMilli(ms).UTC(), true
}
