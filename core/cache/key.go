package cache

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"sync"

	"sluice/core/internal/form"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A Key is under which an entry is kept: a SHA-256, so that nothing of a
// request can be read from it.
type Key [sha256.Size]byte

// String is the key in hexadecimal.
func (k Key) String() string { return hex.EncodeToString(k[:]) }

// keyVersion changes when equal keys would mean something else than before.
const keyVersion = 1

// A Digest puts a key together. Everything that goes in is written with its
// length or its kind in front, so that no two lists of parts run into the same
// bytes.
type Digest struct {
	h   hash.Hash // of what was there before buf
	buf []byte
}

// hashed is how many bytes are hashed at once: a call of the hash for each
// number would cost more than the hashing.
const hashed = 8 << 10

// digests are those that may be used again: the room of one is a tenth of the
// memory that an answer from the cache takes.
var digests = sync.Pool{New: func() any { return &Digest{buf: make([]byte, 0, 1<<10)} }}

// NewDigest returns one with nothing in it.
func NewDigest() *Digest {
	d := digests.Get().(*Digest)
	d.number(keyVersion)
	return d
}

// Free hands the digest back when its keys have been read. It must not be used
// any more.
func (d *Digest) Free() {
	clear(d.buf[:cap(d.buf)]) // credentials are in it
	d.h, d.buf = nil, d.buf[:0]
	digests.Put(d)
}

// Key is that of everything written so far.
func (d *Digest) Key() (k Key) {
	if d.h == nil {
		return sha256.Sum256(d.buf)
	}
	d.flush()
	d.h.Sum(k[:0])
	return k
}

func (d *Digest) flush() {
	if d.h == nil {
		d.h = sha256.New()
	}
	_, _ = d.h.Write(d.buf)
	d.buf = d.buf[:0]
}

// Text writes texts, each for itself.
func (d *Digest) Text(texts ...string) *Digest {
	for _, s := range texts {
		d.number(uint64(len(s)))
		if len(s) > hashed {
			d.long([]byte(s))
		} else {
			d.buf = append(d.buf, s...)
		}
	}
	return d
}

// Bytes writes bytes.
func (d *Digest) Bytes(b []byte) *Digest {
	d.number(uint64(len(b)))
	if len(b) > hashed {
		d.long(b)
	} else {
		d.buf = append(d.buf, b...)
	}
	return d
}

func (d *Digest) long(b []byte) {
	d.flush()
	_, _ = d.h.Write(b)
}

// Texts writes what is known by names, whatever its order.
func (d *Digest) Texts(m map[string]string) *Digest {
	d.number(uint64(len(m)))
	if len(m) == 0 {
		return d
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		d.Text(name, m[name])
	}
	return d
}

// Headers writes headers, whatever their order.
func (d *Digest) Headers(h http.Header) *Digest {
	d.number(uint64(len(h)))
	if len(h) == 0 {
		return d
	}
	for _, name := range slices.Sorted(maps.Keys(h)) {
		d.Text(name).number(uint64(len(h[name])))
		d.Text(h[name]...)
	}
	return d
}

// Flags writes what is so and what is not.
func (d *Digest) Flags(flags ...bool) *Digest {
	for _, f := range flags {
		n := uint64(0)
		if f {
			n = 1
		}
		d.number(n)
	}
	return d
}

// Form writes the fields and files of a form, whatever stands between them:
// most clients choose that anew each time. The error says why it is no form.
func (d *Digest) Form(contentType string, body []byte) error {
	fields, err := form.Fields(contentType, body)
	for _, f := range fields {
		d.Text(f.Name, f.Filename, f.ContentType).Bytes(body[f.Start:f.End])
	}
	d.number(uint64(len(fields)))
	return err
}

// Request writes what a request asks for. Whether the answer is to be streamed
// is left out: an entry can be given either way.
func (d *Digest) Request(r *llm.Request) *Digest {
	own := *r
	own.Stream, own.IncludeUsage = false, nil
	d.value(reflect.ValueOf(own))
	return d
}

func (d *Digest) number(n uint64) {
	if len(d.buf) > hashed {
		d.flush()
	}
	d.buf = binary.BigEndian.AppendUint64(d.buf, n)
}

var (
	rawJSON = reflect.TypeFor[json.Value]()
	native  = reflect.TypeFor[llm.Native]()
)

// value writes a value of the canonical types, whatever fields they come to
// have. Types are written where an interface hides them.
func (d *Digest) value(v reflect.Value) {
	if v.Type() == rawJSON {
		d.Bytes(compact(v.Bytes()))
		return
	}
	if v.Type() == native && v.Field(1).Len() == 0 {
		d.number(0) // whose it would be says nothing if there is nothing
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			d.number(0)
			return
		}
		d.number(1)
		if v.Kind() == reflect.Interface {
			d.Text(v.Elem().Type().String())
		}
		d.value(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			d.value(v.Field(i))
		}
	case reflect.Slice, reflect.Array:
		d.number(uint64(v.Len()))
		for i := range v.Len() {
			d.value(v.Index(i))
		}
	case reflect.String:
		d.Text(v.String())
	default:
		d.scalar(v)
	}
}

func (d *Digest) scalar(v reflect.Value) {
	switch {
	case v.CanInt():
		d.number(uint64(v.Int()))
	case v.CanUint():
		d.number(v.Uint())
	case v.Kind() == reflect.Bool && v.Bool():
		d.number(1)
	case v.Kind() == reflect.Bool:
		d.number(0)
	default:
		panic("cache: a request holds a " + v.Type().String()) // TestKeysHoldEveryField finds it first
	}
}

// compact takes the white space out of JSON. The order of members stays: that
// of a schema's properties decides how some models answer.
func compact(v json.Value) []byte {
	c := v.Clone()
	if c.Compact() != nil {
		return v
	}
	return c
}
