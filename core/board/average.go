package board

import (
	"math"
	"time"
)

// halfLife is how long it takes until a measurement counts half.
const halfLife = 2 * time.Minute

// minWeight is what is left of one measurement after ten minutes or so. An
// average of less says nothing of today.
const minWeight = 0.03

// maxWeight is how many measurements count at most: what changes is noticed
// within about as many, however many came before.
const maxWeight = 10

// An average is one of durations, in which older ones count less. Averages of
// two processes add up, in any order while they are few.
type average struct {
	Sum    float64 `json:"s"` // of milliseconds, each times its weight
	Weight float64 `json:"w"`
	At     int64   `json:"t"` // the instant for which the weights hold, Unix milliseconds
}

func measured(d time.Duration) average {
	return average{float64(d) / float64(time.Millisecond), 1, time.Now().UnixMilli()}
}

// until fades the average to an instant that is not before its own.
func (a average) until(instant int64) average {
	fade := math.Exp2(-float64(instant-a.At) / float64(halfLife.Milliseconds()))
	return average{a.Sum * fade, a.Weight * fade, instant}
}

func (a average) plus(b average) average {
	at := max(a.At, b.At)
	a, b = a.until(at), b.until(at)
	sum := average{a.Sum + b.Sum, a.Weight + b.Weight, at}
	if sum.Weight > maxWeight {
		sum.Sum, sum.Weight = sum.Sum/sum.Weight*maxWeight, maxWeight
	}
	return sum
}

// minus takes away what was added before.
func (a average) minus(b average) average {
	a = a.plus(average{-b.Sum, -b.Weight, b.At})
	if a.Weight < minWeight/2 {
		return average{}
	}
	return a
}

// recent is the average as of now; zero if it is too old, or none.
func (a average) recent() average {
	now := time.Now().UnixMilli()
	if !(a.Weight > 0) || !(a.Sum >= 0) || math.IsInf(a.Sum+a.Weight, 0) || a.At > now+time.Minute.Milliseconds() || a.At < 0 {
		return average{}
	}
	if a = a.until(max(now, a.At)); a.Weight < minWeight {
		return average{}
	}
	return a
}

func (a average) value() (time.Duration, bool) {
	if a = a.recent(); a.Weight == 0 {
		return 0, false
	}
	return time.Duration(min(a.Sum/a.Weight, 1e9) * float64(time.Millisecond)), true
}

// gone is the instant at which the average will be too old to say anything, in
// Unix milliseconds.
func (a average) gone() int64 {
	return a.At + int64(math.Log2(a.Weight/minWeight)*float64(halfLife.Milliseconds()))
}
