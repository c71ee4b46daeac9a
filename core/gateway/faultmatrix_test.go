package gateway_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"
)

// A moment is how far the answer of the first target has come when its fault
// strikes.
type moment int

const (
	beforeHeaders moment = iota
	beforeContent        // the headers are sent, perhaps the opening events or half of a body
	afterContent         // the client has the headers, so that the answer is committed
)

func (m moment) String() string {
	return [...]string{"before headers", "before content", "after content"}[m]
}

// A faultRoute is what the client's config makes of a failure.
type faultRoute string

const (
	alone    faultRoute = "alone"     // one target
	falls    faultRoute = "falls"     // fallback, to a second target that is well
	staysPut faultRoute = "stays put" // fallback, for statuses that do not come
	onList   faultRoute = "listed"    // fallback, for the status that comes
	goesOn   faultRoute = "goes on"   // fallback, also in the middle of an answer

	// Some of them with the stream opened because nothing came for a while.
	aloneOpened faultRoute = "alone, opened"
	fallsOpened faultRoute = "falls, opened"
)

var faultRoutes = []faultRoute{alone, falls, staysPut, onList, goesOn, aloneOpened, fallsOpened}

func (r faultRoute) opened() bool { return r == aloneOpened || r == fallsOpened }

// A faultCell is one combination of the matrix.
type faultCell struct {
	fault  *fault
	at     moment
	stream bool
	client *matrixSide
	first  *matrixSide
	route  faultRoute
}

func (c *faultCell) String() string {
	form := "whole"
	if c.stream {
		form = "stream"
	}
	return fmt.Sprintf("%s/%s/%s/%s from %s/%s", c.fault.name, c.at, form, c.client.Name, c.first.Name, c.route)
}

func (c *faultCell) meaning() meaning { return c.fault.meaning(c.at, c.first) }

// phase is the one of the call in which a slow fault has to be noticed.
func (c *faultCell) phase() string {
	if c.fault.host != nil {
		return "connect"
	}
	return [...]string{"headers", "first_content", "idle"}[c.at]
}

// second is the dialect of the target that is well: where the first one's is
// the client's own it is another, and the other way round.
func (c *faultCell) second(all []matrixSide) *matrixSide {
	if c.route == goesOn {
		return &all[2] // Messages: its model is known to go on from a begun answer
	}
	if c.first.corpus != c.client.corpus {
		return c.client
	}
	i := slices.IndexFunc(all, func(s matrixSide) bool { return s.corpus == c.client.corpus })
	return &all[(i+1)%len(all)]
}

// faultCells lists every cell that is possible, and counts those that are not
// by their reason. Each fault meets every client, in front of an upstream of
// its own dialect and of another one, which changes from fault to fault.
func faultCells(all []matrixSide) (cells []*faultCell, not map[string]int) {
	not = map[string]int{}
	for i := range faults {
		for j := range all {
			for _, k := range []int{j, j + 1 + i%7} {
				for n := range 2 * 3 * len(faultRoutes) {
					c := &faultCell{
						fault: &faults[i], client: &all[j], first: &all[k%len(all)],
						stream: n%2 == 1, at: moment(n / 2 % 3), route: faultRoutes[n/6],
					}
					if why := c.impossible(); why != "" {
						not[why]++
					} else {
						cells = append(cells, c)
					}
				}
			}
		}
	}
	return cells, not
}

// pairwise picks cells so that any two values that go together in some cell,
// of whichever two dimensions, go together in one that is picked. A fault at
// another moment is another value.
func pairwise(cells []*faultCell) []*faultCell {
	cells = slices.Clone(cells)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(cells), func(i, j int) { cells[i], cells[j] = cells[j], cells[i] })
	covered := map[[2]string]bool{}
	var picked []*faultCell
	for _, c := range cells {
		values := []string{c.fault.name + c.at.String(), fmt.Sprint(c.stream), "to " + c.client.corpus, "from " + c.first.corpus, string(c.route)}
		fresh := false
		for i, a := range values {
			for _, b := range values[i+1:] {
				fresh = fresh || !covered[[2]string{a, b}]
				covered[[2]string{a, b}] = true
			}
		}
		if fresh {
			picked = append(picked, c)
		}
	}
	return picked
}

// TestFaultMatrix lets a target fail in every way, at every moment of its
// answer, for clients and upstreams of every dialect, and wants what
// [faultCell.want] says. Any two values of the dimensions meet in the short
// run, all of them with SLUICE_FULL=1.
func TestFaultMatrix(t *testing.T) {
	all := sides()
	cells, not := faultCells(all)
	possible := len(cells)
	if os.Getenv("SLUICE_FULL") == "" {
		cells = slices.DeleteFunc(pairwise(cells), func(c *faultCell) bool { return c.fault.costly })
	}
	g := newFaultGround(t, all)
	began := time.Now()
	quick, slow := make(chan *faultCell), make(chan *faultCell)
	var wg sync.WaitGroup
	work := func(queue chan *faultCell) {
		for c := range queue {
			t.Run(c.String(), func(t *testing.T) { g.play(t, c) })
		}
	}
	for range 6 {
		wg.Go(func() { work(quick) })
	}
	for range 48 { // that do nothing but wait
		wg.Go(func() { work(slow) })
	}
	wg.Go(func() {
		defer close(slow)
		for _, c := range cells {
			if c.fault.slow {
				slow <- c
			}
		}
	})
	for _, c := range cells {
		if !c.fault.slow {
			quick <- c
		}
	}
	close(quick)
	wg.Wait()
	t.Logf("%d kinds of faults, %d of %d possible cells played in %s", len(faults), len(cells), possible, time.Since(began).Round(time.Millisecond))
	played := map[moment]int{}
	for _, c := range cells {
		played[c.at]++
	}
	for at := beforeHeaders; at <= afterContent; at++ {
		t.Logf("%d cells played %s", played[at], at)
	}
	for _, why := range slices.Sorted(maps.Keys(not)) {
		t.Logf("%d cells are not possible: %s", not[why], why)
	}
	g.empty(t)
}
