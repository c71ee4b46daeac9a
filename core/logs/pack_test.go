package logs

import (
	"encoding/binary"
	"testing"
)

// TestWhatSaysThatItIsHugeIsNotUnpacked: the length of what S2 has packed
// stands in front of it.
func TestWhatSaysThatItIsHugeIsNotUnpacked(t *testing.T) {
	t.Parallel()
	for _, size := range []uint64{maxUnpacked + 1, 1 << 40} {
		if _, err := decompress(binary.AppendUvarint(append([]byte{}, s2Mark...), size)); err == nil {
			t.Errorf("%d bytes were unpacked out of nothing", size)
		}
	}
	if _, err := decompress(s2Mark); err == nil {
		t.Error("nothing was unpacked")
	}
}

func FuzzDecompress(f *testing.F) {
	f.Add([]byte{0x1f, 0x8b})
	f.Add(append(append([]byte{}, s2Mark...), 3, 8, 'a', 'b', 'c'))
	f.Fuzz(func(t *testing.T, data []byte) {
		if out, err := decompress(data); err == nil && len(out) > maxUnpacked {
			t.Errorf("%d bytes", len(out))
		}
	})
}
