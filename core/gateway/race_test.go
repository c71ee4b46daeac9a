//go:build race

package gateway_test

// raced says that the race detector watches, which makes everything several
// times as slow.
const raced = true
