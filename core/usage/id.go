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
	if len(id) != len("01234567-89ab-7cde-8f01-23456789abcd") || id[8] != '-' || id[13] != '-' || id[14] != '7' || id[18] != '-' || id[23] != '-' {
		return time.Time{}, false
	}
	high, ok1 := digits(id[:8])
	low, ok2 := digits(id[9:13])
	_, ok3 := digits(id[14:18])
	_, ok4 := digits(id[19:23])
	_, ok5 := digits(id[24:])
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 {
		return time.Time{}, false
	}
	return time.UnixMilli(high<<16 | low).UTC(), true
}

// digits reads a hexadecimal number in lower case.
func digits(s string) (n int64, ok bool) {
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			n = n<<4 | int64(c-'0')
		case 'a' <= c && c <= 'f':
			n = n<<4 | int64(c-'a'+10)
		default:
			return 0, false
		}
	}
	return n, true
}
