package price

import (
	_ "embed"
	"sync"
)

// Not compressed: every process reads it, and unpacking took as long as
// parsing does. What ships it (zip files, images) compresses it anyway.
//
//go:embed data/prices.txt
var builtInText string

// Notice is the licence of the data that the built-in table was made from. It
// goes where the program goes.
//
//go:embed data/LICENSE
var Notice string

// Default returns the built-in table. It is parsed once, when it is first
// asked for; that takes a millisecond.
func Default() *Table { return builtIn() }

var builtIn = sync.OnceValue(func() *Table {
	t, err := parseText(builtInText)
	if err != nil {
		panic("price: built-in data: " + err.Error()) // the build is broken
	}
	return t
})
