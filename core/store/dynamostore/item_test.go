package dynamostore

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sluice/core/store/driver"
	"sluice/core/store/mototest"
)

func noise(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

func (t *Table) raw(test *testing.T, k driver.Key) map[string]types.AttributeValue {
	test.Helper()
	out, err := t.db.GetItem(test.Context(), &dynamodb.GetItemInput{TableName: t.name, Key: encodeKey(k)})
	if err != nil {
		test.Fatal(err)
	}
	return out.Item
}

func TestItemsAreAsDocumented(t *testing.T) {
	t.Parallel()
	blobs, _ := newBucket(t, mototest.URL(t))
	table := newTable(t, mototest.URL(t), Config{Blobs: blobs})
	at := time.UnixMilli(4_000_000_000_001)
	tests := []struct {
		name    string
		data    []byte
		expires time.Time
		want    []string // attributes besides pk, sk and v
	}{
		{"text", []byte("short"), time.Time{}, []string{"d"}},
		{"nothing", nil, time.Time{}, nil},
		{"compressible", bytes.Repeat([]byte("x"), 1000), time.Time{}, []string{"g"}},
		{"noise", noise(1000), time.Time{}, []string{"d"}},
		{"counter", []byte("-12"), time.Time{}, []string{"n"}},
		{"large", noise(MaxInline + 1), time.Time{}, []string{"o"}},
		{"just not large", noise(MaxInline), time.Time{}, []string{"d"}},
		{"large but compressible", bytes.Repeat([]byte("x"), MaxInline*2), time.Time{}, []string{"g"}},
		{"expiring", []byte("short"), at, []string{"d", "exp", "ttl"}},
		{"expiring large", noise(MaxInline + 1), at, []string{"exp", "o", "ttl"}},
	}
	for _, tt := range tests {
		for _, version := range []int64{driver.Any, 1} { // each way of writing an item
			key := driver.Key{Part: "KEY#" + tt.name, Sort: "META"}
			if _, err := table.Put(t.Context(), driver.Record{Key: key, Version: version, Data: tt.data, Expires: tt.expires}); err != nil {
				t.Fatal(err)
			}
			item := table.raw(t, key)
			want := slices.Sorted(slices.Values(append([]string{"pk", "sk", "v"}, tt.want...)))
			if got := slices.Sorted(maps.Keys(item)); !slices.Equal(got, want) {
				t.Errorf("%s: got attributes %q, want %q", tt.name, got, want)
			}
			if textOf(item, "pk") != key.Part || textOf(item, "sk") != "META" {
				t.Errorf("%s: the key cannot be read: %q %q", tt.name, textOf(item, "pk"), textOf(item, "sk"))
			}
			if !tt.expires.IsZero() && (numberOf(item, "exp") != "4000000000001" || numberOf(item, "ttl") != "4000000001") {
				t.Errorf("%s: exp %s, ttl %s", tt.name, numberOf(item, "exp"), numberOf(item, "ttl"))
			}
			if prefix, object := "keep/", textOf(item, "o"); object != "" {
				if !tt.expires.IsZero() {
					prefix = "expiring/"
				}
				if !strings.HasPrefix(object, prefix) {
					t.Errorf("%s: the object is %s", tt.name, object)
				}
			}
		}
	}
}

func TestWithoutABucketLargeDataIsRefused(t *testing.T) {
	t.Parallel()
	table := newTable(t, mototest.URL(t), Config{})
	if v, err := table.Put(t.Context(), driver.Record{Key: k("large"), Data: noise(MaxInline)}); v != 1 || err != nil {
		t.Errorf("the largest: got %d, %v", v, err)
	}
	for _, version := range []int64{1, driver.Any} {
		_, err := table.Put(t.Context(), driver.Record{Key: k("large"), Version: version, Data: noise(MaxInline + 1)})
		if !errors.Is(err, driver.ErrTooLarge) {
			t.Errorf("got %v", err)
		}
	}
	var ops []driver.Op
	for i := range 15 {
		ops = append(ops, driver.Put(driver.Record{Key: k(string(rune('a' + i))), Data: noise(MaxInline)}))
	}
	if err := table.Write(t.Context(), ops); !errors.Is(err, driver.ErrTooLarge) {
		t.Errorf("a write of 4.5 MB: got %v", err)
	}
	if err := table.Write(t.Context(), ops[:12]); err != nil {
		t.Errorf("a write of 3.7 MB: %v", err)
	}
	if err := table.Delete(t.Context(), k("large"), 1); err != nil {
		t.Error(err)
	}
}

func TestObjectsGoWithTheirRecords(t *testing.T) {
	t.Parallel()
	blobs, client := newBucket(t, mototest.URL(t))
	table := newTable(t, mototest.URL(t), Config{Blobs: blobs})
	large := func(sort string, version int64) driver.Record {
		return driver.Record{Key: k(sort), Version: version, Data: noise(MaxInline + 1)}
	}
	put := func(r driver.Record) error { _, err := table.Put(t.Context(), r); return err }
	steps := []struct {
		name string
		do   func() error
		want int // objects afterwards
		err  error
	}{
		{"create", func() error { return put(large("a", driver.Absent)) }, 1, nil},
		{"conflict", func() error { return put(large("a", driver.Absent)) }, 1, driver.ErrConflict},
		{"change", func() error { return put(large("a", 1)) }, 1, nil},
		{"overwrite", func() error { return put(large("a", driver.Any)) }, 1, nil},
		{"overwrite with a small one", func() error { return put(driver.Record{Key: k("a"), Version: driver.Any}) }, 0, nil},
		{"back again", func() error { return put(large("a", 4)) }, 1, nil},
		{"failed write", func() error {
			return table.Write(t.Context(), []driver.Op{driver.Put(large("b", 0)), driver.Put(large("c", 0)), driver.Check(k("a"), 1)})
		}, 1, driver.ErrConflict},
		{"write", func() error {
			return table.Write(t.Context(), []driver.Op{driver.Put(large("b", 0)), driver.Put(large("c", 0)), driver.Check(k("a"), 5)})
		}, 3, nil},
		{"delete", func() error { return table.Delete(t.Context(), k("a"), 5) }, 2, nil},
		{"delete any", func() error { return table.Delete(t.Context(), k("b"), driver.Any) }, 1, nil},
	}
	for _, s := range steps {
		if err := s.do(); !errors.Is(err, s.err) {
			t.Errorf("%s: got %v, want %v", s.name, err, s.err)
		}
		out, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &blobs.bucket, Prefix: aws.String(blobs.prefix)})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Contents) != s.want {
			t.Errorf("%s: there are %d objects, want %d", s.name, len(out.Contents), s.want)
		}
	}
}

