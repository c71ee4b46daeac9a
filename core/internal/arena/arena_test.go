package arena

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestPiecesAreApart: no piece shares a byte with another, however they are
// written, also in an arena that was used before.
func TestPiecesAreApart(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	a := new(Arena)
	for round := range 3 {
		var pieces, want [][]byte
		for i := range 2_000 {
			n := random.IntN(2_000)
			if i%500 == 0 {
				n = maxPiece + i
			}
			data := bytes.Repeat([]byte{byte(i), byte(i >> 8), byte(round)}, n)
			pieces, want = append(pieces, a.Clone(data)), append(want, data)
			if p := pieces[i]; cap(p) != len(p) {
				t.Fatalf("a piece of %d bytes has room for %d", len(p), cap(p))
			}
			_ = append(pieces[i], "behind it"...)
		}
		for i := range pieces {
			if !bytes.Equal(pieces[i], want[i]) {
				t.Fatalf("round %d: piece %d of %d bytes was overwritten", round, i, len(want[i]))
			}
		}
		if a.used < maxKept/2 {
			t.Fatalf("%d blocks are in use", a.used)
		}
		a.reset()
	}
}

func TestAFreedArenaKeepsSomeOfItsMemory(t *testing.T) {
	a := new(Arena)
	for range 2 * maxKept {
		for range 8 {
			a.Make(maxPiece)
		}
	}
	if len(a.blocks) != 2*maxKept {
		t.Fatalf("%d blocks", len(a.blocks))
	}
	a.reset()
	if len(a.blocks) != maxKept || a.used != 0 || cap(a.blocks[:maxKept+1][maxKept]) != 0 {
		t.Errorf("%d blocks are kept, of which %d are in use", len(a.blocks), a.used)
	}
	if got := a.Make(3); len(got) != 0 || cap(got) != 3 {
		t.Errorf("a piece has %d bytes and room for %d", len(got), cap(got))
	}
}

func TestWithoutAnArenaPiecesAreOfTheirOwn(t *testing.T) {
	var none *Arena
	if got := none.Clone([]byte("abc")); string(got) != "abc" || cap(none.Make(5)) != 5 {
		t.Errorf("got %q", got)
	}
}

func BenchmarkClone(b *testing.B) {
	data := make([]byte, 2_000)
	b.Run("arena", func(b *testing.B) {
		b.ReportAllocs()
		a := New()
		for n := 0; b.Loop(); n++ {
			if a.Clone(data); n%300 == 299 {
				a.Free()
				a = New()
			}
		}
	})
	b.Run("alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			bytes.Clone(data)
		}
	})
}
