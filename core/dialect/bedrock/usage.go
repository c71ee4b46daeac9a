package bedrock

import (
	"slices"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// decodeUsage reads the counters, which are disjoint but for cacheDetails:
// that splits cacheWriteInputTokens by lifetime. totalTokens stays in the
// residue when it is not the sum.
//
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html
func decodeUsage(w *usage, t *tier) *llm.Usage {
	if w == nil {
		return nil
	}
	u := &llm.Usage{Input: w.Input, Output: w.Output}
	if t != nil {
		u.ServiceTier = t.Type
	}
	native := json.ObjectOf(w.Rest)
	if w.CacheRead != nil {
		u.CacheRead = *w.CacheRead
	}
	written := int64(0)
	if w.CacheWrite != nil {
		written = *w.CacheWrite
	}
	hour, short := cacheDetails(w.Details)
	u.CacheWrite1h, u.CacheWrite = hour, max(written-hour, short)
	native.Add("cacheDetails", w.Details)
	if w.Total != nil && *w.Total != u.Total() {
		native.Add("totalTokens", number(w.Total))
	}
	for _, zero := range []struct {
		name string
		n    *int64
	}{{"cacheReadInputTokens", w.CacheRead}, {"cacheWriteInputTokens", w.CacheWrite}} {
		if zero.n != nil && *zero.n == 0 {
			native.Add(zero.name, number(zero.n))
		}
	}
	u.Native = llm.NativeOf(llm.Converse, native.Value())
	return u
}

// cacheDetails adds up what was written to the cache for an hour, and for any
// other time.
func cacheDetails(v json.Value) (hour, short int64) {
	var details []cacheDetail
	if len(v) == 0 || json.UnmarshalLoose(v, &details) != nil {
		return 0, 0
	}
	for _, d := range details {
		if d.TTL == "1h" {
			hour += d.Input
		} else {
			short += d.Input
		}
	}
	return hour, short
}

// encodeUsage writes the counters. The API promises them, so unknown ones are
// zero.
func encodeUsage(u *llm.Usage) *usage {
	if u == nil {
		u = &llm.Usage{}
	}
	native := json.ObjectOf(u.Native.For(llm.Converse))
	total := u.Total()
	if n, ok := integer(native.Remove("totalTokens")); ok {
		total = n
	}
	w := &usage{Input: u.Input, Output: u.Output, Total: &total, Details: native.Remove("cacheDetails")}
	if u.CacheRead != 0 {
		w.CacheRead = &u.CacheRead
		native.Remove("cacheReadInputTokens")
	}
	if written := u.CacheWrite + u.CacheWrite1h; written != 0 {
		w.CacheWrite = &written
		native.Remove("cacheWriteInputTokens")
	}
	if w.Details == nil && u.CacheWrite1h != 0 {
		details := []cacheDetail{{u.CacheWrite1h, "1h"}, {u.CacheWrite, "5m"}}
		w.Details = json.ValueOf(slices.DeleteFunc(details, func(d cacheDetail) bool { return d.Input == 0 }))
	}
	w.Rest = native.Value()
	return w
}

// tiers are the service tiers that Converse has a word for.
var tiers = []string{"priority", "default", "flex", "reserved"}

func tierOf(u *llm.Usage) json.Value {
	if u == nil || !slices.Contains(tiers, u.ServiceTier) {
		return nil
	}
	return json.ValueOf(&tier{Type: u.ServiceTier})
}
