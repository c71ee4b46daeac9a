package claude

import (
	"fmt"
	"testing"
)

func TestFind(t *testing.T) {
	t.Parallel()
	tests := []struct {
		id      string
		family  string
		version int
		output  int64
	}{
		{"claude-opus-4-8-20260528", "opus", 408, 128000},
		{"claude-fable-5-1", "fable", 501, 128000},
		{"claude-mythos-preview", "mythos", 0, 128000},
		{"claude-mythos-preview-v1:0", "mythos", 0, 128000},
		{"claude-sonnet-6", "sonnet", 600, 128000},
		{"claude-opus-7", "opus", 700, 128000},
		{"claude-haiku-4-5", "haiku", 405, 64000},
		{"CLAUDE-Haiku-4-5", "haiku", 405, 64000},
		{"us.anthropic.claude-sonnet-4-5-20250929-v1:0", "sonnet", 405, 64000},
		{"claude-opus-4-6-v1", "opus", 406, 128000},
		{"anthropic/claude-opus-4.5", "opus", 405, 64000},
		{"claude-opus-4-1@20250805", "opus", 401, 32000},
		{"claude-4-opus-20250514", "opus", 400, 32000},
		{"claude-sonnet-4-20250514", "sonnet", 400, 64000},
		{"claude-sonnet-4-20250514-v1:0", "sonnet", 400, 64000},
		{"anthropic.claude-3-7-sonnet-20250219-v1:0", "sonnet", 307, 128000},
		{"claude-3-5-sonnet-v2@20241022", "sonnet", 305, 8192},
		{"claude-3-5-sonnet-20240620-v1:0", "sonnet", 305, 8192},
		{"claude-3-5-haiku-latest", "haiku", 305, 8192},
		{"claude-3-opus-20240229", "opus", 300, 4096},
		{"claude-3-haiku-20240307-v1:0:200k", "haiku", 300, 4096},
		{"claude-instant-1.2", "instant", 102, 4096},
		{"claude-instant-v1", "instant", 100, 4096},
		{"claude-2.1", "claude", 201, 4096},
		{"claude-v2:1", "claude", 201, 4096},
		{"claude-v2", "claude", 200, 4096},
		{"claude-latest", "", 0, 0},
		{"claude-opus-latest-v1:0", "", 0, 0},
		{"claude-tomorrow", "", 0, 0},
		{"claude-tomorrow-v1:0", "", 0, 0},
		{"claude-", "", 0, 0},
		{"my-deployment", "", 0, 0},
		{"", "", 0, 0},
	}
	for _, tt := range tests {
		family, version := parse(tt.id)
		if family != tt.family || version != tt.version {
			t.Errorf("%s: got %s %d, want %s %d", tt.id, family, version, tt.family, tt.version)
		}
		if m := Find(tt.id); m.Output != tt.output || m.Version != tt.version || m.Known != (tt.family != "") {
			t.Errorf("%s: got %+v, want an output of %d tokens", tt.id, m, tt.output)
		}
	}
}

func TestAModelOfWhichNothingIsKnownTakesWhatThereIs(t *testing.T) {
	t.Parallel()
	m := Find("my-deployment")
	if want := (Model{Preset: 8192, Thinking: Either, Off: OffDisabled, Effort: Max, Sampling: true, System: true}); m != want {
		t.Errorf("got %+v, want %+v", m, want)
	}
}

func TestTheTableHoldsTogether(t *testing.T) {
	t.Parallel()
	for _, g := range generations {
		name := fmt.Sprintf("%v since %d", g.families, g.since)
		if g.Output <= 0 || g.Preset <= 0 || g.Preset > g.Output {
			t.Errorf("%s: a preset of %d tokens and an output of %d", name, g.Preset, g.Output)
		}
		if g.Thinking == OnlyAdaptive && g.Effort == NoEffort {
			t.Errorf("%s: nothing says how much it thinks", name)
		}
		if g.Thinking == NoThinking && (g.Thinks || g.Effort != NoEffort) {
			t.Errorf("%s: it cannot think, and does", name)
		}
		if g.Off != OffDisabled && !g.Thinks {
			t.Errorf("%s: what cannot be switched off is not on", name)
		}
		if g.OneKnob && !g.Sampling {
			t.Errorf("%s: one knob of none", name)
		}
	}
}

func TestSince(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]bool{
		"claude-haiku-4-5": true, "claude-opus-5": true, "claude-opus-4-1": false, "claude-v2:1": false, "claude-instant-v1": false,
		"claude-mythos-preview": true, "my-deployment": true,
	} {
		if got := Find(id).Since(405); got != want {
			t.Errorf("%s: got %v, want %v", id, got, want)
		}
	}
}

func TestPrefill(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]bool{
		"claude-haiku-4-5": true, "claude-v2:1": true, "my-deployment": true,
		"claude-opus-4-6": false, "us.anthropic.claude-sonnet-4-6-v1:0": false, "claude-opus-5": false, "claude-mythos-preview": false,
	} {
		if got := Find(id).Prefill(); got != want {
			t.Errorf("%s: got %v, want %v", id, got, want)
		}
	}
}

func FuzzFind(f *testing.F) {
	for _, id := range []string{"claude-opus-4-5-20251101", "us.anthropic.claude-3-7-sonnet-20250219-v1:0", "claude-v2:1", "claude-mythos-preview", "claude-99-99-99"} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		m := Find(id)
		if m.Known != (m.Output > 0) || m.Preset <= 0 || m.Version < 0 || m.Version > 9999 {
			t.Errorf("%q is %+v", id, m)
		}
	})
}
