package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core/store"
	"sluice/core/store/driver"
	"sluice/core/store/memstore"
)

type user struct {
	Name   string `json:"name"`
	Logins int    `json:"logins"`
}

func wantErr(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("got error %v, want %v", got, want)
	}
}

func TestValuesAreStoredAsJSON(t *testing.T) {
	t.Parallel()
	ctx, table := t.Context(), memstore.New()
	users := store.In[user](table, "USER")
	_, err := users.Get(ctx, "ws1", "ada")
	wantErr(t, err, driver.ErrNotFound)
	if want := `USER "ws1" "ada"`; !strings.Contains(err.Error(), want) {
		t.Errorf("%q does not name %s", err, want)
	}
	wantErr(t, users.Create(ctx, "ws1", "ada", user{"Ada <&>", 0}), nil)
	wantErr(t, users.Create(ctx, "ws1", "ada", user{}), driver.ErrConflict)
	r, err := table.Get(ctx, driver.Key{Part: "USER#ws1", Sort: "ada"})
	if want := `{"name":"Ada <&>","logins":0}`; err != nil || string(r.Data) != want {
		t.Errorf("stored is %s, %v, want %s", r.Data, err, want)
	}
	wantErr(t, users.Put(ctx, "ws1", "ada", user{"Ada", 7}), nil)
	if u, err := users.Get(ctx, "ws1", "ada"); err != nil || u != (user{"Ada", 7}) {
		t.Errorf("got %+v, %v", u, err)
	}
	wantErr(t, users.Delete(ctx, "ws1", "ada"), nil)
	wantErr(t, users.Delete(ctx, "ws1", "ada"), nil)
	_, err = users.Get(ctx, "ws1", "ada")
	wantErr(t, err, driver.ErrNotFound)
}

func TestCollectionsDoNotMeet(t *testing.T) {
	t.Parallel()
	table := memstore.New()
	wantErr(t, store.In[user](table, "A").Put(t.Context(), "p", "s", user{Name: "in A"}), nil)
	for _, name := range []string{"B", "A2"} {
		_, err := store.In[user](table, name).Get(t.Context(), "p", "s")
		wantErr(t, err, driver.ErrNotFound)
	}
	for _, name := range []string{"", "A#p"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q is taken as a name", name)
				}
			}()
			store.In[user](table, name)
		}()
	}
}

