package logs

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"sync"

	"sluice/core/internal/json"
	"sluice/core/usage"
)

// packFrom is the size from which JSON is packed, in bytes: a write unit of
// DynamoDB is a kilobyte.
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
	if err != nil || len(b) <= packFrom {
		return b, err
	}
	w := packers.Get().(*gzip.Writer)
	defer packers.Put(w)
	var out bytes.Buffer
	w.Reset(&out)
	if _, err := w.Write(b); err != nil {
		return nil, err
	}
	err = w.Close()
	return out.Bytes(), err
}

// unpack reads what pack has written.
func unpack(data []byte, v any) error {
	if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		r, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return err
		}
		if data, err = io.ReadAll(io.LimitReader(r, maxUnpacked)); err != nil {
			return err
		}
	}
	return json.Unmarshal(data, v)
}

// Decode reads the data of a record whose key [IsRecord].
func Decode(data []byte) (*usage.Record, error) {
	r := &usage.Record{}
	if err := unpack(data, r); err != nil {
		return nil, fmt.Errorf("logs: decode a record: %w", err)
	}
	return r, nil
}
