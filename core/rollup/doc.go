// Package rollup sums up what requests used, cost and took, by the hour: in
// all, and for each provider, model, key, user and value of metadata.
//
// Each record is counted exactly once, whatever is delivered twice, comes late
// or breaks off in between: the sums are written together with a mark for each
// record that is in them, or not at all. Money is counted in nano-dollars, so
// that sums are what the records add up to.
package rollup
