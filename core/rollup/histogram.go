package rollup

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"

	"sluice/core/usage"
)

// A Histogram counts time spans in buckets that grow by a fixed ratio, so that
// those of any number of hours can be added up. It is off by less than
// [Precision] of a span, and by rounding to a microsecond.
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

// MarshalText writes numbers and counts in turn, with a space between two: it
// is what takes the time when sums are written.
func (h Histogram) MarshalText() ([]byte, error) {
	b := make([]byte, 0, 8*len(h.buckets))
	for i, k := range h.buckets {
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendInt(b, k.number, 10)
		b = append(b, ' ')
		b = strconv.AppendInt(b, k.count, 10)
	}
	return b, nil
}

// UnmarshalText is the inverse of MarshalText.
func (h *Histogram) UnmarshalText(b []byte) error {
	h.buckets = make([]bucket, 0, len(b)/5)
	for len(b) > 0 {
		number, rest, ok := integer(b)
		count, rest, also := integer(rest)
		if !ok || !also {
			return fmt.Errorf("a histogram holds %q", b)
		}
		if n := len(h.buckets); n > 0 && h.buckets[n-1].number >= number {
			return fmt.Errorf("bucket %d of a histogram is out of order", number)
		}
		h.buckets = append(h.buckets, bucket{number, count})
		b = rest
	}
	return nil
}

// integer reads a number and the space behind it, if there is one.
func integer(b []byte) (n int64, rest []byte, ok bool) {
	field, rest, _ := bytes.Cut(b, []byte(" "))
	for _, c := range field {
		if c < '0' || c > '9' {
			return 0, rest, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, rest, len(field) > 0 && len(field) <= 18
}

// IsZero reports whether nothing was counted.
func (h Histogram) IsZero() bool { return len(h.buckets) == 0 }
