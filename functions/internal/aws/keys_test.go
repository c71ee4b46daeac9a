package aws

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core/secret"
)

// vault is a secret that changes, fails and takes its time.
type vault struct {
	mu    sync.Mutex
	key   string // "" fails
	takes time.Duration
	reads int
}

func (v *vault) set(key string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.key = key
}

func (v *vault) fetch(ctx context.Context) ([]secret.Value, error) {
	v.mu.Lock()
	v.reads++
	key, takes := v.key, v.takes
	v.mu.Unlock()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(takes):
	}
	if key == "" {
		return nil, errors.New("throttled")
	}
	return []secret.Value{secret.New(key)}, nil
}

func (v *vault) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.reads
}

// want asks for the keys. An empty key means an error.
func want(t *testing.T, k *keys, key string) {
	t.Helper()
	got, err := k.Keys(t.Context())
	switch {
	case key == "" && err == nil:
		t.Errorf("after %v: no error", got)
	case key != "" && (err != nil || len(got) != 1 || got[0].Reveal() != key):
		t.Errorf("got %d keys, %v, want %q", len(got), err, key)
	}
}

func TestKeysAreReadWhenNeededAndKeptFiveMinutes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vault{key: "a"}
		k := newKeys(v.fetch)
		if v.count() != 0 {
			t.Error("read before anybody asked")
		}
		want(t, k, "a")
		v.set("b")
		time.Sleep(keyLife - time.Second)
		want(t, k, "a")
		time.Sleep(time.Second)
		want(t, k, "b")
		if n := v.count(); n != 2 {
			t.Errorf("read %d times, want 2", n)
		}
	})
}

func TestOldKeysServeForAnHourWhenTheyCannotBeRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vault{key: "a"}
		k := newKeys(v.fetch)
		want(t, k, "a")
		v.set("")
		time.Sleep(keyLife)
		want(t, k, "a")
		want(t, k, "a")
		if n := v.count(); n != 2 {
			t.Errorf("read %d times, want 2: a failure is not repeated at once", n)
		}
		time.Sleep(keyGrace - keyLife - time.Second)
		want(t, k, "a")
		time.Sleep(time.Second)
		want(t, k, "")
		v.set("b")
		want(t, k, "")
		time.Sleep(keyRetry)
		want(t, k, "b")
	})
}

func TestFirstReadingThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vault{}
		k := newKeys(v.fetch)
		want(t, k, "")
		v.set("a")
		want(t, k, "")
		time.Sleep(keyRetry)
		want(t, k, "a")
	})
}

func TestReadingThatHangsIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vault{key: "a", takes: time.Hour}
		start := time.Now()
		want(t, newKeys(v.fetch), "")
		if took := time.Since(start); took != keyTimeout {
			t.Errorf("took %v, want %v", took, keyTimeout)
		}
	})
}

func TestOneReadsForAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vault{key: "a", takes: time.Second}
		k := newKeys(v.fetch)
		ask := func(key string) {
			for range 10 {
				go want(t, k, key)
			}
		}
		ask("a")
		time.Sleep(2 * time.Second)
		if n := v.count(); n != 1 {
			t.Errorf("ten requests caused %d readings", n)
		}
		// While one reads again, others do not wait.
		v.set("b")
		time.Sleep(keyLife)
		go want(t, k, "b")
		synctest.Wait()
		start := time.Now()
		want(t, k, "a")
		if took := time.Since(start); took != 0 {
			t.Errorf("waited %v for keys that may be used", took)
		}
		time.Sleep(2 * time.Second)
		if n := v.count(); n != 2 {
			t.Errorf("read %d times, want 2", n)
		}
	})
}

func TestClientThatLeavesDoesNotFailOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vault{key: "a", takes: time.Second}
		k := newKeys(v.fetch)
		ctx, leave := context.WithCancel(t.Context())
		waiting, stop := context.WithCancel(t.Context())
		go func() {
			if _, err := k.Keys(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("the one who left got %v", err)
			}
		}()
		synctest.Wait()
		go func() {
			if _, err := k.Keys(waiting); !errors.Is(err, context.Canceled) {
				t.Errorf("the one who left while waiting got %v", err)
			}
		}()
		synctest.Wait()
		stop()
		go want(t, k, "a")
		synctest.Wait()
		leave()
		want(t, k, "a")
	})
}

func TestParseKeys(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []string
	}{
		{"as it is", "abc", []string{"abc"}},
		{"with a line feed", "abc\n", []string{"abc"}},
		{"several", ` ["new", "old"]`, []string{"new", "old"}},
		{"empty", "", nil},
		{"an empty one", `["a",""]`, nil},
		{"none", "[]", nil},
		{"not an array", `["a"`, nil},
		{"not strings", `[1]`, nil},
	}
	for _, tt := range tests {
		values, err := parseKeys(tt.text)
		var got []string
		for _, v := range values {
			got = append(got, v.Reveal())
		}
		if !slices.Equal(got, tt.want) || (err != nil) != (tt.want == nil) {
			t.Errorf("%s: got %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
	if _, err := parseKeys(`["hunter2", `); err == nil || fmt.Sprint(err) != "secret with the gateway keys is no JSON array of strings" {
		t.Errorf("error may show a key: %v", err)
	}
}
