package rollup

import (
	"math"
	"slices"

	"sluice/core/internal/json"
	"sluice/core/usage"
)

// A Histogram counts time spans in buckets that grow by a fixed ratio, so that
// those of any number of hours can be added up. It is off by less than
// [Precision] of a span.
type Histogram struct {
	buckets []bucket // by their numbers
}

type bucket struct{ number, count int64 }

// Precision is how far a quantile may be from the true one, as a part of it.
const Precision = 0.05

// growth is the ratio of the ends of a bucket. A quantile is said to be in its
// (geometric) middle.
const growth = (1 + Precision) * (1 + Precision)

// Add counts a span. What is below a microsecond is a microsecond.
func (h *Histogram) Add(span usage.Micros) {
	h.add(bucket{int64(math.Floor(math.Log(float64(max(span, 1))) / math.Log(growth))), 1})
}

func (h *Histogram) add(b bucket) {
	i, found := slices.BinarySearchFunc(h.buckets, b, func(a, b bucket) int { return int(a.number - b.number) })
	if found {
		h.buckets[i].count += b.count
		return
	}
	h.buckets = slices.Insert(h.buckets, i, b)
}

// Merge adds what another histogram has counted.
func (h *Histogram) Merge(other *Histogram) {
	for _, b := range other.buckets {
		h.add(b)
	}
}

// Count is how many spans were counted.
func (h *Histogram) Count() (n int64) {
	for _, b := range h.buckets {
		n += b.count
	}
	return n
}

// Quantile is the span below which a part of all are, in microseconds; 0 if
// nothing was counted.
func (h *Histogram) Quantile(part float64) usage.Micros {
	left := max(int64(math.Ceil(part*float64(h.Count()))), 1)
	for _, b := range h.buckets {
		if left -= b.count; left <= 0 {
			return usage.Micros(math.Round(math.Pow(growth, float64(b.number)+0.5)))
		}
	}
	return 0
}

// MarshalJSON writes pairs of numbers and counts in one flat array.
func (h Histogram) MarshalJSON() ([]byte, error) {
	flat := make([]int64, 0, 2*len(h.buckets))
	for _, b := range h.buckets {
		flat = append(flat, b.number, b.count)
	}
	return json.Marshal(flat)
}

// UnmarshalJSON is the inverse of MarshalJSON.
func (h *Histogram) UnmarshalJSON(b []byte) error {
	var flat []int64
	if err := json.Unmarshal(b, &flat); err != nil {
		return err
	}
	h.buckets = nil
	for i := 0; i+1 < len(flat); i += 2 {
		h.add(bucket{flat[i], flat[i+1]})
	}
	return nil
}

// IsZero reports whether nothing was counted.
func (h Histogram) IsZero() bool { return len(h.buckets) == 0 }
