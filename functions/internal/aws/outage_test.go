package aws

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sluice/core/secret"
	"sluice/core/store/mototest"
)

func TestARotationIsPickedUpWithoutARestart(t *testing.T) {
	t.Parallel()
	v := newVault(t, mototest.URL(t), "key-1", storedKey("sk-1"))
	f := newFunction(t, newUpstream(t, "sk-1"), v.env)
	for _, path := range paths {
		f.ask(t, path, "key-1", "").wantOK(t, promptness)
		if a := f.ask(t, path, "key-2", ""); a.status != http.StatusUnauthorized {
			t.Errorf("%s: a wrong key got %d", path, a.status)
		}
	}
	if got := f.p.keys(); strings.Join(got, " ") != "sk-1 sk-1" {
		t.Errorf("the provider saw %q", got)
	}

	v.rotate(t, "SLUICE_PROVIDERS_SECRET", storedKey("sk-2"))
	f.p.accept("sk-2")
	f.later(time.Minute) // the old one is still fresh: it is the provider's 401 that tells
	f.ask(t, paths[0], "key-1", "").wantOK(t, promptness)
	f.ask(t, paths[1], "key-1", "").wantOK(t, promptness)
	if got := f.p.keys(); strings.Join(got, " ") != "sk-1 sk-2 sk-2" {
		t.Errorf("the provider saw %q", got)
	}

	v.rotate(t, "SLUICE_KEY_SECRET", `["key-3","key-2"]`)
	f.later(secret.Fresh)
	for key, want := range map[string]int{"key-1": 401, "key-2": 200, "key-3": 200} {
		if a := f.ask(t, paths[0], key, ""); a.status != want {
			t.Errorf("%s got %d, want %d", key, a.status, want)
		}
	}
}

// load asks from several clients until it is stopped, and returns what they
// got.
func load(t *testing.T, f *function) (stop func() []answer) {
	var (
		mu      sync.Mutex
		answers []answer
		clients sync.WaitGroup
		stopped = make(chan struct{})
	)
	for i := range 8 {
		clients.Go(func() {
			for {
				select {
				case <-stopped:
					return
				case <-time.After(5 * time.Millisecond):
				}
				a := f.ask(t, paths[i%2], "key", []string{own, ""}[i/2%2])
				mu.Lock()
				answers = append(answers, a)
				mu.Unlock()
			}
		})
	}
	return func() []answer {
		close(stopped)
		clients.Wait()
		return answers
	}
}

func TestSecretsManagerIsKilledInTheMiddleOfLoad(t *testing.T) {
	t.Parallel()
	moto := mototest.Start(t)
	v, p := newVault(t, moto.URL, "key", storedKey("stored")), newUpstream(t, own, "stored")
	warm, half, cold := newFunction(t, p, v.env), newFunction(t, p, v.env), newFunction(t, p, v.env)
	for _, path := range paths {
		warm.ask(t, path, "key", "").wantOK(t, promptness)
		half.ask(t, path, "key", own).wantOK(t, promptness)
	}

	stop := load(t, warm)
	time.Sleep(300 * time.Millisecond)
	moto.Kill()
	time.Sleep(300 * time.Millisecond)
	warm.later(secret.Fresh) // from now on what is known is stale
	time.Sleep(300 * time.Millisecond)
	answers := stop()
	if len(answers) < 50 {
		t.Errorf("%d requests are no load", len(answers))
	}
	for _, a := range answers {
		a.wantOK(t, patience)
	}

	for _, path := range paths {
		half.ask(t, path, "key", own).wantOK(t, promptness)
		needy := half.ask(t, path, "key", "")
		needy.wantUnavailable(t)
		needy.wantHint(t)
		for _, a := range []answer{cold.ask(t, path, "key", own), cold.ask(t, path, "another", "")} {
			a.wantUnavailable(t)
			a.wantHint(t)
		}
	}
	warm.later(secret.Stale)
	warm.ask(t, paths[0], "key", own).wantUnavailable(t)
}

// silence accepts connections and says nothing.
func silence(t *testing.T) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { conn.Close() })
		}
	}()
	return "http://" + l.Addr().String()
}

