package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"gopkg.in/yaml.v3"

	"sluice/core/logs"
	"sluice/core/store/mototest"
)

// A front stands between a function and its AWS.
type front struct {
	*httptest.Server
	mu     sync.Mutex
	calls  []call
	at     int // the call at which something happens; 0 is none
	happen func()
	late   bool // after the call has been carried out
}

// A call is one operation on DynamoDB.
type call struct{ operation, body string }

func newFront(t *testing.T, target string) *front {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	f := &front{}
	proxy := httputil.NewSingleHostReverseProxy(u)
	proxy.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		happens, late := f.note(r, string(body))
		if !happens {
			proxy.ServeHTTP(w, r)
			return
		}
		if late {
			proxy.ServeHTTP(httptest.NewRecorder(), r)
		}
		f.happen()
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(f.Close)
	return f
}

// note reports whether this is the call at which something happens, or one
// after it, and whether it is carried out all the same: what comes after it
// never is.
func (f *front) note(r *http.Request, body string) (happens, late bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	f.calls = append(f.calls, call{operation, body})
	return f.at != 0 && len(f.calls) >= f.at, f.late && len(f.calls) == f.at
}

func (f *front) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.calls)
}

// The real process is killed at every call to the table, before the call is
// carried out and behind it; another one gets the same batch.
func TestAWorkerThatIsKilledLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	calls := killedAt(t, 0, false) // not at all
	if calls < 10 {
		t.Fatalf("the function calls the table %d times", calls)
	}
	step := 5
	if os.Getenv("SLUICE_FULL") != "" {
		step = 1
	}
	for at := 1; at <= calls; at += step {
		killedAt(t, at, at%2 == 0)
	}
	killedAt(t, calls, true) // all is written, and nobody has been told
}

// killedAt returns how many calls it took. It may take fewer than another time:
// requests of one second share writes. The process is not killed then.
func killedAt(t *testing.T, at int, late bool) int {
	t.Helper()
	s := newStack(t, mototest.URL(t))
	host := provider(t)
	poller := s.poll(t)
	gateway := s.start(t, gatewayBinary, s.url, "SLUICE_TRUSTED_HOSTS="+host)
	for range 2 {
		ask(t, gateway, chat, to(host)...)
	}
	changes, _ := poller.next(t)
	f := newFront(t, s.url)
	worker := s.start(t, workerBinary, f.URL)
	f.at, f.late, f.happen = at, late, sync.OnceFunc(func() { go worker.Close() })
	err := poller.deliver(t, worker, changes)
	if killed := at > 0 && f.count() >= at; (err != nil) != killed {
		t.Fatalf("killed at %d: %v\n%s", at, err, s.log)
	}
	worker.Close()
	if at > 0 {
		if err := poller.deliver(t, s.start(t, workerBinary, s.url), changes); err != nil {
			t.Fatalf("killed at %d, late %t: %v\n%s", at, late, err, s.log)
		}
	}
	list := s.entries(t, logs.Filter{Provider: []string{"openai"}})
	if c := s.sums(t, "all"); len(list) != 2 || c.Requests != 2 || c.Cost != spent(list) {
		t.Errorf("killed at %d, late %t: %d logs are found, the sums have %d requests for %d", at, late, len(list), c.Requests, c.Cost)
	}
	return f.count()
}

// A statement is one of the role's.
type statement struct {
	Action    []string                       `yaml:"Action"`
	Condition map[string]map[string][]string `yaml:"Condition"`
}

// role reads what the template lets the worker do to the table, as far as
// keys are named.
func role(t *testing.T) (list []statement) {
	t.Helper()
	b, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Resources struct {
			WorkerRole struct {
				Properties struct {
					Policies []struct {
						PolicyDocument struct {
							Statement []yaml.Node `yaml:"Statement"`
						} `yaml:"PolicyDocument"`
					} `yaml:"Policies"`
				} `yaml:"Properties"`
			} `yaml:"WorkerRole"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	for _, n := range doc.Resources.WorkerRole.Properties.Policies[0].PolicyDocument.Statement {
		var s statement
		if n.Decode(&s) == nil && s.Condition != nil { // the others have one action as text
			list = append(list, s)
		}
	}
	return list
}

func allows(list []statement, action, key string) bool {
	return slices.ContainsFunc(list, func(s statement) bool {
		return slices.Contains(s.Action, action) && slices.ContainsFunc(s.Condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"], func(p string) bool {
			prefix, open := strings.CutSuffix(p, "*")
			return key == p || open && strings.HasPrefix(key, prefix)
		})
	})
}

// A text is a key in an item.
type text struct{ S string }

// An operation is what the calls have in common.
type operation struct {
	Key, Item, ExpressionAttributeValues map[string]text
	TransactItems                        []map[string]operation
}

// asks yields actions of IAM and the keys that they are for.
func (c call) asks(t *testing.T) (list [][2]string) {
	t.Helper()
	var add func(name string, o operation)
	add = func(name string, o operation) {
		for _, item := range o.TransactItems {
			for inner, o := range item {
				add(inner+"Item", o)
			}
		}
		if name != "TransactWriteItems" {
			list = append(list, [2]string{"dynamodb:" + name, o.Key["pk"].S + o.Item["pk"].S + o.ExpressionAttributeValues[":pk"].S})
		}
	}
	var o operation
	if err := json.Unmarshal([]byte(c.body), &o); err != nil {
		t.Fatalf("%v in %s", err, c.body)
	}
	add(c.operation, o)
	return list
}

func TestTheRoleMayDoWhatTheWorkerDoes(t *testing.T) {
	t.Parallel()
	s := newStack(t, mototest.URL(t))
	host := provider(t)
	poller := s.poll(t)
	gateway := s.start(t, gatewayBinary, s.url, "SLUICE_TRUSTED_HOSTS="+host)
	ask(t, gateway, chat, to(host, "x-portkey-metadata", `{"team":"a","_user":"u"}`)...)
	changes, _ := poller.next(t)
	f := newFront(t, s.url)
	worker := s.start(t, workerBinary, f.URL)
	for range 2 { // the second time it asks which have been counted
		if err := poller.deliver(t, worker, changes); err != nil {
			t.Fatal(err)
		}
	}
	at := s.entries(t, logs.Filter{})[0].Time
	event := fmt.Sprintf(`{"rescan":{"from":%q,"to":%q}}`, at.Format("2006-01-02T15:04:05.999Z"), at.Format("2006-01-02T15:04:05.999Z"))
	if out, err := worker.Invoke(t.Context(), []byte(event)); err != nil {
		t.Fatalf("%s %v", out, err)
	}
	allowed, used := role(t), map[string]bool{}
	for _, c := range f.calls {
		for _, ask := range c.asks(t) {
			if used[ask[0]] = true; !allows(allowed, ask[0], ask[1]) {
				t.Errorf("the role may not %s %s", ask[0], ask[1])
			}
		}
	}
	for _, s := range allowed {
		for _, action := range s.Action {
			if !used[action] {
				t.Errorf("the worker never does %s", action)
			}
		}
	}
}
