package consumer

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/core/llm"
	"sluice/core/logs"
	"sluice/core/price"
	"sluice/core/rollup"
	"sluice/core/store/driver"
	"sluice/core/store/dynamostore"
	"sluice/core/store/memstore"
	"sluice/core/usage"
)

const workspace = "acme"

// A brittle table refuses some calls.
type brittle struct {
	driver.Table
	mu     sync.Mutex
	calls  int
	late   bool                               // what is refused has been written all the same
	refuse func(call int, k driver.Key) error // nil: it takes everything
}

func (b *brittle) refused(k driver.Key) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls++
	if b.refuse == nil {
		return nil
	}
	return b.refuse(b.calls, k)
}

func (b *brittle) Get(ctx context.Context, k driver.Key) (driver.Record, error) {
	if err := b.refused(k); err != nil {
		return driver.Record{}, err
	}
	return b.Table.Get(ctx, k)
}

func (b *brittle) Put(ctx context.Context, r driver.Record) (int64, error) {
	refused := b.refused(r.Key)
	if refused != nil && !b.late {
		return 0, refused
	}
	n, err := b.Table.Put(ctx, r)
	return n, cmp.Or(refused, err)
}

func (b *brittle) Write(ctx context.Context, ops []driver.Op) error {
	refused := b.refused(ops[0].Key)
	if refused != nil && !b.late {
		return refused
	}
	return cmp.Or(refused, b.Table.Write(ctx, ops))
}

func (b *brittle) Range(ctx context.Context, part string, q driver.Query) iter.Seq2[driver.Record, error] {
	return b.Table.Range(ctx, part, q)
}

func (b *brittle) now(refuse func(call int, k driver.Key) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls, b.refuse = 0, refuse
}

// rig is a function over a table in memory.
func rig() (*Handler, *brittle) {
	table := &brittle{Table: memstore.New()}
	c := &Consumer{Logs: logs.New(table, logs.Options{}), Sums: &rollup.Sums{Table: table}}
	return &Handler{Consumer: c, Table: table, Log: slog.New(slog.DiscardHandler)}, table
}

