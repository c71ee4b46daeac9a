package price

import (
	"math"
	"testing"
)

func TestPricesAreReadExactly(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want Nano
		ok   bool
	}{
		{"0", 0, true},
		{"2.5", 2_500_000_000, true},
		{"0.000000001", 1, true},
		{"0.0000000005", 1, true}, // half up
		{"0.00000000049999", 0, true},
		{"0.08333333333", 83_333_333, true},
		{"0.0799999993", 79_999_999, true},
		{"3e-7", 300, true},
		{"1.1E-05", 11_000, true},
		{"1e2", 100 * Dollar, true},
		{"1000000", 1_000_000 * Dollar, true},
		{"1000000.000000001", 0, false},
		{"1e7", 0, false},
		{"99999999999999999999999999", 0, false},
		{"0.00000000000000000000000000001", 0, true},
		{"0.123456789012345678901234567890", 123_456_789, true},
		{"1e-99", 0, true},
		{"0e99", 0, true},
		{"-1", 0, false},
		{"-0", 0, false},
		{"1e100", 0, false},
		{"1e", 0, false},
		{"", 0, false},
		{".", 0, false},
		{".5", 0, false},
		{"1.", 0, false},
		{"1.2.3", 0, false},
		{"NaN", 0, false},
		{"0x10", 0, false},
		{"1_000", 0, false},
		{" 1", 0, false},
	}
	for _, tt := range tests {
		if got, err := ParseUSD(tt.in); got != tt.want || (err == nil) != tt.ok {
			t.Errorf("%q: got %d, %v; want %d", tt.in, got, err, tt.want)
		}
	}
}

func TestNanoPrintsDollars(t *testing.T) {
	t.Parallel()
	for n, want := range map[Nano]string{
		0: "0", 1: "0.000000001", 1_500_000_000: "1.5", 42: "0.000000042", 100 * Dollar: "100", -12_500_000: "-0.0125",
		math.MaxInt64: "9223372036.854775807", math.MinInt64: "-9223372036.854775808",
	} {
		if got := n.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestSumsSaturate(t *testing.T) {
	t.Parallel()
	tests := []struct{ a, b, want Nano }{
		{1, 2, 3},
		{math.MaxInt64, 1, math.MaxInt64},
		{math.MaxInt64 - 1, 1, math.MaxInt64},
		{math.MinInt64, -1, math.MinInt64},
		{math.MinInt64, math.MinInt64, math.MinInt64},
		{math.MaxInt64, math.MinInt64, -1},
	}
	for _, tt := range tests {
		if got := tt.a.Add(tt.b); got != tt.want {
			t.Errorf("%d + %d: got %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestChargesRoundHalfUp(t *testing.T) {
	t.Parallel()
	tests := []struct {
		price      Nano
		count, per int64
		want       Nano
	}{
		{1, 499_999, million, 0},
		{1, 500_000, million, 1},
		{3, 500_000, million, 2},
		{2_500_000_000, 1, million, 2500},
		{6_000_000, 1000, 60_000, 100_000},
		{1_000_000 * Dollar, math.MaxInt64, 1, math.MaxInt64},
		{1_000_000 * Dollar, math.MaxInt64, million, math.MaxInt64},
		{0, math.MaxInt64, 1, 0},
	}
	for _, tt := range tests {
		if got := charge(tt.price, tt.count, tt.per); got != tt.want {
			t.Errorf("%d × %d ÷ %d: got %d, want %d", tt.price, tt.count, tt.per, got, tt.want)
		}
	}
}
