package route

import (
	"sort"

	"sluice/core"
)

// balanced draws a child by weight. One of weight 0 is never drawn.
type balanced struct {
	upTo   []float64 // sums of the weights up to and with each child
	random func() float64
}

func newBalanced(weights []float64, random func() float64) *balanced {
	b := &balanced{upTo: make([]float64, len(weights)), random: random}
	sum := 0.0
	for i, w := range weights {
		sum += w
		b.upTo[i] = sum
	}
	return b
}

func (b *balanced) weight(i int) float64 {
	if i == 0 {
		return b.upTo[0]
	}
	return b.upTo[i] - b.upTo[i-1]
}

func (b *balanced) next(_ *core.Call, out *marks) int {
	if i := b.at(b.random() * b.upTo[len(b.upTo)-1]); i >= 0 && !out.has(i) {
		return i
	}
	return b.among(b.random(), out) // drawn anew: the first draw is known to have been elsewhere
}

// at is the child into whose span a point falls.
func (b *balanced) at(point float64) int {
	i := sort.Search(len(b.upTo), func(i int) bool { return b.upTo[i] > point })
	if i == len(b.upTo) {
		return -1
	}
	return i
}

// among draws from those that are not out.
func (b *balanced) among(draw float64, out *marks) int {
	left := 0.0
	for i := range b.upTo {
		if !out.has(i) {
			left += b.weight(i)
		}
	}
	point, last := draw*left, -1
	for i := range b.upTo {
		if out.has(i) || b.weight(i) <= 0 {
			continue
		}
		last = i
		if point -= b.weight(i); point < 0 {
			break
		}
	}
	return last
}
