package secret

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestAValueNeverPrints(t *testing.T) {
	t.Parallel()
	v := New("CANARY")
	hidden := struct{ k Value }{v}
	j, err := json.Marshal(struct{ K Value }{v})
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v, "s", struct{ K Value }{v})
	for _, out := range []string{
		fmt.Sprint(v), fmt.Sprintf("%s %v %+v %#v %q %x", v, v, v, v, v, v), fmt.Sprintf("%+v %#v", struct{ K Value }{v}, &struct{ K Value }{v}),
		fmt.Sprintf("%v %+v %#v %+v", hidden, hidden, hidden, &hidden),
		fmt.Errorf("with %v", v).Error(), string(j), log.String(),
	} {
		if strings.Contains(out, "CANARY") || strings.Contains(out, "43414e415259") {
			t.Errorf("printed: %s", out)
		}
	}
	if v.Reveal() != "CANARY" {
		t.Error("lost")
	}
}

func TestSources(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("{\"a\":{\"b\":\"deep\",\"n\":1}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	all := Schemes{"env": Env(func(n string) string { return map[string]string{"K": "v"}[n] }), "file": Files()}
	tests := []struct{ ref, want string }{
		{"env:K", "v"},
		{"file:" + file, "{\"a\":{\"b\":\"deep\",\"n\":1}}"},
		{"file:" + file + "#a.b", "deep"},
		{"file:" + file + "#a.n", "1"},
		{"file:" + file + "#a", `{"b":"deep","n":1}`},
		{"file:" + file + "#a.zz", ""},
		{"env:K#a", ""},
		{"env:ABSENT", ""},
		{"file:/does/not/exist", ""},
		{"other:K", ""},
	}
	for _, tt := range tests {
		r, err := ParseRef(tt.ref)
		if err != nil || r.String() != tt.ref {
			t.Fatalf("%s became %s, %v", tt.ref, r, err)
		}
		got, err := all.Secret(t.Context(), r)
		if got.Reveal() != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s: %q, %v", tt.ref, got.Reveal(), err)
		}
		if err != nil && strings.Contains(err.Error(), "deep") {
			t.Errorf("the error quotes the secret: %v", err)
		}
	}
	for _, bad := range []string{"", "env", "env:", ":x"} {
		if _, err := ParseRef(bad); err == nil {
			t.Errorf("%q is a reference", bad)
		}
	}
}

// store is a source whose answer can be changed.
type store struct {
	mu    sync.Mutex
	value string
	err   error
	calls int
}

func (s *store) Secret(context.Context, Ref) (Value, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	return New(s.value), s.err
}

func TestCachedSecretsAgeByTheWallClock(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	s := &store{value: "one"}
	c := NewCached(s, func() time.Time { return now })
	ref := Ref{"aws", "x", ""}
	steps := []struct {
		name  string
		after time.Duration
		value string
		err   error
		want  string
		calls int
	}{
		{"first", 0, "one", nil, "one", 1},
		{"fresh", Fresh - 1, "two", nil, "one", 1},
		{"a rotation is picked up", 1, "two", nil, "two", 2},
		{"the source is away", Fresh, "", errors.New("away"), "two", 3},
		{"and is left alone for a while", 2 * time.Second, "", errors.New("away"), "two", 3},
		{"then asked again", retryAfter, "", errors.New("away"), "two", 4},
		{"too old to be used", Stale, "", errors.New("away"), "", 5},
		{"back", retryAfter, "three", nil, "three", 6},
		{"gone for good is not stale", Fresh, "", fmt.Errorf("x: %w", ErrNotFound), "", 7},
	}
	for _, st := range steps {
		now = now.Add(st.after)
		s.value, s.err = st.value, st.err
		got, err := c.Secret(t.Context(), ref)
		if got.Reveal() != st.want || (err != nil) != (st.want == "") || s.calls != st.calls {
			t.Fatalf("%s: got %q, %v after %d calls; want %q after %d", st.name, got.Reveal(), err, s.calls, st.want, st.calls)
		}
	}
}

func TestARefusedSecretIsRefetchedOnce(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	s := &store{value: "old"}
	c := NewCached(s, func() time.Time { return now })
	ref := Ref{"aws", "x", ""}
	old, _ := c.Secret(t.Context(), ref)
	now = now.Add(time.Minute)
	if _, changed := c.Refresh(t.Context(), ref, old); changed || s.calls != 2 {
		t.Errorf("changed %t after %d calls", changed, s.calls)
	}
	if _, changed := c.Refresh(t.Context(), ref, old); changed || s.calls != 2 {
		t.Errorf("a secret that stays wrong is asked for again and again: %d calls", s.calls)
	}
	now, s.value = now.Add(minRefresh), "new"
	if v, changed := c.Refresh(t.Context(), ref, old); !changed || v.Reveal() != "new" {
		t.Errorf("got %q, %t", v.Reveal(), changed)
	}
	if v, changed := c.Refresh(t.Context(), ref, old); !changed || v.Reveal() != "new" || s.calls != 3 {
		t.Errorf("a second client with the old secret gets %q, %t after %d calls", v.Reveal(), changed, s.calls)
	}
}

func TestManyAskOnce(t *testing.T) {
	t.Parallel()
	s := &store{value: "v"}
	c := NewCached(s, nil)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if v, err := c.Secret(t.Context(), Ref{"aws", "x", ""}); err != nil || v.Reveal() != "v" {
				t.Errorf("%v", err)
			}
		})
	}
	wg.Wait()
	if s.calls != 1 {
		t.Errorf("asked %d times", s.calls)
	}
}

func TestAClientThatLeavesDoesNotPoisonTheCache(t *testing.T) {
	t.Parallel()
	s := &store{value: "v"}
	c := NewCached(SourceFunc(func(ctx context.Context, r Ref) (Value, error) {
		if ctx.Err() != nil {
			return Value{}, ctx.Err()
		}
		return s.Secret(ctx, r)
	}), nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Secret(ctx, Ref{"aws", "x", ""}); err == nil {
		t.Error("no error")
	}
	if v, err := c.Secret(t.Context(), Ref{"aws", "x", ""}); err != nil || v.Reveal() != "v" {
		t.Errorf("%v", err)
	}
}
