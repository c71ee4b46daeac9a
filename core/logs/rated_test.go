package logs

import (
	"fmt"
	"testing"
	"time"

	"sluice/core/store/driver"
	"sluice/core/store/memstore"
	"sluice/core/usage"
)

// TestRatedLogsAreFoundByWhatTheyAre: more of them than a page, the newest
// feedback first, and none without a log that is there.
func TestRatedLogsAreFoundByWhatTheyAre(t *testing.T) {
	onAll(t, func(t *testing.T, table driver.Table) {
		s := New(table, Options{})
		var records []*usage.Record
		for i := range 3 {
			came := time.Now().Add(time.Duration(i-3) * time.Hour)
			r := &usage.Record{ID: usage.NewID(came), Time: came, Workspace: "w", Status: 200, Model: fmt.Sprint("m", i%2)}
			if err := s.Write(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			records = append(records, r)
		}
		gone := usage.NewID(time.Now())
		from := time.Now().Truncate(time.Millisecond)
		const many = MaxFeedback + 5
		for i := range many {
			about := []string{records[0].ID, records[1].ID, records[2].ID, gone, ""}[i%5]
			if _, err := s.AddFeedback(t.Context(), "w", Feedback{Trace: "t", Log: about, Value: int64(i % 10), Weight: 1}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.AddFeedback(t.Context(), "other", Feedback{Trace: "t", Log: records[0].ID}); err != nil {
			t.Fatal(err)
		}
		for _, q := range []struct {
			name string
			Query
			want, read int
		}{
			{"all", Query{Workspace: "w"}, many / 5 * 3, many},
			{"of a model", Query{Workspace: "w", Filter: Filter{Model: []string{"m0"}, Status: []int{200}}}, many / 5 * 2, many},
			{"of none", Query{Workspace: "w", Filter: Filter{Model: []string{"m0"}, Status: []int{500}}}, 0, many},
			{"in their time", Query{Workspace: "w", From: from, To: time.Now()}, many / 5 * 3, many},
			{"before", Query{Workspace: "w", To: from.Add(-time.Millisecond)}, 0, 0},
			{"behind", Query{Workspace: "w", From: time.Now().Add(time.Second)}, 0, 0},
			{"of another workspace", Query{Workspace: "other"}, 0, 1},
		} {
			last, n, read := "~", 0, 0
			for r, err := range s.Rated(t.Context(), q.Query) {
				if err != nil {
					t.Fatal(err)
				}
				read++
				if r.Feedback.ID >= last || r.Record != nil && (r.Record.ID != r.Feedback.Log || r.Record.Workspace != "w") {
					t.Errorf("%s: behind %s comes %+v of %+v", q.name, last, r.Feedback, r.Record)
				}
				if last = r.Feedback.ID; r.Record != nil {
					n++
				}
			}
			if n != q.want || read != q.read {
				t.Errorf("%s: %d of %d, want %d of %d", q.name, n, read, q.want, q.read)
			}
		}
	})
}

func TestRatedLogsEndWithTheFirstError(t *testing.T) {
	t.Parallel()
	table := memstore.New()
	s := New(table, Options{})
	damaged := usage.NewID(time.Now())
	if _, err := s.AddFeedback(t.Context(), "damaged log", Feedback{Trace: "t", Log: damaged}); err != nil {
		t.Fatal(err)
	}
	log, _ := recordKey("damaged log", damaged)
	for _, k := range []driver.Key{log, feedbackKey("damaged feedback", damaged)} {
		if _, err := table.Put(t.Context(), driver.Record{Key: k, Data: []byte("{")}); err != nil {
			t.Fatal(err)
		}
	}
	for _, q := range []Query{{Workspace: "damaged log"}, {Workspace: "damaged feedback"}, {Workspace: "of no time", From: at(1), To: at(0)}} {
		n := 0
		for r, err := range s.Rated(t.Context(), q) {
			if n++; err == nil {
				t.Errorf("%s: %+v", q.Workspace, r)
			}
		}
		if n != 1 {
			t.Errorf("%s: %d are yielded", q.Workspace, n)
		}
	}
}
