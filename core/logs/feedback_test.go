package logs

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"sluice/core/llm"
	"sluice/core/store/driver"
	"sluice/core/store/memstore"
	"sluice/core/usage"
)

func TestFeedbackIsFoundByItsIDAndByItsTrace(t *testing.T) {
	onAll(t, func(t *testing.T, table driver.Table) {
		s := New(table, Options{})
		list, err := ParseFeedback([]byte(`[{"trace_id":"t#1","value":-10,"weight":0.5,"metadata":{"by":"me"}},{"trace_id":"t#1","value":3}]`), false)
		if err != nil || len(list) != 2 || list[0].Weight != 0.5 || list[1].Weight != 1 {
			t.Fatalf("%+v, %v", list, err)
		}
		var kept []Feedback
		for _, f := range list {
			f, err := s.AddFeedback(t.Context(), "w", f)
			if err != nil {
				t.Fatal(err)
			}
			kept = append(kept, f)
		}
		change, err := ParseFeedback([]byte(`{"value":10,"weight":0}`), true)
		if err != nil {
			t.Fatal(err)
		}
		before, after, err := s.ChangeFeedback(t.Context(), "w", kept[0].ID, change[0])
		if err != nil || before.Value != -10 || before.Weight != 0.5 || after.Value != 10 || after.Weight != 0 || after.Trace != "t#1" || after.Metadata != nil {
			t.Errorf("from %+v to %+v, %v", before, after, err)
		}
		for _, workspace := range []string{"w", "other"} {
			got, err := s.FeedbackOf(t.Context(), workspace, "t#1")
			if want := map[string]int{"w": 2}[workspace]; err != nil || len(got) != want {
				t.Errorf("%s: %+v, %v", workspace, got, err)
			}
			for _, f := range got {
				if f.ID == kept[0].ID && f.Value != 10 {
					t.Errorf("the copy of the trace was not changed: %+v", f)
				}
			}
		}
		for _, id := range []string{"", "x", usage.NewID(at(0))} {
			if _, _, err := s.ChangeFeedback(t.Context(), "w", id, change[0]); !errors.Is(err, ErrNoFeedback) {
				t.Errorf("%q: %v", id, err)
			}
		}
		if _, err := s.Feedback(t.Context(), "other", kept[0].ID); !errors.Is(err, ErrNoFeedback) {
			t.Errorf("another workspace gets %v", err)
		}
	})
}

// TestFeedbackIsDueUntilItIsSettled: it is noted with what is stored, and what
// was refused is not.
func TestFeedbackIsDueUntilItIsSettled(t *testing.T) {
	t.Parallel()
	s := New(memstore.New(), Options{})
	f, err := s.AddFeedback(t.Context(), "w", Feedback{Trace: "t", Value: 3, Weight: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.ChangeFeedback(t.Context(), "w", f.ID, Feedback{Value: -1, Weight: 1}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.ChangeFeedback(t.Context(), "other", f.ID, Feedback{Value: 9}); !errors.Is(err, ErrNoFeedback) {
		t.Error(err)
	}
	dues, err := s.Dues(t.Context(), "w", nil)
	if err != nil || len(dues) != 2 || dues[0].Before != nil || dues[0].After.Value != 3 || dues[1].Before.Value != 3 || dues[1].After.Value != -1 {
		t.Fatalf("%+v, %v", dues, err)
	}
	for _, d := range dues {
		for range 2 {
			if err := s.Settled(t.Context(), "w", d); err != nil {
				t.Error(err)
			}
		}
	}
	if dues, err = s.Dues(t.Context(), "w", nil); err != nil || len(dues) != 0 {
		t.Errorf("%+v, %v", dues, err)
	}
}

// TestChangesOfFeedbackAddUp is what sums over feedback rely on: each change
// begins where the one before it ended.
func TestChangesOfFeedbackAddUp(t *testing.T) {
	t.Parallel()
	s := New(memstore.New(), Options{})
	f, err := s.AddFeedback(t.Context(), "w", Feedback{Trace: "t", Value: 0, Weight: 1})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var sum int64
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 20 {
				before, after, err := s.ChangeFeedback(t.Context(), "w", f.ID, Feedback{Value: int64(i), Weight: 1})
				if errors.Is(err, driver.ErrConflict) {
					continue // nothing was changed
				}
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				sum += after.Value - before.Value
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if now, err := s.Feedback(t.Context(), "w", f.ID); err != nil || now.Value != sum {
		t.Errorf("the changes come to %d, the value is %d, %v", sum, now.Value, err)
	}
}

func TestFeedbackThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		body   string
		change bool
	}{
		"no trace":      {`{"value":1}`, false},
		"long trace":    {`{"trace_id":"` + strings.Repeat("t", 600) + `","value":1}`, false},
		"no value":      {`{"trace_id":"t"}`, false},
		"too good":      {`{"trace_id":"t","value":11}`, false},
		"too bad":       {`{"value":-11}`, true},
		"half a value":  {`{"value":1.5}`, true},
		"too heavy":     {`{"value":1,"weight":1.01}`, true},
		"negative":      {`{"value":1,"weight":-0.1}`, true},
		"metadata":      {`{"value":1,"metadata":[1]}`, true},
		"much metadata": {`{"value":1,"metadata":{"a":"` + strings.Repeat("m", 17<<10) + `"}}`, true},
		"no object":     {`7`, false},
		"nothing":       {`[]`, false},
		"a list":        {`[{"value":1}]`, true},
		"broken":        {`[{"trace_id"`, false},
	} {
		if list, err := ParseFeedback([]byte(tt.body), tt.change); llm.KindOf(err) != llm.BadRequest {
			t.Errorf("%s: %+v, %v", name, list, err)
		}
	}
}
