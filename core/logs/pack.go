package logs

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"

	"sluice/core/internal/json"
	"sluice/core/usage"
)

// What is larger is stored packed, in bytes: a write unit of DynamoDB is a
// kilobyte. In a file it pays from a page on, since writing more pages takes
// longer than packing.
const (
	packFrom       = 1 << 10
	packInFileFrom = 4 << 10
)

// maxUnpacked bounds what a packed record may come to, in bytes.
const maxUnpacked = 256 << 20

var errTooLarge = errors.New("it is too large")

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

// A draft is room where things are written before it is known how long they
// are, which is used again.
type draft struct{ room []byte }

var drafts = sync.Pool{New: func() any { return new(draft) }}

// maxDraft is the size of the largest draft that is used again, in bytes.
const maxDraft = 256 << 10

func newDraft() *draft { return drafts.Get().(*draft) }

// free ends what is in the draft.
func (d *draft) free() {
	if cap(d.room) <= maxDraft {
		d.room = d.room[:0]
		drafts.Put(d)
	}
}

// add returns what write writes behind a text.
func (d *draft) add(write func([]byte) ([]byte, error)) ([]byte, error) {
	from := len(d.room)
	all, err := write(d.room)
	if err != nil {
		return nil, err
	}
	d.room = all
	return all[from:len(all):len(all)], nil
}

// packed is what write writes, packed if it is large.
func (s *Store) packed(d *draft, write func([]byte) ([]byte, error)) ([]byte, error) {
	data, err := d.add(write)
	if err != nil {
		return nil, err
	}
	return s.compress(d, data)
}

// compress returns what is stored of data, smaller if it is large. With Together
// it is data or stands in the draft, and is copied when it joins others; else it
// is memory of its own, which whoever sends it may need after a write has failed.
//
// A file is not billed by the kilobyte: S2 makes it a quarter larger than gzip
// does, in a quarter of the time.
func (s *Store) compress(d *draft, data []byte) ([]byte, error) {
	switch {
	case !s.Together && len(data) > packFrom:
		return compress(data)
	case !s.Together:
		return bytes.Clone(data), nil
	case len(data) <= packInFileFrom:
		return data, nil
	}
	return d.add(func(b []byte) ([]byte, error) {
		b = slices.Grow(append(b, s2Mark...), s2.MaxEncodedLen(len(data)))
		return b[:len(b)+len(s2.Encode(b[len(b):cap(b)], data))], nil
	})
}

// s2Mark begins what S2 has packed. Neither JSON nor gzip begins with it.
var s2Mark = []byte{0xff, 's', '2'}

// unpack reads what pack has written.
func unpack(data []byte, v any) error {
	data, err := decompress(data)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, v)
}

// decompress reads what compress has written, in either way.
func decompress(data []byte) ([]byte, error) {
	if packed, ok := bytes.CutPrefix(data, s2Mark); ok {
		if n, err := s2.DecodedLen(packed); err != nil || n > maxUnpacked {
			return nil, fmt.Errorf("logs: unpack %d bytes: %w", n, cmp.Or(err, errTooLarge))
		}
		return s2.Decode(nil, packed)
	}
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
