package consumer

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"testing"

	"sluice/core/logs"
	"sluice/core/rollup"
	"sluice/core/store/driver"
	"sluice/core/usage"
)

// indexed hands on what is to be indexed.
type indexed struct {
	rollup.Logs
	records chan *usage.Record
}

func (i indexed) Index(_ context.Context, records []*usage.Record) error {
	for _, r := range records {
		i.records <- r
	}
	return nil
}

// TestWhatWaitsIsListedAsWhatWasStored: a server's consumer keeps of a record
// what its entry is made of.
func TestWhatWaitsIsListedAsWhatWasStored(t *testing.T) {
	t.Parallel()
	h, _ := rig()
	stored := keep(t, h, 1)[0]
	stored.Trace, stored.Span, stored.Key, stored.User, stored.Cache = "trace", "span", "key", "user", "HIT"
	stored.Attempts = []usage.Attempt{{Option: "a", Kind: "timeout"}, {Option: "b"}}
	stored.Notes, stored.Baggage = make([]usage.Note, 2), map[string]string{"a": "b"}
	stored.Usage = &usage.Tokens{Input: 3, CacheRead: 4, Output: 5}
	stored.Cost = &usage.Cost{Nano: 9, Gap: "no price", Lines: make([]usage.Line, 3)}
	stored.Saved, stored.First, stored.Error, stored.Reason = &usage.Cost{Nano: 8}, 20, "timeout", "too late"
	told := indexed{h.Consumer.Logs, make(chan *usage.Record, 10)}
	c := &rollup.Consumer{Logs: told, Sums: h.Consumer.Sums, Log: slog.New(slog.DiscardHandler)}
	if err := h.Consumer.Sums.Count(t.Context(), []*usage.Record{stored}); err != nil { // no rescan finds it
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	c.Notify(stored)
	go c.Run(ctx)
	got, want := logs.EntryOf(<-told.records), logs.EntryOf(stored)
	if got.Record, want.Record = nil, nil; !reflect.DeepEqual(got, want) {
		t.Errorf("listed as %+v, want %+v", got, want)
	}
}

// TestMarksAreShardedAsRecordsAre: what one shard of the stream brings, no other
// one has marks for.
func TestMarksAreShardedAsRecordsAre(t *testing.T) {
	t.Parallel()
	h, table := rig()
	records := keep(t, h, 40)
	if err := h.Consumer.Consume(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	hours := map[string]bool{}
	for _, r := range records {
		hours[r.Time.Format("2006010215")] = true
	}
	all := 0
	for shard := range 4 {
		stored, marked := 0, 0
		for day := range map[string]bool{records[0].Time.Format("20060102"): true, records[39].Time.Format("20060102"): true} {
			for range table.Range(t.Context(), fmt.Sprintf("LOG#%s#%s#%d", workspace, day, shard), driver.Query{}) {
				stored++
			}
		}
		for hour := range hours {
			for r := range table.Range(t.Context(), fmt.Sprintf("ROLLED#%s#%s#%d", workspace, hour, shard), driver.Query{}) {
				marked += len(r.Data) / 12
			}
		}
		if all += marked; stored != marked {
			t.Errorf("shard %d has %d records and marks of %d", shard, stored, marked)
		}
	}
	if all != len(records) {
		t.Errorf("%d of %d records are marked", all, len(records))
	}
}
