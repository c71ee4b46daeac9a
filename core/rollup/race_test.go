//go:build race

package rollup

// raced says that the race detector watches, which makes everything several
// times slower.
const raced = true
