package semantic

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"sluice/core/cache"
)

// random is a direction. Two have nothing in common.
func random(r *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

func unit(t testing.TB, numbers []float32) Vector {
	t.Helper()
	v, err := Unit(numbers)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// beside is a vector whose cosine with v is about the given one.
func beside(t testing.TB, r *rand.Rand, v Vector, cosine float64) Vector {
	t.Helper()
	w := unit(t, random(r, len(v)))
	along := v.Cosine(w)
	for i := range w {
		w[i] -= float32(along) * v[i]
	}
	w = unit(t, w)
	for i := range w {
		w[i] = float32(cosine)*v[i] + float32(math.Sqrt(1-cosine*cosine))*w[i]
	}
	return unit(t, w)
}

// Models have a few numbers that are large in all their vectors, beyond what
// codes can say.
func withOutlier(t testing.TB, v Vector, by float32) Vector {
	t.Helper()
	w := append([]float32(nil), v...)
	w[len(w)/3] += by
	return unit(t, w)
}

func TestNoNearVectorIsLeftOutByItsCodes(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	near, refused := 0, 0
	for _, n := range []int{1, 3, 31, 32, 33, 384, 1024, 1536, 3072, MaxDimensions} {
		for range 60 {
			v := withOutlier(t, unit(t, random(r, n)), float32(3*r.Float64()))
			w := v
			if n > 1 {
				w = beside(t, r, v, 0.8+0.2*r.Float64())
			}
			for _, least := range []float64{0.85, 0.95, 0.99} {
				most := reach(n, least)
				taken := distance(appendCodes(nil, v), appendCodes(nil, w), most) <= most
				switch cosine := v.Cosine(w); {
				case cosine >= least && !taken:
					t.Errorf("%d numbers: cosine %.4f was left out at %.2f", n, cosine, least)
				case cosine >= least:
					near++
				case cosine < least-0.05 && !taken:
					refused++
				}
			}
		}
	}
	if near < 100 || refused < 100 {
		t.Errorf("%d were near, and %d were seen to be far: the test shows nothing", near, refused)
	}
}

func TestTheNearestCandidatesAreKept(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	var found []candidate
	most := int32(1000)
	var all []int32
	for range 500 {
		far := r.Int32N(1500)
		if far <= most {
			found, most = insert(found, candidate{far: far}, most)
		}
		all = append(all, far)
	}
	less := 0
	for _, far := range all {
		if far < found[maxCandidates-1].far {
			less++
		}
	}
	if len(found) != maxCandidates || less >= maxCandidates {
		t.Errorf("kept %v, and %d are nearer than the last", found, less)
	}
	for i := 1; i < len(found); i++ {
		if found[i].far < found[i-1].far {
			t.Errorf("not in order: %v", found)
		}
	}
}

func TestEmbeddingsThatAreNoDirectionAreRefused(t *testing.T) {
	t.Parallel()
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, numbers := range [][]float32{nil, {0, 0}, {nan, 1}, {inf, 1}, make([]float32, MaxDimensions+1), append(make([]float32, MaxDimensions), 1)} {
		if v, err := Unit(numbers); err == nil {
			t.Errorf("%d numbers made %v", len(numbers), v[:1])
		}
	}
	if v, err := Unit([]float32{3e38, -3e38}); err != nil || math.Abs(v.Cosine(v)-1) > 1e-6 {
		t.Errorf("large numbers: %v, %v", v, err)
	}
}

func TestRowsAreReadFromTheirRecords(t *testing.T) {
	t.Parallel()
	v := unit(t, []float32{1, -2, 3})
	want := row{cache.Key{1, 2, 255}, time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC).UnixMilli(), 0}
	at, k, err := parseSort(Place{}.record(want).Sort)
	if err != nil || at != want.added || k != want.key {
		t.Errorf("got %d %s %v", at, k, err)
	}
	if w, err := decodeVector(v.encode()); err != nil || v.Cosine(w) != v.Cosine(v) {
		t.Errorf("got %v, %v", w, err)
	}
	for _, bad := range []string{"", "x", Place{}.record(want).Sort + "0", "zzzzzzzzzzzz" + want.key.String()} {
		if _, _, err := parseSort(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
	for _, bad := range [][]byte{nil, {1}, {1, 2, 3, 4, 5}, make([]byte, 4*MaxDimensions+4)} {
		if _, err := decodeVector(bad); err == nil {
			t.Errorf("%d bytes were read", len(bad))
		}
	}
}
