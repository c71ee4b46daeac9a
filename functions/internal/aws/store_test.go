package aws

import (
	"bytes"
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sluice/core/store/driver"
	"sluice/core/store/dynamostore"
	"sluice/core/store/mototest"
)

func TestMain(m *testing.M) { mototest.Main(m) }

func TestATableWithoutANameIsNone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "STATE_TABLE", "DATA_TABLE"} {
		state, data := Store(environment(map[string]string{name: "table", "OVERFLOW_BUCKET": "bucket"}))
		if (state != nil) != (name == "STATE_TABLE") || (data != nil) != (name == "DATA_TABLE") {
			t.Errorf("%q: got %v and %v", name, state, data)
		}
	}
}

// A start that makes clients would read where they go and as whom.
func TestNothingIsMadeBeforeATableIsUsed(t *testing.T) {
	t.Parallel()
	var read []string
	env := environment(map[string]string{"STATE_TABLE": "state", "DATA_TABLE": "data", "OVERFLOW_BUCKET": "bucket"})
	state, _ := Store(func(name string) string {
		read = append(read, name)
		return env(name)
	})
	slices.Sort(read)
	if want := []string{"DATA_TABLE", "OVERFLOW_BUCKET", "STATE_TABLE"}; !slices.Equal(read, want) {
		t.Errorf("read %q, want %q", read, want)
	}
	if _, err := state.Get(t.Context(), driver.Key{Part: "p"}); err == nil || !slices.Contains(read, "AWS_REGION") {
		t.Errorf("got %v after reading %q", err, read)
	}
}

// newStack makes in the emulator what the template makes, and returns the
// environment of the function.
func newStack(t *testing.T, url string) map[string]string {
	t.Helper()
	name := "stack-" + rand.Text()
	env := account(url)
	maps.Copy(env, map[string]string{"STATE_TABLE": name + "-state", "DATA_TABLE": name + "-data", "OVERFLOW_BUCKET": "overflow-" + strings.ToLower(rand.Text())})
	for _, table := range []string{"STATE_TABLE", "DATA_TABLE"} {
		if err := dynamostore.Create(t.Context(), dynamoDB(environment(env)), env[table]); err != nil {
			t.Fatal(err)
		}
	}
	bucket := &s3.CreateBucketInput{Bucket: aws.String(env["OVERFLOW_BUCKET"])}
	if _, err := objects(environment(env)).CreateBucket(t.Context(), bucket); err != nil {
		t.Fatal(err)
	}
	return env
}

// account is the environment of a process whose AWS is at url.
func account(url string) map[string]string {
	return map[string]string{
		"AWS_ENDPOINT_URL": url, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret",
	}
}

func TestStore(t *testing.T) {
	t.Parallel()
	url := mototest.URL(t)
	env := newStack(t, url)
	tests := map[string]map[string]string{
		"one endpoint for all":      {"AWS_ENDPOINT_URL": url},
		"endpoints of the services": {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_DYNAMODB": url, "AWS_ENDPOINT_URL_S3": url},
	}
	for name, endpoints := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			vars := maps.Clone(env)
			maps.Copy(vars, endpoints)
			state, data := Store(environment(vars))
			for i, table := range []driver.Table{state, data} {
				useTable(t, table, driver.Key{Part: name, Sort: string(rune('a' + i))})
			}
			if got := list(t, state, name); !slices.Equal(got, []string{"a"}) {
				t.Errorf("the state has %q, of which only a is its own", got)
			}
		})
	}
}

func list(t *testing.T, table driver.Table, part string) (sorts []string) {
	t.Helper()
	for r, err := range table.Range(t.Context(), part, driver.Query{}) {
		if err != nil {
			t.Error(err)
		}
		sorts = append(sorts, r.Sort)
	}
	return sorts
}

// useTable leaves a record under k.
func useTable(t *testing.T, table driver.Table, k driver.Key) {
	t.Helper()
	large := make([]byte, dynamostore.MaxInline+1)
	rand.Read(large)
	if v, err := table.Put(t.Context(), driver.Record{Key: k, Data: large}); v != 1 || err != nil {
		t.Fatalf("put: %d, %v", v, err)
	}
	if r, err := table.Get(t.Context(), k); err != nil || !bytes.Equal(r.Data, large) {
		t.Errorf("get: %d bytes, %v", len(r.Data), err)
	}
	counter := driver.Key{Part: k.Part + " counter", Sort: k.Sort}
	if n, err := table.Add(t.Context(), counter, 2, 9, time.Time{}); n != 2 || err != nil {
		t.Errorf("add: %d, %v", n, err)
	}
	if err := table.Write(t.Context(), []driver.Op{driver.Check(k, 1), driver.Add(counter, 3, 9, time.Time{})}); err != nil {
		t.Errorf("write: %v", err)
	}
	if got := list(t, table, counter.Part); !slices.Equal(got, []string{k.Sort}) {
		t.Errorf("range: %q", got)
	}
	if r, err := table.Get(t.Context(), counter); err != nil || string(r.Data) != "5" {
		t.Errorf("the counter is %q, %v", r.Data, err)
	}
	if err := table.Delete(t.Context(), counter, 2); err != nil {
		t.Errorf("delete: %v", err)
	}
	if _, err := table.Get(t.Context(), counter); !errors.Is(err, driver.ErrNotFound) {
		t.Errorf("after it was deleted: %v", err)
	}
}

// A name in front of an endpoint's own would not resolve. AWS wants it there.
func TestBucketsAreInThePathOfAnEndpointOnly(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "http://s3.example"} {
		o := objects(environment(map[string]string{"AWS_ENDPOINT_URL_S3": url})).Options()
		if o.UsePathStyle != (url != "") || aws.ToString(o.BaseEndpoint) != url {
			t.Errorf("%q: path style %t, endpoint %q", url, o.UsePathStyle, aws.ToString(o.BaseEndpoint))
		}
	}
}

func TestWithoutABucketLargeDataIsRefused(t *testing.T) {
	t.Parallel()
	env := newStack(t, mototest.URL(t))
	delete(env, "OVERFLOW_BUCKET")
	_, data := Store(environment(env))
	large := make([]byte, dynamostore.MaxInline+1)
	rand.Read(large)
	if _, err := data.Put(t.Context(), driver.Record{Key: driver.Key{Part: "p"}, Data: large}); !errors.Is(err, driver.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
}

func TestAStoreThatIsAwaySaysWhenToTryAgain(t *testing.T) {
	t.Parallel()
	env := account("http://127.0.0.1:1")
	env["STATE_TABLE"] = "state"
	state, _ := Store(environment(env))
	_, err := state.Get(t.Context(), driver.Key{Part: "p"})
	if u, ok := errors.AsType[*driver.Unavailable](err); !ok || u.RetryAfter <= 0 {
		t.Errorf("got %v", err)
	}
}