// TestALostAnswerLosesNoObject repeats an overwrite that was made: the object
// that the second attempt finds in the item is its own.
func TestALostAnswerLosesNoObject(t *testing.T) {
	t.Parallel()
	f := newFront(t, mototest.URL(t))
	blobs, _ := newBucket(t, mototest.URL(t))
	table := newTable(t, f.URL, Config{Blobs: blobs})
	data := noise(MaxInline + 1)
	f.next(mishap{applied: true, cut: true})
	if _, err := table.Put(t.Context(), driver.Record{Key: k("a"), Version: driver.Any, Data: data}); err != nil {
		t.Fatal(err)
	}
	if n := len(f.requests()); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
	if r, err := table.Get(t.Context(), k("a")); err != nil || !bytes.Equal(r.Data, data) {
		t.Errorf("got %d bytes, %v", len(r.Data), err)
	}
}

// TestFewLargeRecordsAreWrittenTogether has a request that is too large though
// each item would have more room than an item has.
func TestFewLargeRecordsAreWrittenTogether(t *testing.T) {
	t.Parallel()
	blobs, _ := newBucket(t, mototest.URL(t))
	table := newTable(t, mototest.URL(t), Config{Blobs: blobs})
	var ops []driver.Op
	for _, sort := range []string{"a", "b"} {
		ops = append(ops, driver.Put(driver.Record{Key: k(sort), Data: noise(2_000_000)}))
	}
	ops = append(ops, driver.Put(driver.Record{Key: k("c"), Data: noise(MaxInline + 1)}))
	if err := table.Write(t.Context(), ops); err != nil {
		t.Fatal(err)
	}
	for _, op := range ops {
		if r, err := table.Get(t.Context(), op.Key); err != nil || !bytes.Equal(r.Data, op.Data) {
			t.Errorf("%s: got %d bytes, %v", op.Sort, len(r.Data), err)
		}
	}
}

// lostBlobs loses objects while lose is above zero.
type lostBlobs struct {
	Blobs
	lose int
}

func (b *lostBlobs) Get(ctx context.Context, key string) ([]byte, error) {
	if b.lose--; b.lose >= 0 {
		return nil, driver.ErrNotFound
	}
	return b.Blobs.Get(ctx, key)
}

