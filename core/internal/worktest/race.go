//go:build race

package worktest

// Raced reports whether the race detector watches, which makes everything
// several times slower. Tests that play a great many cases play fewer then:
// make test runs them all without it.
const Raced = true
