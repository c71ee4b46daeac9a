package json

import (
	"bytes"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// A decoder reads a text that is all there. Decoders are used again: what they
// grow to keep the names of members apart, they need each time.
type decoder struct {
	jsontext.Decoder
	text bytes.Buffer
}

var decoders = sync.Pool{New: func() any { return new(decoder) }}

// decoderOf returns a decoder of a text, which is not copied.
func decoderOf(text []byte) *decoder {
	d := decoders.Get().(*decoder)
	d.text = *bytes.NewBuffer(text)
	d.Reset(&d.text)
	return d
}

// release hands a decoder back. It holds on to nothing of the text.
func (d *decoder) release() {
	d.text = bytes.Buffer{}
	d.Reset(&d.text)
	decoders.Put(d)
}
