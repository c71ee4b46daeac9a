package cache

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/klauspost/compress/gzip"

	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// An Entry is an answer that is kept: as the provider gave it, for clients of
// its dialect, and in canonical form, for all others. One of the two may be
// missing.
type Entry struct {
	Created  time.Time // when it was given
	Provider string
	Model    string // that was called
	Served   string // that the answer names
	Region   string
	Usage    *llm.Usage
	Others   []llm.Counted // what was paid for and not counted in tokens
	Dropped  []string      // members of the request that the target had no word for
	Strict   bool          // the target is held to strict OpenAI compliance

	Dialect llm.Dialect // of Raw
	Raw     []byte
	Stream  bool         // Raw are the frames of a stream …
	Format  frame.Format // … cut in this way …
	Usages  bool         // … whose client asked to be told the usage
	Type    string       // media type of Raw if it is neither JSON nor a stream of a dialect: a sound, an image

	Events []llm.Event // of the answer in one piece
}

// MaxEntry is the size of the largest entry that is kept, in bytes of its
// encoded form before it is compressed.
const MaxEntry = 1 << 20

// maxDecoded is how long the encoded form may be when it is not compressed:
// texts grow by being quoted, bytes by a third.
const maxDecoded = 8 * MaxEntry

// minZipped is the size from which on compressing saves a unit of DynamoDB.
const minZipped = 1 << 10

// Formats of an encoded entry: its first byte.
const (
	plainFormat  = 'j' // JSON
	zippedFormat = 'z' // JSON, gzip
)

// Encode writes an entry as a table keeps it.
func (e *Entry) Encode() ([]byte, error) {
	b, err := json.AppendLean([]byte{plainFormat}, e)
	if err != nil {
		return nil, fmt.Errorf("encode cache entry: %w", err)
	}
	if len(b) < minZipped {
		return b, nil
	}
	var zipped bytes.Buffer
	zipped.WriteByte(zippedFormat)
	w, _ := gzip.NewWriterLevel(&zipped, gzip.BestSpeed)
	if _, err = w.Write(b[1:]); err == nil {
		err = w.Close()
	}
	if err != nil || zipped.Len() >= len(b) {
		return b, err
	}
	return zipped.Bytes(), nil
}

// DecodeEntry is the inverse of [Entry.Encode].
func DecodeEntry(b []byte) (*Entry, error) {
	text, err := unzipped(b)
	if err != nil {
		return nil, fmt.Errorf("decode cache entry: %w", err)
	}
	e := &Entry{}
	if err := json.UnmarshalLoose(text, e); err != nil {
		return nil, fmt.Errorf("decode cache entry: %w", err)
	}
	return e, nil
}

func unzipped(b []byte) ([]byte, error) {
	switch {
	case len(b) > 0 && b[0] == plainFormat:
		return b[1:], nil
	case len(b) == 0 || b[0] != zippedFormat:
		return nil, fmt.Errorf("an unknown format")
	}
	r, err := gzip.NewReader(bytes.NewReader(b[1:]))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(r, maxDecoded))
	if err != nil {
		return nil, err
	}
	return text, r.Close()
}
