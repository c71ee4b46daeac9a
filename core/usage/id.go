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
	if len(id) != 36 || id[8] != '-' || id[13] != '-' || id[14] != '7' || id[18] != '-' || id[23] != '-' {
		return time.Time{}, false
	}
	b, err := hex.DecodeString(id[:8] + id[9:13] + id[14:18] + id[19:23] + id[24:])
	if err != nil || hex.EncodeToString(b[:4]) != id[:8] {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(b[:8]) >> 16)).UTC(), true
}
