package price

import (
	_ "embed"
	"sync"
)

// Text, and not compressed: unpacking would take several times as long as all
// that a process needs of the table. What ships it compresses it anyway.
//
//go:embed data/prices.txt
var builtInText string

// Notice is the licence of the data that the built-in table was made from. It
// goes where the program goes.
//
//go:embed data/LICENSE
var Notice string

// Default returns the built-in table. When it is first asked for, and when a
// provider is, a fraction of a millisecond goes into parsing.
func Default() *Table { return builtIn() }

var builtIn = sync.OnceValue(func() *Table {
	x, err := indexText(builtInText)
	if err != nil {
		panic("price: built-in data: " + err.Error()) // the build is broken
	}
	return x.table()
})