// keep stores n records, a second apart, as the path of requests does.
func keep(t *testing.T, h *Handler, n int) (list []*usage.Record) {
	t.Helper()
	began := time.Now().Add(-time.Minute).UTC().Truncate(time.Second)
	for i := range n {
		at := began.Add(time.Duration(i) * time.Second)
		r := &usage.Record{
			ID: usage.NewID(at), Request: fmt.Sprint("request-", i), Time: at, Workspace: workspace, Operation: llm.Generate,
			Provider: []string{"openai", "anthropic"}[i%2], Model: "m", Status: 200, Total: 1000,
			Metadata: map[string]string{"team": fmt.Sprint(i % 3)}, Cost: &usage.Cost{Nano: price.Nano(1_000_003 + i)},
		}
		if err := h.Consumer.Logs.Write(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	return list
}

// changes is what the stream tells of records.
func changes(t *testing.T, records []*usage.Record) (list []change) {
	t.Helper()
	for i, r := range records {
		data, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		c := inserted(fmt.Sprintf("LOG#%s#%s#0", workspace, r.Time.Format("20060102")), r.ID, data)
		c.DynamoDB.SequenceNumber = fmt.Sprint(1000 + i)
		list = append(list, c)
	}
	return list
}

func inserted(part, sort string, data []byte) (c change) {
	c.EventName = "INSERT"
	c.DynamoDB.Keys = dynamostore.Image{"pk": {S: part}, "sk": {S: sort}}
	c.DynamoDB.NewImage = dynamostore.Image{"pk": {S: part}, "sk": {S: sort}, "v": {N: "1"}, "d": {B: data}}
	return c
}

// deliver hands changes to the function and returns what is to come again, as
// Lambda does with the answer.
func deliver(t *testing.T, ctx context.Context, h *Handler, list []change) (again []change) {
	t.Helper()
	payload, err := json.Marshal(map[string]any{"Records": list})
	if err != nil {
		t.Fatal(err)
	}
	out, err := h.Invoke(ctx, payload)
	if err != nil {
		t.Fatal(err)
	}
	var answer failures
	if err := json.Unmarshal(out, &answer); err != nil || answer.Items == nil || len(answer.Items) > 1 {
		t.Fatalf("answer %s: %v", out, err)
	}
	if len(answer.Items) == 0 {
		return nil
	}
	i := slices.IndexFunc(list, func(c change) bool { return c.DynamoDB.SequenceNumber == answer.Items[0].Sequence })
	if i < 0 {
		t.Fatalf("answer %s names no change", out)
	}
	return list[i:]
}

// wantCounted compares the sums with a recount, and looks for every record in
// the lists.
func wantCounted(t *testing.T, h *Handler, table driver.Table, records []*usage.Record) {
	t.Helper()
	var requests int64
	var cost price.Nano
	for r, err := range table.Range(t.Context(), "ROLL#"+workspace+"#all", driver.Query{}) {
		var c rollup.Cell
		if err = errors.Join(err, json.Unmarshal(r.Data, &c)); err != nil {
			t.Fatal(err)
		}
		requests, cost = requests+c.Requests, cost+c.Cost
	}
	var spent price.Nano
	for _, r := range records {
		spent += r.Cost.Nano
	}
	if requests != int64(len(records)) || cost != spent {
		t.Errorf("the sums have %d requests for %d, want %d for %d", requests, cost, len(records), spent)
	}
	for _, provider := range []string{"openai", "anthropic"} {
		page, err := h.Consumer.Logs.List(t.Context(), logs.Query{Workspace: workspace, Filter: logs.Filter{Provider: []string{provider}}, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		for _, r := range records {
			if r.Provider == provider {
				want++
			}
		}
		if len(page.Entries) != want {
			t.Errorf("%d logs of %s are found, want %d", len(page.Entries), provider, want)
		}
	}
}

var errBroken = errors.New("broken")

// The function breaks off once before and once behind each of its reads and
// writes; what it says is to come again comes again, and then everything.
func TestWhereverItBreaksOffNothingIsLostOrDoubled(t *testing.T) {
	t.Parallel()
	h, table := rig()
	all := changes(t, keep(t, h, 5))
	table.now(nil)
	if again := deliver(t, t.Context(), h, all); again != nil {
		t.Fatalf("%d changes are to come again", len(again))
	}
	calls := table.calls
	for broken := 2; broken <= 2*calls+1; broken++ {
		h, table := rig()
		table.late = broken%2 == 1
		records := keep(t, h, 5)
		all := changes(t, records)
		gone := false
		table.now(func(call int, _ driver.Key) error {
			if gone = gone || call == broken/2; gone {
				return &driver.Unavailable{Err: errBroken}
			}
			return nil
		})
		again := deliver(t, t.Context(), h, all)
		if again == nil {
			t.Fatalf("call %d of %d: nothing is to come again", broken/2, calls)
		}
		table.now(nil)
		h.Consumer.Sums = &rollup.Sums{Table: table} // another process
		for _, list := range [][]change{again, all, again} {
			if left := deliver(t, t.Context(), h, list); left != nil {
				t.Fatalf("call %d: %d changes are to come again", broken/2, len(left))
			}
		}
		wantCounted(t, h, table, records)
	}
}

// What fails for good costs nobody else a log or a sum.
func TestTheFirstFailureIsNamedAndTheOthersAreDone(t *testing.T) {
	t.Parallel()
	h, table := rig()
	records := keep(t, h, 6)
	table.now(func(_ int, k driver.Key) error {
		if strings.Contains(k.Sort, records[2].ID) || strings.Contains(k.Sort, records[4].ID) {
			return errBroken
		}
		return nil
	})
	all := changes(t, records)
	if again := deliver(t, t.Context(), h, all); len(again) != 4 {
		t.Fatalf("%d changes are to come again, want the last 4", len(again))
	}
	table.now(nil)
	wantCounted(t, h, table, append(slices.Clone(records[:2]), records[3], records[5]))
}

func TestATableThatIsAwayIsNotAskedForEachRecord(t *testing.T) {
	t.Parallel()
	h, table := rig()
	all := changes(t, keep(t, h, 100))
	table.now(func(int, driver.Key) error { return &driver.Unavailable{Err: errBroken} })
	if again := deliver(t, t.Context(), h, all); len(again) != len(all) {
		t.Errorf("%d changes are to come again, want all", len(again))
	}
	if table.calls > 40 { // the writers of entries, twice
		t.Errorf("the table was asked %d times", table.calls)
	}
}

func TestAnInvocationThatEndsSoonAnswersBefore(t *testing.T) {
	t.Parallel()
	h, _ := rig()
	all := changes(t, keep(t, h, 3))
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if again := deliver(t, ctx, h, all); len(again) != 3 {
		t.Errorf("%d changes are to come again, want 3", len(again))
	}
}
