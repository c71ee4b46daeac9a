package consumer

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"sluice/core/store/driver"
	"sluice/core/store/dynamostore"
)

// A filter keeps them away; nothing depends on it.
func TestWhatIsNoRecordIsPassedOver(t *testing.T) {
	t.Parallel()
	h, table := rig()
	records := keep(t, h, 2)
	list := changes(t, records)
	other := changes(t, keep(t, h, 2))
	other[0].EventName, other[1].EventName = "MODIFY", "REMOVE"
	list = append(list, other...)
	list = append(list,
		inserted("LOGX#acme#status=200#20261122", records[0].ID, []byte("{}")),
		inserted("LOG#acme#20261122#0", "not a record", []byte("not JSON")),
		change{EventName: "INSERT"},
	)
	if again := deliver(t, t.Context(), h, list); again != nil {
		t.Errorf("%d changes are to come again", len(again))
	}
	wantCounted(t, h, table, records)
}

// Records that are large, or of whose image we know nothing, are in the table.
func TestWhatTheImageLacksIsReadFromTheTable(t *testing.T) {
	t.Parallel()
	h, table := rig()
	records := keep(t, h, 3)
	list := changes(t, records)
	for i, image := range []dynamostore.Image{{"v": {N: "1"}, "o": {S: "expiring/X.gz"}}, {}} {
		c := &list[i].DynamoDB
		c.NewImage = image
		c.NewImage["pk"], c.NewImage["sk"] = c.Keys["pk"], c.Keys["sk"]
		if _, err := table.Put(t.Context(), driver.Record{Key: key(t, c.Keys), Version: driver.Any, Data: data(t, records[i])}); err != nil {
			t.Fatal(err)
		}
	}
	table.now(func(call int, _ driver.Key) error {
		if call == 2 {
			return errBroken
		}
		return nil
	})
	if again := deliver(t, t.Context(), h, list); len(again) != 2 {
		t.Errorf("%d changes are to come again, want the last 2", len(again))
	}
	table.now(nil)
	if again := deliver(t, t.Context(), h, list); again != nil {
		t.Errorf("%d changes are to come again", len(again))
	}
	wantCounted(t, h, table, records)

	if err := table.Delete(t.Context(), key(t, list[0].DynamoDB.Keys), driver.Any); err != nil {
		t.Fatal(err)
	}
	if again := deliver(t, t.Context(), h, list); again != nil { // it has expired
		t.Errorf("%d changes are to come again", len(again))
	}
}

func key(t *testing.T, image dynamostore.Image) driver.Key {
	t.Helper()
	k, err := image.Key()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func data(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// invoke sends an event that is made by hand.
func invoke(ctx context.Context, h *Handler, event string) (r Rescanned, err error) {
	out, err := h.Invoke(ctx, []byte(event))
	if err == nil {
		err = json.Unmarshal(out, &r)
	}
	return r, err
}

func TestRescanDoesWhatTheStreamHasNot(t *testing.T) {
	t.Parallel()
	events := map[string]func(from, to time.Time) string{
		"by hand": func(from, to time.Time) string {
			return fmt.Sprintf(`{"rescan":{"from":%q,"to":%q}}`, from.Format(time.RFC3339Nano), to.Format(time.RFC3339Nano))
		},
		"of a dead letter": func(_, to time.Time) string {
			at := to.Add(10 * time.Minute).Format(time.RFC3339) // the requests took so long
			return fmt.Sprintf(`{"requestContext":{"condition":"RetryAttemptsExhausted"},"version":"1.0","DDBStreamBatchInfo":{"shardId":"s",
				"approximateArrivalOfFirstRecord":%q,"approximateArrivalOfLastRecord":%q,"batchSize":9}}`, at, at)
		},
	}
	for name, event := range events {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, table := rig()
			records := keep(t, h, 9)
			if again := deliver(t, t.Context(), h, changes(t, records[2:5])); again != nil {
				t.Fatalf("%d changes are to come again", len(again))
			}
			wantCounted(t, h, table, records[2:5])
			sample := event(records[0].Time, records[8].Time)
			for range 2 {
				if r, err := invoke(t.Context(), h, sample); err != nil || r.Records != 9 || !r.Done || !r.Next.IsZero() {
					t.Errorf("got %+v, %v", r, err)
				}
				wantCounted(t, h, table, records)
			}
		})
	}
}

func TestARescanThatBreaksOffSaysFromWhere(t *testing.T) {
	t.Parallel()
	h, table := rig()
	records := keep(t, h, 9)
	from := records[0].Time.Add(-10 * time.Minute)
	table.now(func(_ int, k driver.Key) error {
		if k.Sort == records[0].ID { // its entries
			return errBroken
		}
		return nil
	})
	event := func(from time.Time) string {
		return fmt.Sprintf(`{"rescan":{"from":%q,"to":%q}}`, from.Format(time.RFC3339), records[8].Time.Format(time.RFC3339))
	}
	r, err := invoke(t.Context(), h, event(from))
	if err != nil || r.Done || r.Error == "" || r.Next.Before(from.Add(9*time.Minute)) || r.Next.After(records[0].Time) {
		t.Fatalf("got %+v, %v", r, err)
	}
	table.now(nil)
	if r, err = invoke(t.Context(), h, event(r.Next)); err != nil || !r.Done || r.Records != 9 {
		t.Errorf("got %+v, %v", r, err)
	}
	wantCounted(t, h, table, records)
}

func TestEventsOfNoKindAreErrors(t *testing.T) {
	t.Parallel()
	h, _ := rig()
	for _, event := range []string{
		``, `{}`, `[]`, `{"rescan":{}}`, `{"rescan":{"from":"2026-11-22T10:00:00Z"}}`,
		`{"rescan":{"from":"2026-11-22T10:00:00Z","to":"2026-11-22T09:00:00Z"}}`,
		`{"rescan":{"from":"2026-01-22T10:00:00Z","to":"2026-11-22T09:00:00Z"}}`, `{"DDBStreamBatchInfo":{}}`,
	} {
		if r, err := invoke(t.Context(), h, event); err == nil {
			t.Errorf("%s: got %+v", event, r)
		}
	}
}

// The samples are for sam local invoke. Their records are too old to be found
// or counted one day, so that it is looked at what is read.
func TestSampleEventsAreThoseOfTheFunction(t *testing.T) {
	t.Parallel()
	h, _ := rig()
	var e event
	if err := json.Unmarshal(sample(t, "records"), &e); err != nil {
		t.Fatal(err)
	}
	records, _, failed := h.read(t.Context(), e.Records)
	if len(records) != 1 || failed != 1 || records[0].Model != "gpt-4o-mini" || records[0].Cost.Nano != 210_000 {
		t.Errorf("records: %+v, failed at %d", records, failed)
	}
	if out, err := h.Invoke(t.Context(), sample(t, "records")); err != nil || string(out) != `{"batchItemFailures":[]}` {
		t.Errorf("records: got %s, %v", out, err)
	}
	if r, err := invoke(t.Context(), h, string(sample(t, "rescan"))); err != nil || !r.Done {
		t.Errorf("rescan: got %+v, %v", r, err)
	}
}

func sample(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("../../../events/worker/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return b
}
