package claude

import "testing"

func TestSampling(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, id          string
		thinking          bool
		half, fifth, most bool // temperature 0.5, top_p 0.2 and 0.96, each alone
		both, topK        bool // top_p beside a temperature; top_k
	}{
		{"all is free on older models", "claude-sonnet-4", false, true, true, true, true, true},
		{"but not beside thinking", "claude-sonnet-4", true, false, false, true, true, false},
		{"one of two", "claude-sonnet-4-5", false, true, true, true, false, true},
		{"one of two beside thinking", "claude-sonnet-4-6", true, false, false, true, false, false},
		{"next to nothing on the latest", "claude-opus-4-7", false, false, false, false, false, false},
		{"all is free on models of which nothing is known", "my-deployment", false, true, true, true, true, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := Find(tt.id)
			if _, got := m.Temperature(0.5, tt.thinking); got != tt.half {
				t.Errorf("a temperature of 0.5: got %v, want %v", got, tt.half)
			}
			if got := m.TopP(0.2, tt.thinking, false); got != tt.fifth {
				t.Errorf("a top_p of 0.2: got %v, want %v", got, tt.fifth)
			}
			if got := m.TopP(0.96, tt.thinking, false); got != tt.most {
				t.Errorf("a top_p of 0.96: got %v, want %v", got, tt.most)
			}
			if got := m.TopP(0.96, tt.thinking, true); got != tt.both {
				t.Errorf("top_p beside a temperature: got %v, want %v", got, tt.both)
			}
			if got := m.TopK(tt.thinking); got != tt.topK {
				t.Errorf("top_k: got %v, want %v", got, tt.topK)
			}
			for _, n := range []float64{1, 1.5, 2} {
				if got, ok := m.Temperature(n, tt.thinking); got != 1 || !ok {
					t.Errorf("a temperature of %v: got %v, %v, want the default", n, got, ok)
				}
			}
			if !m.TopP(1, tt.thinking, false) {
				t.Error("a top_p of 1 cuts nothing off")
			}
		})
	}
}

func TestDisplay(t *testing.T) {
	t.Parallel()
	for summary, want := range map[string]string{"": "", "auto": "summarized", "concise": "summarized", "detailed": "summarized", "none": "omitted", "tomorrow": "tomorrow"} {
		if got := Display(summary); got != want {
			t.Errorf("%q: got %q, want %q", summary, got, want)
		}
	}
}
