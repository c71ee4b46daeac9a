package price

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"strings"
	"sync"
)

//go:embed data/prices.gz
var compressed []byte

// Notice is the licence of the data that the built-in table was made from. It
// goes where the program goes.
//
//go:embed data/LICENSE
var Notice string

// Default returns the built-in table. It is parsed once, when it is first
// asked for; that takes a few milliseconds.
func Default() *Table { return builtIn() }

var builtIn = sync.OnceValue(func() *Table {
	t, err := unpack(compressed)
	if err != nil {
		panic("price: built-in data: " + err.Error()) // the build is broken
	}
	return t
})

func unpack(gz []byte) (*Table, error) {
	z, err := gzip.NewReader(bytes.NewReader(gz))
	if err != nil {
		return nil, fmt.Errorf("unpacking prices: %w", err)
	}
	var text strings.Builder
	text.Grow(5 * len(gz)) // what it unpacks to, so that it is one allocation
	if _, err := io.Copy(&text, z); err != nil {
		return nil, fmt.Errorf("unpacking prices: %w", err)
	}
	return parseText(text.String())
}
