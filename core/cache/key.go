package cache

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"io"
	"maps"
	"reflect"
	"slices"

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
type Digest struct{ h hash.Hash }

// NewDigest returns one with nothing in it.
func NewDigest() *Digest {
	d := &Digest{sha256.New()}
	d.number(keyVersion)
	return d
}

// Key is that of everything written so far.
func (d *Digest) Key() (k Key) {
	d.h.Sum(k[:0])
	return k
}

// Text writes texts, each for itself.
func (d *Digest) Text(texts ...string) *Digest {
	for _, s := range texts {
		d.number(uint64(len(s)))
		_, _ = io.WriteString(d.h, s)
	}
	return d
}

// Bytes writes bytes.
func (d *Digest) Bytes(b []byte) *Digest {
	d.number(uint64(len(b)))
	_, _ = d.h.Write(b)
	return d
}

// Texts writes what is known by names, whatever its order.
func (d *Digest) Texts(m map[string]string) *Digest {
	d.number(uint64(len(m)))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		d.Text(name, m[name])
	}
	return d
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
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], n)
	_, _ = d.h.Write(b[:])
}

var rawJSON = reflect.TypeFor[json.Value]()

// value writes a value of the canonical types, whatever fields they come to
// have. Types are written where an interface hides them.
func (d *Digest) value(v reflect.Value) {
	if v.Type() == rawJSON {
		d.Bytes(compact(v.Bytes()))
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