func TestAnObjectThatIsReplacedWhileItIsRead(t *testing.T) {
	t.Parallel()
	s3, _ := newBucket(t, mototest.URL(t))
	blobs := &lostBlobs{Blobs: s3}
	table := newTable(t, mototest.URL(t), Config{Blobs: blobs})
	data := noise(MaxInline + 1)
	if _, err := table.Put(t.Context(), driver.Record{Key: k("a"), Data: data}); err != nil {
		t.Fatal(err)
	}
	blobs.lose = 1
	if r, err := table.Get(t.Context(), k("a")); err != nil || !bytes.Equal(r.Data, data) {
		t.Errorf("got %d bytes, %v", len(r.Data), err)
	}
	blobs.lose = 2
	for r, err := range table.Range(t.Context(), "part", driver.Query{}) {
		if err != nil || !bytes.Equal(r.Data, data) {
			t.Errorf("in a range: got %d bytes, %v", len(r.Data), err)
		}
	}
	blobs.lose = 1 << 30
	if _, err := table.Get(t.Context(), k("a")); err == nil || errors.Is(err, driver.ErrNotFound) {
		t.Errorf("a record whose object is lost: got %v", err)
	}
}

func TestS3IsRetriedAndEnds(t *testing.T) {
	t.Parallel()
	direct, _ := newBucket(t, mototest.URL(t))
	f := newFront(t, mototest.URL(t))
	slow := mishap{status: 503, body: `<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>scripted</Message></Error>`}
	through := func(timeout time.Duration) *S3 {
		return NewS3(s3.New(direct.client.Options(), func(o *s3.Options) { o.BaseEndpoint = &f.URL }), direct.bucket, direct.prefix, timeout)
	}
	blobs := through(10 * time.Second)
	for _, m := range []mishap{slow, {status: 500}, {cut: true}} {
		f.next(m, m)
		if err := blobs.Put(t.Context(), "a", []byte("data")); err != nil {
			t.Error(err)
		}
		f.next(m)
		if got, err := blobs.Get(t.Context(), "a"); err != nil || string(got) != "data" {
			t.Errorf("got %q, %v", got, err)
		}
		f.next(m)
		if err := blobs.Delete(t.Context(), "a"); err != nil {
			t.Error(err)
		}
	}
	if _, err := blobs.Get(t.Context(), "a"); !errors.Is(err, driver.ErrNotFound) {
		t.Errorf("a missing object: got %v", err)
	}
	f.mu.Lock()
	f.always = &mishap{hang: true}
	f.mu.Unlock()
	began := time.Now()
	err := through(300*time.Millisecond).Put(t.Context(), "a", nil)
	if _, away := errors.AsType[*driver.Unavailable](err); !away || time.Since(began) > 2*time.Second {
		t.Errorf("got %v after %v", err, time.Since(began))
	}
}

func TestEscapedKeysKeepTheirOrder(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	bytesOf := []byte{0, 1, 2, 'a', 0x7f, 0x80, 0xc3, 0xff}
	word := func() string {
		b := make([]byte, random.IntN(5))
		for i := range b {
			b[i] = bytesOf[random.IntN(len(bytesOf))]
		}
		return string(b)
	}
	for range 20_000 {
		a, b := word(), word()
		x, y := escape(a), escape(b)
		if (a < b) != (x < y) || (a == b) != (x == y) {
			t.Fatalf("%q and %q became %q and %q", a, b, x, y)
		}
		if a != "" && b != "" && strings.HasPrefix(a, b) != strings.HasPrefix(x, y) {
			t.Fatalf("prefixes: %q and %q became %q and %q", a, b, x, y)
		}
	}
}

func FuzzKeys(f *testing.F) {
	for _, s := range []string{"", "\x00", "\x01\x02", "KEY#0", "é", "\xff\xfe", "\x01"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, err := unescape(escape(s)); err != nil || got != s {
			t.Errorf("%q became %q, %v", s, got, err)
		}
		if got, err := unescape(s); err == nil && escape(got) != s {
			t.Errorf("%q is read as %q, which is written %q", s, got, escape(got))
		}
	})
}

func FuzzDecompress(f *testing.F) {
	f.Add(compress(bytes.Repeat([]byte("a"), 1000)))
	f.Add([]byte{0x1f, 0x8b})
	f.Fuzz(func(t *testing.T, b []byte) {
		if out, err := decompress(b); err == nil && len(out) > driver.MaxData {
			t.Errorf("%d bytes", len(out))
		}
	})
}
