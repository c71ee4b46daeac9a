//go:build !race

package rollup

const raced = false
