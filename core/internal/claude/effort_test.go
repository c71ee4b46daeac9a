package claude

import "testing"

func TestEffortsAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for e := Low; e <= Max; e++ {
		if got, ok := ParseEffort(e.String()); got != e || !ok {
			t.Errorf("%s is read as %d, %v", e, got, ok)
		}
	}
	for word, want := range map[string]Effort{"minimal": Low, "": NoEffort, "none": NoEffort, "LOW": NoEffort, "ultra": NoEffort} {
		if got, ok := ParseEffort(word); got != want || ok != (want != NoEffort) {
			t.Errorf("%q is read as %d, %v, want %d", word, got, ok, want)
		}
	}
	if s := NoEffort.String(); s != "" {
		t.Errorf("no effort is written %q", s)
	}
}

func TestBudgetsGrowWithEffort(t *testing.T) {
	t.Parallel()
	want := map[Effort]int64{NoEffort: 8192, Low: 2048, Medium: 8192, High: 16384, Xhigh: 24576, Max: 32000}
	for e, n := range want {
		if got := e.Budget(); got != n {
			t.Errorf("%s: got %d tokens, want %d", e, got, n)
		}
	}
	for e := Low; e <= High; e++ {
		if got := EffortOf(e.Budget()); got != e {
			t.Errorf("the budget of %s means %s", e, got)
		}
	}
	for n, want := range map[int64]Effort{0: Low, 4095: Low, 4096: Medium, 16383: Medium, 1 << 40: High} {
		if got := EffortOf(n); got != want {
			t.Errorf("%d tokens: got %s, want %s", n, got, want)
		}
	}
}
