package usage

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"sluice/core"
	"sluice/core/llm"
	"sluice/core/price"
)

func TestARecordIsOneLineOfJSON(t *testing.T) {
	t.Parallel()
	var trace core.Trace
	trace.Add(core.Attempt{Option: "config", Provider: "openai", Model: "m", Status: 500, Err: errors.New("broke"), Took: 3 * time.Millisecond})
	r := &Record{
		Request: "r", Time: time.Unix(1e9, 0).UTC(), Metadata: map[string]string{"b": "line\nbreak", "a": "1"}, Attempts: AttemptsOf(&trace, nil),
		Usage: TokensOf(&llm.Usage{Input: 1, Output: 2}), Cost: &Cost{Nano: 5, Version: "v"}, Total: Micros(7),
	}
	var out bytes.Buffer
	lines := NewLines(&out)
	for range 2 {
		if err := lines.Write(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Count(out.String(), "\n"); got != 2 {
		t.Fatalf("%d lines:\n%s", got, &out)
	}
	var back struct {
		Request  string
		Attempts []struct {
			Provider, Error string
			Took            int64 `json:"took_us"`
		}
		Usage struct{ Input, Output int64 }
		Cost  struct{ Nano int64 }
		Total int64 `json:"total_us"`
	}
	if err := json.NewDecoder(&out).Decode(&back); err != nil {
		t.Fatal(err)
	}
	if back.Request != "r" || len(back.Attempts) != 1 || back.Attempts[0].Error != "broke" || back.Attempts[0].Took != 3000 || back.Usage.Output != 2 || back.Cost.Nano != 5 || back.Total != 7 {
		t.Errorf("got %+v", back)
	}
}

func TestAnUnpricedModelSaysSo(t *testing.T) {
	t.Parallel()
	c := Bill(price.Default(), "openai", "a-model-that-nobody-sells", "", "", &llm.Usage{Input: 1e6, Output: 1e6})
	if c.Nano != 0 || c.Gap == "" || !strings.HasPrefix(c.String(), "unknown: ") {
		t.Errorf("got %+v", c)
	}
	if Bill(price.Default(), "openai", "gpt-4o", "", "", nil) != nil {
		t.Error("no usage has a cost")
	}
}

func TestABillAddsUp(t *testing.T) {
	t.Parallel()
	c := Bill(price.Default(), "openai", "gpt-4o", "", "", &llm.Usage{Input: 36, CacheRead: 64, Output: 9})
	// https://platform.openai.com/docs/pricing: 2.50, 1.25 and 10.00 dollars a million
	if want := price.Nano(36*2500 + 64*1250 + 9*10000); c.Nano != want || c.Gap != "" {
		t.Errorf("got %+v, want %d", c, want)
	}
	var sum price.Nano
	for _, l := range c.Lines {
		sum += l.Nano
	}
	if sum != c.Nano {
		t.Errorf("lines add up to %d, not %d", sum, c.Nano)
	}
}

func TestEstimatesAreMarked(t *testing.T) {
	t.Parallel()
	if u := llm.Estimate(9, 4); u.Input != 3 || u.Output != 1 || !u.Estimated {
		t.Errorf("got %+v", u)
	}
}
