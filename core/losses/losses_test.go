package losses

import (
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write core/dialect/LOSSES.md")

const page = "../dialect/LOSSES.md"

func TestNothingIsLostInSilence(t *testing.T) {
	t.Parallel()
	counts := map[Kind]int{}
	for c := range Sides {
		for u := range Sides {
			for _, f := range RequestFields {
				client, upstream := &Sides[c], &Sides[u]
				o := Ask(client, upstream, f)
				counts[o.Kind]++
				if o.Kind == Silent {
					t.Errorf("%s → %s: %s is lost without a word", client.Name, upstream.Name, f.Name)
				}
			}
		}
	}
	for c := range Sides {
		for u := range Sides {
			for _, f := range AnswerFields {
				for _, stream := range []bool{false, true} {
					o := Tell(&Sides[c], &Sides[u], f, stream)
					counts[o.Kind]++
					if o.Kind == Silent {
						t.Errorf("%s ← %s: %s is lost without a word (stream: %t)", Sides[c].Name, Sides[u].Name, f.Name, stream)
					}
				}
			}
		}
	}
	t.Logf("%d pairs, %d and %d fields: %v", len(Sides)*len(Sides), len(RequestFields), len(AnswerFields), counts)
}

func TestThePageSaysWhatTheCodecsDo(t *testing.T) {
	t.Parallel()
	want := Table()
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the codecs do: read the difference after make loss-table", page)
	}
}

// A field that no dialect has a word for would be measured in vain.
func TestEveryFieldIsSaidBySomebody(t *testing.T) {
	t.Parallel()
	for _, f := range RequestFields {
		n := 0
		for c := range Sides {
			if Ask(&Sides[c], &Sides[c], f).Kind == Carried {
				n++
			}
		}
		if n == 0 {
			t.Errorf("no client can say: %s", f.Name)
		}
	}
	for _, f := range AnswerFields {
		n := 0
		for u := range Sides {
			if Tell(&Sides[u], &Sides[u], f, false).Kind == Carried {
				n++
			}
		}
		if n == 0 {
			t.Errorf("no upstream can say: %s", f.Name)
		}
	}
}