func TestUpdateLosesNothing(t *testing.T) {
	t.Parallel()
	users := store.In[user](memstore.New(), "USER")
	login := func(u *user) error { u.Logins++; return nil }
	_, err := users.Update(t.Context(), "ws1", "ada", login)
	wantErr(t, err, driver.ErrNotFound)
	wantErr(t, users.Create(t.Context(), "ws1", "ada", user{Name: "Ada"}), nil)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			for range 4 {
				if _, err := users.Update(t.Context(), "ws1", "ada", login); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if it, err := users.Item(t.Context(), "ws1", "ada"); err != nil || it.Value.Logins != 200 || it.Version != 201 {
		t.Errorf("got %+v, %v, want 200 logins", it, err)
	}
	refuse := errors.New("refused")
	_, err = users.Update(t.Context(), "ws1", "ada", func(u *user) error { u.Logins = 0; return refuse })
	wantErr(t, err, refuse)
	if u, err := users.Get(t.Context(), "ws1", "ada"); err != nil || u.Logins != 200 {
		t.Errorf("a refused update left %+v, %v", u, err)
	}
}

// busy is a table on which somebody else is always faster.
type busy struct {
	driver.Table
	puts int
}

func (b *busy) Put(ctx context.Context, r driver.Record) (int64, error) {
	if r.Version > 0 {
		b.puts++
		return 0, driver.ErrConflict
	}
	return b.Table.Put(ctx, r)
}

func TestUpdateGivesUp(t *testing.T) { synctest.Test(t, updateGivesUp) } // the pauses cost nothing

func updateGivesUp(t *testing.T) {
	table := &busy{Table: memstore.New()}
	users := store.In[user](table, "USER")
	wantErr(t, users.Create(t.Context(), "ws1", "ada", user{}), nil)
	_, err := users.Update(t.Context(), "ws1", "ada", func(*user) error { return nil })
	wantErr(t, err, driver.ErrConflict)
	if table.puts < 5 || table.puts > 50 {
		t.Errorf("tried %d times", table.puts)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = users.Update(ctx, "ws1", "ada", func(*user) error { cancel(); return nil })
	wantErr(t, err, context.Canceled)
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	users := store.In[user](memstore.New(), "USER")
	at := time.Now().Add(time.Hour).Truncate(time.Millisecond)
	expires := func() time.Time {
		t.Helper()
		it, err := users.Item(ctx, "ws1", "ada")
		if err != nil {
			t.Fatal(err)
		}
		return it.Expires
	}
	wantErr(t, users.Until(at).Put(ctx, "ws1", "ada", user{}), nil)
	if got := expires(); !got.Equal(at) {
		t.Errorf("got %v, want %v", got, at)
	}
	nothing := func(*user) error { return nil }
	if _, err := users.Update(ctx, "ws1", "ada", nothing); err != nil || !expires().Equal(at) {
		t.Errorf("an update changed the expiry to %v, %v", expires(), err)
	}
	if _, err := users.Until(at.Add(time.Hour)).Update(ctx, "ws1", "ada", nothing); err != nil || !expires().Equal(at.Add(time.Hour)) {
		t.Errorf("got %v, %v, want an hour more", expires(), err)
	}
	wantErr(t, users.Put(ctx, "ws1", "ada", user{}), nil)
	if got := expires(); !got.IsZero() {
		t.Errorf("got %v, want never", got)
	}
}

func TestListIsInOrder(t *testing.T) {
	t.Parallel()
	table := memstore.New()
	users := store.In[user](table, "USER")
	for _, name := range []string{"b", "a1", "a2", "a3", "c"} {
		wantErr(t, users.Put(t.Context(), "ws1", name, user{Name: "user " + name}), nil)
	}
	wantErr(t, users.Put(t.Context(), "ws2", "a4", user{}), nil)
	tests := []struct {
		q    driver.Query
		want []string
	}{
		{driver.Query{}, []string{"a1", "a2", "a3", "b", "c"}},
		{driver.Query{Prefix: "a", After: "a1"}, []string{"a2", "a3"}},
		{driver.Query{Reverse: true, Limit: 2}, []string{"c", "b"}},
	}
	for _, tt := range tests {
		var got []string
		for it, err := range users.List(t.Context(), "ws1", tt.q) {
			if err != nil || it.Part != "ws1" || it.Value.Name != "user "+it.Sort || it.Version != 1 {
				t.Errorf("got %+v, %v", it, err)
			}
			got = append(got, it.Sort)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%+v: got %q, want %q", tt.q, got, tt.want)
		}
	}
	_, err := table.Put(t.Context(), driver.Record{Key: users.Key("ws1", "a2"), Version: driver.Any, Data: []byte("[]")})
	wantErr(t, err, nil)
	var seen []string
	for it, err := range users.List(t.Context(), "ws1", driver.Query{}) {
		seen = append(seen, fmt.Sprint(it.Sort, err == nil))
	}
	if want := []string{"a1true", "false"}; !slices.Equal(seen, want) {
		t.Errorf("with a record that cannot be read: got %q, want %q", seen, want)
	}
}

// TestRecordsOfCollectionsAreWrittenTogether creates a value and counts it.
func TestRecordsOfCollectionsAreWrittenTogether(t *testing.T) {
	t.Parallel()
	table := memstore.New()
	users := store.In[user](table, "USER")
	count := driver.Key{Part: "COUNT#ws1", Sort: "users"}
	create := func(name string) error {
		r, err := users.Record("ws1", name, driver.Absent, user{Name: name})
		if err != nil {
			return err
		}
		return table.Write(t.Context(), []driver.Op{driver.Put(r), driver.Add(count, 1, 2, time.Time{})})
	}
	wantErr(t, create("ada"), nil)
	wantErr(t, create("ada"), driver.ErrConflict)
	wantErr(t, create("bob"), nil)
	wantErr(t, create("eve"), driver.ErrCeiling)
	_, err := users.Get(t.Context(), "ws1", "eve")
	wantErr(t, err, driver.ErrNotFound)
}
