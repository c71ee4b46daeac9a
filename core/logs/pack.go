package logs

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"

	"sluice/core/internal/json"
	"sluice/core/usage"
)

// packFrom is the size from which what is stored is packed, in bytes: a write
// unit of DynamoDB is a kilobyte. In a file it pays as well, since writing more
// pages takes longer than packing.
const packFrom = 1 << 10

// maxUnpacked bounds what a packed record may come to, in bytes.
const maxUnpacked = 256 << 20

var packers = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is one that there is
	return w
}}

// pack writes v as JSON, with gzip if it is large.
func pack(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return compress(b)
}

// compress returns data with gzip if it is large.
func compress(data []byte) ([]byte, error) {
	if len(data) <= packFrom {
		return data, nil
	}
	w := packers.Get().(*gzip.Writer)
	defer packers.Put(w)
	out := bytes.NewBuffer(make([]byte, 0, len(data)/4))
	w.Reset(out)
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	err := w.Close()
	return out.Bytes(), err
}

// unpack reads what pack has written.
func unpack(data []byte, v any) error {
	data, err := decompress(data)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, v)
}

// decompress reads what compress has written.
func decompress(data []byte) ([]byte, error) {
	if !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		return data, nil
	}
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, maxUnpacked))
}

// Decode reads the data of a record whose key [IsRecord].
func Decode(data []byte) (*usage.Record, error) {
	r := &usage.Record{}
	if err := unpack(data, r); err != nil {
		return nil, fmt.Errorf("logs: decode a record: %w", err)
	}
	return r, nil
}
