package logs

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"sluice/core"
	"sluice/core/llm"
	"sluice/core/price"
	"sluice/core/store/boltstore"
	"sluice/core/store/driver"
	"sluice/core/store/dynamostore"
	"sluice/core/store/memstore"
	"sluice/core/store/mototest"
	"sluice/core/usage"
)

func TestMain(m *testing.M) { mototest.Main(m) }

// onAll runs a test over each driver of the store.
func onAll(t *testing.T, run func(t *testing.T, table driver.Table)) {
	t.Parallel()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		run(t, memstore.New())
	})
	t.Run("bolt", func(t *testing.T) {
		t.Parallel()
		table, err := boltstore.Open(filepath.Join(t.TempDir(), "sluice.db"), 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { table.Close() })
		run(t, table)
	})
	t.Run("dynamo", func(t *testing.T) {
		t.Parallel()
		run(t, dynamo(t))
	})
}

func dynamo(t *testing.T) driver.Table {
	t.Helper()
	url := mototest.URL(t)
	keys := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
	})
	client := dynamodb.New(dynamodb.Options{Region: "us-east-1", BaseEndpoint: &url, Credentials: keys, HTTPClient: &http.Client{}})
	name := "logs-" + rand.Text()
	if err := dynamostore.Create(t.Context(), client, name); err != nil {
		t.Fatal(err)
	}
	return dynamostore.New(dynamostore.Config{Client: client, Table: name, Timeout: 30 * time.Second})
}

var started = time.Now().UTC().Truncate(time.Second)

// at is the n-th instant of the tests, one second apart, an hour ago.
func at(n int) time.Time { return started.Add(-time.Hour).Add(time.Duration(n) * time.Second) }

// record is a record of a workspace at an instant.
func record(workspace string, when time.Time) *usage.Record {
	return &usage.Record{
		ID: usage.NewID(when), Request: "req-" + when.Format("150405"), Time: when, Workspace: workspace, Key: "key-1",
		Operation: llm.Generate, Dialect: llm.OpenAIChat, Provider: "openai", Model: "gpt-4o", Status: 200, Cache: core.CacheMiss,
		Usage: &usage.Tokens{Input: 10, Output: 5}, Cost: &usage.Cost{Nano: 75_000, Version: "1"}, Total: 1500,
	}
}

// write stores and indexes records.
func write(t *testing.T, s *Store, records ...*usage.Record) {
	t.Helper()
	for _, r := range records {
		if err := s.Write(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Index(t.Context(), records); err != nil {
		t.Fatal(err)
	}
}

// pages reads all pages of a query and returns the ids, and how many pages
// there were.
func pages(t *testing.T, s *Store, q Query) (ids []string, n int) {
	t.Helper()
	for {
		page, err := s.List(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		n++
		for _, e := range page.Entries {
			ids = append(ids, e.ID)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return ids, n
		}
		if n > 10_000 {
			t.Fatal("the pages do not end")
		}
	}
}

// newestFirst are the ids of those records that are wanted.
func newestFirst(records []*usage.Record, want func(*usage.Record) bool) []string {
	var ids []string
	for _, r := range records {
		if want(r) {
			ids = append(ids, r.ID)
		}
	}
	slices.Sort(ids)
	slices.Reverse(ids)
	return ids
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %d entries %q, want %d %q", what, len(got), got[:min(len(got), 5)], len(want), want[:min(len(want), 5)])
	}
}

var errBroken = errors.New("broken")

// A faulty table fails every write to a part of which fail says so. It asks
// for one at a time.
type faulty struct {
	driver.Table
	fail func(part string) bool
}

func newFaulty(table driver.Table, fail func(part string) bool) faulty {
	var mu sync.Mutex
	return faulty{table, func(part string) bool {
		mu.Lock()
		defer mu.Unlock()
		return fail(part)
	}}
}

func (f faulty) Put(ctx context.Context, r driver.Record) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if f.fail(r.Part) {
		return 0, &driver.Unavailable{Err: errBroken}
	}
	return f.Table.Put(ctx, r)
}

// A counting table counts what is read as a database does it: a range is read
// up to its limit, whoever stops looking at it earlier.
type counting struct {
	driver.Table
	records, ranges atomic.Int64
}

func (c *counting) Get(ctx context.Context, k driver.Key) (driver.Record, error) {
	c.records.Add(1)
	return c.Table.Get(ctx, k)
}

func (c *counting) Range(ctx context.Context, part string, q driver.Query) iter.Seq2[driver.Record, error] {
	return func(yield func(driver.Record, error) bool) {
		c.ranges.Add(1)
		if q.Limit == 0 {
			yield(driver.Record{}, fmt.Errorf("a range of %s without a limit", part))
			return
		}
		var all []driver.Record
		for r, err := range c.Table.Range(ctx, part, q) {
			if err != nil {
				yield(r, err)
				return
			}
			all = append(all, r)
		}
		c.records.Add(int64(len(all)))
		for _, r := range all {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func dollars(n price.Nano) *usage.Cost { return &usage.Cost{Nano: n, Version: "1"} }

// exchange is a request with an answer in JSON.
func exchange(request, answer string) *usage.Exchange {
	return &usage.Exchange{
		Method: "POST", URL: "/v1/chat/completions", Header: http.Header{"Content-Type": {"application/json"}},
		Body: body("application/json", request), ResponseHeader: http.Header{}, Response: body("application/json", answer),
	}
}

func body(kind, text string) usage.Body {
	return usage.Body{Type: kind, Bytes: []byte(text), Size: int64(len(text))}
}
