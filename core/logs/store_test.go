package logs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sluice/core/internal/json"
	"sluice/core/store/driver"
	"sluice/core/store/memstore"
	"sluice/core/usage"
)

func TestARecordIsReadAsItWasWritten(t *testing.T) {
	onAll(t, func(t *testing.T, table driver.Table) {
		s := New(table, Options{})
		for _, workspace := range []string{"", "acme", "a#b%c", strings.Repeat("long", 100)} {
			r := record(workspace, at(0))
			r.Reason = strings.Repeat("a long text ", 500) // packed
			r.Saved = dollars(7)
			write(t, s, r)
			got, err := s.Get(t.Context(), workspace, r.ID)
			if err != nil {
				t.Fatal(err)
			}
			if g, w := string(json.ValueOf(got.Record)), string(json.ValueOf(r)); g != w {
				t.Errorf("workspace %.10q: got %s, want %s", workspace, g, w)
			}
			if got.Kept != usage.KeepNone || got.Record.Exchange != nil {
				t.Errorf("bodies came from nowhere: %+v", got)
			}
			if _, err := s.Get(t.Context(), workspace+"x", r.ID); !errors.Is(err, ErrNotFound) {
				t.Errorf("another workspace gets %v", err)
			}
		}
		for _, id := range []string{"", "x", "../" + usage.NewID(at(0)), usage.NewID(at(0)), strings.ToUpper(usage.NewID(at(0)))} {
			if _, err := s.Get(t.Context(), "acme", id); !errors.Is(err, ErrNotFound) {
				t.Errorf("%q gives %v", id, err)
			}
		}
	})
}

func TestRecordsGoWhenTheirTimeIsOver(t *testing.T) {
	t.Parallel()
	s := New(memstore.New(), Options{Retention: time.Hour})
	old, young := record("w", at(-10)), record("w", at(1800))
	write(t, s, old, young)
	if _, err := s.Get(t.Context(), "w", old.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("an old record is still there: %v", err)
	}
	for _, q := range []Query{{Workspace: "w"}, {Workspace: "w", Filter: Filter{Model: []string{"gpt-4o"}}}} {
		ids, _ := pages(t, s, q)
		same(t, "what is left", ids, []string{young.ID})
	}
}

// TestALogIsNeverLost fails each write there is, and each kind of context.
func TestALogIsNeverLost(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tt := range map[string]struct {
		ctx  context.Context
		fail string
	}{
		"the record":         {t.Context(), RecordPrefix},
		"its workspace":      {t.Context(), workspacesPart},
		"everything":         {t.Context(), ""},
		"the time is over":   {ended, "none"},
		"both at the moment": {ended, ""},
	} {
		var out bytes.Buffer
		told := 0
		s := New(newFaulty(memstore.New(), func(part string) bool { return strings.HasPrefix(part, tt.fail) }), Options{
			Fallback: usage.NewLines(&out), Keep: usage.KeepFull, Notify: func(*usage.Record) { told++ },
		})
		var want string
		for i := range 50 { // two ways are open to the writer of lines when its context has ended
			r := record("w", at(i))
			r.Exchange = exchange(`{"prompt":"a secret of the client"}`, `{}`)
			if err := s.Write(tt.ctx, r); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			want += string(json.ValueOf(r)) + "\n"
		}
		if out.String() != want {
			t.Errorf("%s: the lines are %.300s, want %.300s", name, out.String(), want)
		}
		if told != 0 || strings.Contains(out.String(), "secret") {
			t.Errorf("%s: %d were told of; %.200s", name, told, out.String())
		}
	}
}

func TestWithoutAFallbackAFailureIsTold(t *testing.T) {
	t.Parallel()
	s := New(newFaulty(memstore.New(), func(string) bool { return true }), Options{})
	if err := s.Write(t.Context(), record("w", at(0))); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}

func TestARecordOutlivesItsBodies(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := New(newFaulty(memstore.New(), func(part string) bool { return strings.HasPrefix(part, "LOGBODY#") }), Options{Keep: usage.KeepFull, Fallback: usage.NewLines(&out)})
	r := record("w", at(0))
	r.Exchange = exchange(`{}`, `{}`)
	write(t, s, r)
	if got, err := s.Get(t.Context(), "w", r.ID); err != nil || got.Record.Exchange != nil || out.Len() > 0 {
		t.Errorf("got %+v, %v, and the line %s", got, err, &out)
	}
}

func TestTheConsumerIsToldOfStoredRecords(t *testing.T) {
	t.Parallel()
	table := memstore.New()
	var told []string
	var s *Store
	s = New(table, Options{Notify: func(r *usage.Record) {
		if _, err := s.Get(t.Context(), "w", r.ID); err != nil {
			t.Errorf("told of %s before it is there: %v", r.ID, err)
		}
		told = append(told, r.ID)
	}})
	a, b := record("w", at(0)), record("w", at(1))
	b.ID = "" // a record of somebody who knows no ids
	write(t, s, a)
	if err := s.Write(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if len(told) != 2 || told[0] != a.ID || b.ID != "" {
		t.Errorf("told of %v; the caller's record has the id %q", told, b.ID)
	}
}

// TestARescanFindsEveryRecord is what a consumer relies on that was away.
func TestARescanFindsEveryRecord(t *testing.T) {
	onAll(t, func(t *testing.T, table driver.Table) {
		s := New(table, Options{})
		var want []string
		for i := range 30 {
			r := record(fmt.Sprintf("w%d", i%3), at(0).Add(-time.Duration(i)*5*time.Hour))
			if err := New(table, Options{}).Write(t.Context(), r); err != nil { // another process each
				t.Fatal(err)
			}
			if i >= 5 && i <= 20 {
				want = append(want, r.ID)
			}
		}
		broken := driver.Record{Key: driver.Key{Part: recordPart("w1", dayOf(at(0).Add(-40*time.Hour)), 1), Sort: usage.NewID(at(0).Add(-40 * time.Hour))}, Data: []byte("{")}
		if _, err := table.Put(t.Context(), broken); err != nil {
			t.Fatal(err)
		}
		var got []string
		for r, err := range s.Between(t.Context(), at(0).Add(-100*time.Hour), at(0).Add(-25*time.Hour)) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, r.ID)
		}
		slices.Sort(got)
		slices.Sort(want)
		same(t, "rescan", got, want)
	})
}

func TestKeysTellRecordsFromAllElse(t *testing.T) {
	t.Parallel()
	table := memstore.New()
	seen := map[bool]int{}
	s := New(newFaulty(table, func(part string) bool {
		seen[IsRecord(driver.Key{Part: part})]++
		return false
	}), Options{Keep: usage.KeepFull})
	r := record("w", at(0))
	r.Exchange = exchange(`{}`, `{}`)
	write(t, s, r)
	if seen[true] != 1 || seen[false] < 8 {
		t.Errorf("%d records and %d others were written", seen[true], seen[false])
	}
}