// together asks for the same on both routes, from several clients at once.
func (f *function) together(t *testing.T, providerKey string, check func(answer)) {
	t.Helper()
	answers := make([]answer, 10)
	var clients sync.WaitGroup
	for i := range answers {
		clients.Go(func() { answers[i] = f.ask(t, paths[i%2], "key", providerKey) })
	}
	clients.Wait()
	for _, a := range answers {
		check(a)
	}
}

func TestASilentSecretsManagerStopsOnlyWhoNeedsIt(t *testing.T) {
	t.Parallel()
	t.Run("for the gateway's keys", func(t *testing.T) {
		t.Parallel()
		env := account(silence(t))
		env["SLUICE_KEY_SECRET"] = "keys"
		f := newFunction(t, newUpstream(t, own), env)
		f.together(t, own, func(a answer) { a.wantUnavailable(t); a.wantHint(t) })
	})
	t.Run("for the operator's", func(t *testing.T) {
		t.Parallel()
		env := account(silence(t))
		env["SLUICE_KEY"], env["SLUICE_PROVIDERS_SECRET"] = "key", "providers"
		f := newFunction(t, newUpstream(t, own), env)
		var needy sync.WaitGroup
		needy.Go(func() {
			f.together(t, "", func(a answer) { a.wantUnavailable(t); a.wantHint(t) })
		})
		f.together(t, own, func(a answer) { a.wantOK(t, promptness) })
		needy.Wait()
	})
}

// A process that was frozen finds its connections dead, without being told.
func TestADeadConnectionDoesNotCostTheSecret(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	over := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) == 1 {
			<-over
			return
		}
		io.WriteString(w, `{"SecretString":"value"}`)
	}))
	t.Cleanup(func() { close(over); s.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second) // what secret.Cached gives it
	defer cancel()
	v, err := Secrets(environment(account(s.URL))).Secret(ctx, secret.Ref{Scheme: scheme, Name: "any"})
	if err != nil || v.Reveal() != "value" || asked.Load() != 2 {
		t.Errorf("got %q, %v after %d attempts", v.Reveal(), err, asked.Load())
	}
}

// A quietable front passes requests on until it falls silent.
type quietable struct {
	*httptest.Server
	quiet atomic.Bool
}

func newQuietable(t *testing.T, target string) *quietable {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	q, proxy, over := &quietable{}, httputil.NewSingleHostReverseProxy(u), make(chan struct{})
	q.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !q.quiet.Load() {
			proxy.ServeHTTP(w, r)
			return
		}
		select {
		case <-r.Context().Done():
		case <-over:
		}
	}))
	t.Cleanup(func() { close(over); q.Close() })
	return q
}

func TestASecretsManagerThatFallsSilentIsWaitedForByOneRequestOnly(t *testing.T) {
	t.Parallel()
	q := newQuietable(t, mototest.URL(t))
	v := newVault(t, q.URL, "key", storedKey("stored"))
	f := newFunction(t, newUpstream(t, own, "stored"), v.env)
	f.ask(t, paths[0], "key", "").wantOK(t, promptness)
	q.quiet.Store(true)
	f.together(t, "", func(a answer) { a.wantOK(t, promptness) })
	f.later(secret.Fresh)
	waited := 0
	f.together(t, own, func(a answer) {
		a.wantOK(t, patience)
		if a.took > promptness {
			waited++
		}
	})
	if waited != 1 {
		t.Errorf("%d requests waited", waited)
	}
}

// A parser's error would quote the keys.
func TestADocumentThatIsNoJSONIsNotQuoted(t *testing.T) {
	t.Parallel()
	v := newVault(t, mototest.URL(t), "key", `{"openai":{"api_key":"CANARY"`)
	f := newFunction(t, newUpstream(t), v.env)
	for _, path := range paths {
		a := f.ask(t, path, "key", "")
		a.wantUnavailable(t)
		if strings.Contains(a.body, "CANARY") {
			t.Errorf("%s: %s", path, a.body)
		}
	}
}
