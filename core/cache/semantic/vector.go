package semantic

import (
	"encoding/binary"
	"errors"
	"math"
)

// A Vector is an embedding of length 1, so that the cosine of two is their
// product.
type Vector []float32

// MaxDimensions is how many numbers a vector may have at most.
const MaxDimensions = 4096

// errVector is an embedding with which nothing can be compared.
var errVector = errors.New("the embedding is empty, too long, or not a direction")

// Unit makes a vector of length 1.
func Unit(numbers []float32) (Vector, error) {
	var sum float64
	for _, x := range numbers {
		sum += float64(x) * float64(x)
	}
	length := math.Sqrt(sum)
	if len(numbers) > MaxDimensions || !(length > 0) || math.IsInf(length, 0) { // NaN is not above 0
		return nil, errVector
	}
	v := make(Vector, len(numbers))
	for i, x := range numbers {
		v[i] = float32(float64(x) / length)
	}
	return v, nil
}

// Cosine is how near two vectors are to each other: 1 is the same direction.
// Vectors of different lengths have nothing in common.
func (v Vector) Cosine(w Vector) float64 {
	if len(v) != len(w) {
		return 0
	}
	var sum float64
	for i := range v {
		sum += float64(v[i]) * float64(w[i])
	}
	return sum
}

// encode writes a vector as a table keeps it: float32, little endian.
func (v Vector) encode() []byte {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

// decodeVector is the inverse of encode.
func decodeVector(b []byte) (Vector, error) {
	if len(b) == 0 || len(b)%4 != 0 || len(b) > 4*MaxDimensions {
		return nil, errVector
	}
	v := make(Vector, len(b)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return v, nil
}
