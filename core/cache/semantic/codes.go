package semantic

import (
	"math"
	"slices"
)

// Vectors are compared in two steps. In memory each number is one byte, a
// quarter of the vector; those that come near enough by them are read from the
// table and compared exactly.
//
// The first step leaves out none that the second would take. Numbers beyond
// what a code can say are cut, which brings vectors nearer to each other,
// never apart; and rounding moves each vector by less than half a step in
// every direction, which blur allows for.

const (
	// span is the largest number that a code can say, times the square root
	// of the dimensions: eight times what a number of a vector is on average.
	span = 8.0
	// top is the code of the largest number.
	top = 127
	// blur is how much nearer two vectors may be than their codes are.
	blur = span / top
)

// scale turns a number of a vector into a code.
func scale(dimensions int) float64 { return top * math.Sqrt(float64(dimensions)) / span }

// appendCodes writes a vector in one byte for each number.
func appendCodes(dst []int8, v Vector) []int8 {
	s := scale(len(v))
	for _, x := range v {
		dst = append(dst, int8(math.Round(min(max(float64(x)*s, -top), top))))
	}
	return dst
}

// reach is the squared distance of codes up to which the cosine of their
// vectors may be least.
func reach(dimensions int, least float64) int32 {
	d := (math.Sqrt(max(0, 2-2*least)) + blur) * scale(dimensions)
	return int32(min(math.Ceil(d*d), math.MaxInt32))
}

// step is after how many numbers a comparison asks whether it can end: two
// unrelated vectors are too far apart after a few.
const step = 16

// distance is the squared distance of two codes of equal length, or something
// above most if it is above that. A step is written out: a loop takes longer.
func distance(a, b []int8, most int32) (sum int32) {
	for ; len(a) >= step && len(b) >= step && sum <= most; a, b = a[step:], b[step:] {
		x, y := (*[step]int8)(a), (*[step]int8)(b)
		sum += square(x[0], y[0]) + square(x[1], y[1]) + square(x[2], y[2]) + square(x[3], y[3]) +
			square(x[4], y[4]) + square(x[5], y[5]) + square(x[6], y[6]) + square(x[7], y[7]) +
			square(x[8], y[8]) + square(x[9], y[9]) + square(x[10], y[10]) + square(x[11], y[11]) +
			square(x[12], y[12]) + square(x[13], y[13]) + square(x[14], y[14]) + square(x[15], y[15])
	}
	if sum > most {
		return sum
	}
	for i := range min(len(a), len(b)) {
		sum += square(a[i], b[i])
	}
	return sum
}

func square(a, b int8) int32 {
	d := int32(a) - int32(b)
	return d * d
}

// A candidate is a vector that may be near enough.
type candidate struct {
	row
	far int32 // squared distance of its codes
}

// maxCandidates is how many are compared exactly at most.
const maxCandidates = 8

// insert keeps the nearest candidates in order, and returns the distance
// beyond which no other counts.
func insert(found []candidate, c candidate, most int32) ([]candidate, int32) {
	at, _ := slices.BinarySearchFunc(found, c, func(a, b candidate) int { return int(a.far) - int(b.far) })
	found = slices.Insert(found, at, c)
	if len(found) > maxCandidates {
		found = found[:maxCandidates]
	}
	if len(found) == maxCandidates {
		most = min(most, found[maxCandidates-1].far)
	}
	return found, most
}
