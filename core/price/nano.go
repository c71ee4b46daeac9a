package price

import (
	"errors"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// Nano is an amount of money in billionths of a US dollar. The largest is
// about nine billion dollars.
type Nano int64

// Dollar is one US dollar.
const Dollar Nano = 1e9

// Add returns n + m, or the nearest amount that there is.
func (n Nano) Add(m Nano) Nano {
	sum := n + m
	switch {
	case n > 0 && m > 0 && sum < 0:
		return math.MaxInt64
	case n < 0 && m < 0 && sum >= 0:
		return math.MinInt64
	}
	return sum
}

// String writes the amount as a decimal number of dollars, without trailing
// zeros: 0.0125. In JSON a Nano is an integer; [USD] is the decimal form.
func (n Nano) String() string { return string(n.appendTo(nil)) }

func (n Nano) appendTo(dst []byte) []byte {
	u := uint64(n)
	if n < 0 {
		dst, u = append(dst, '-'), -u
	}
	dst = strconv.AppendUint(dst, u/uint64(Dollar), 10)
	frac := u % uint64(Dollar)
	if frac == 0 {
		return dst
	}
	digits := strconv.FormatUint(frac+uint64(Dollar), 10)[1:]
	return append(append(dst, '.'), strings.TrimRight(digits, "0")...)
}

// charge is price × count ÷ per, rounded half up, none of them negative.
func charge(price Nano, count, per int64) Nano {
	hi, lo := bits.Mul64(uint64(price), uint64(count))
	lo, carry := bits.Add64(lo, uint64(per)/2, 0)
	hi += carry
	if hi >= uint64(per) {
		return math.MaxInt64
	}
	q, _ := bits.Div64(hi, lo, uint64(per))
	return Nano(min(q, math.MaxInt64))
}

// maxPrice is far above any price: more is a slip of the keyboard, and the
// bound keeps sums of prices away from overflow.
const maxPrice = 1_000_000 * Dollar

var errPrice = errors.New("must be a decimal number of US dollars from 0 to 1000000")

// ParseUSD reads a decimal number of dollars such as 0.125 or 3e-7, rounded
// half up to nine decimals. It refuses negative amounts and those above a
// million dollars.
func ParseUSD(s string) (Nano, error) {
	digits, exp, ok := scanDecimal(s)
	if !ok {
		return 0, errPrice
	}
	n, ok := scale(digits, exp+9)
	if !ok || n > uint64(maxPrice) {
		return 0, errPrice
	}
	return Nano(n), nil
}

// scanDecimal reads s as digits × 10^exp. Digits after the eighteenth that
// matters are dropped: they are beyond a billionth of any price that counts.
func scanDecimal(s string) (digits uint64, exp int, ok bool) {
	mantissa, exponent, hasExp := strings.Cut(s, "e")
	if !hasExp {
		mantissa, exponent, hasExp = strings.Cut(s, "E")
	}
	if hasExp {
		var err error
		if exp, err = strconv.Atoi(exponent); err != nil || exp > 99 || exp < -99 {
			return 0, 0, false
		}
	}
	dot, seen := false, false
	for i := range len(mantissa) {
		switch c := mantissa[i]; {
		case c == '.' && !dot && seen:
			dot = true
			continue
		case c < '0' || c > '9':
			return 0, 0, false
		case digits < 1e17:
			digits = digits*10 + uint64(c-'0')
			if dot {
				exp--
			}
		case !dot:
			exp++
		}
		seen = true
	}
	return digits, exp, seen && !strings.HasSuffix(mantissa, ".")
}

// scale is n × 10^exp, rounded half up.
func scale(n uint64, exp int) (uint64, bool) {
	for ; exp > 0 && n > 0; exp-- {
		if n > math.MaxUint64/10 {
			return 0, false
		}
		n *= 10
	}
	for ; exp < -1 && n > 0; exp++ {
		n /= 10
	}
	if exp == -1 {
		n = (n + 5) / 10
	}
	return n, true
}

// USD is a price as JSON has it: a decimal number of dollars.
type USD Nano

// UnmarshalJSON reads a number as [ParseUSD] does.
func (u *USD) UnmarshalJSON(b []byte) error {
	n, err := ParseUSD(string(b))
	*u = USD(n)
	return err
}

// MarshalJSON writes a decimal number.
func (u USD) MarshalJSON() ([]byte, error) { return Nano(u).appendTo(nil), nil }
