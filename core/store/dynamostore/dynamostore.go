// Package dynamostore keeps records in a DynamoDB table.
//
// # Items
//
// The table has the key schema pk (partition), sk (sort), both strings, and
// expires items by ttl. An item has these attributes:
//
//	pk, sk  Part and Sort; ASCII as it is, other bytes escaped in a way that keeps their order
//	v       version
//	n       the data of a counter: DynamoDB adds to it
//	d       any other data, as it is, or
//	g       gzipped, where that is smaller, or
//	o       key of the object that has it, for data that does not fit in an item; a key that ends with .gz is gzipped
//	exp     instant of expiry in ms; what counts is this and the clock of the reader
//	ttl     the same in s, rounded up: DynamoDB removes items up to days after it
//
// There is no secondary index: who needs to find a record in another way
// writes a second one that points to it, in the same Write, which costs the
// same.
//
// # Sizes
//
// An item has 400 kB, so data above [MaxInline] as stored goes to
// [Config.Blobs]; without that it is refused with driver.ErrTooLarge. The
// items of a Write have 4 MB together, above which the larger ones go there
// too. An object is removed when its record is replaced or deleted by Put or
// Delete. After a Write, an expiry or a crash it stays behind: the bucket's
// life cycle should remove objects under "expiring/" after the longest time
// that records live. Those under "keep/" belong to records without expiry.
//
// # Failures
//
// An operation ends within [Config.Timeout], whatever DynamoDB does. What was
// not carried out (throttling, conflicts with other transactions, a refused
// connection) is tried again, with jitter, while there is time. What may have
// been carried out (a timeout, a 500) is tried again only where that does no
// harm: never an Add. When it is still not done, or not known to be, the error
// is a *driver.Unavailable. The SDK's own retries, which know nothing of this,
// are off.
//
// Reads are strongly consistent. Requests that need no item's content cost one
// unit; a Write costs double.
package dynamostore

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"sluice/core/store/driver"
)

// Config says where a [Table] is.
type Config struct {
	Client *dynamodb.Client
	Table  string // its name

	// Blobs keeps data that does not fit in an item. If nil, such data is
	// refused.
	Blobs Blobs

	// Timeout bounds each operation with all its attempts, and each page of a
	// Range. Zero means 5 s. One attempt gets half of what is left of it.
	Timeout time.Duration
}

// Blobs keeps objects. A missing one is driver.ErrNotFound for Get and no
// error for Delete. [S3] is one.
type Blobs interface {
	Put(ctx context.Context, key string, data []byte) error
	Get(ctx context.Context, key string) ([]byte, error)
	Delete(ctx context.Context, key string) error
}

// A Table is a [driver.Table] in DynamoDB.
type Table struct {
	db    *dynamodb.Client
	name  *string
	blobs Blobs
	calls caller
}

var _ driver.Table = (*Table)(nil)

// New returns the table that c names. It makes no call.
func New(c Config) *Table {
	return &Table{
		db:    dynamodb.New(c.Client.Options(), func(o *dynamodb.Options) { o.Retryer = aws.NopRetryer{} }),
		name:  &c.Table,
		blobs: c.Blobs,
		calls: caller{"dynamodb", cmp.Or(c.Timeout, 5*time.Second)},
	}
}

// Get implements [driver.Table].
func (t *Table) Get(ctx context.Context, k driver.Key) (driver.Record, error) {
	if err := cmp.Or(ctx.Err(), k.Valid()); err != nil {
		return driver.Record{}, err
	}
	for try := 0; ; try++ {
		r, err := t.getItem(ctx, k)
		// An object that is missing was replaced after the item was read.
		if !errors.Is(err, errNoBlob) || try == 3 {
			return r, err
		}
	}
}

func (t *Table) getItem(ctx context.Context, k driver.Key) (driver.Record, error) {
	var out *dynamodb.GetItemOutput
	err := t.calls.repeat(ctx, func(ctx context.Context) (err error) {
		out, err = t.db.GetItem(ctx, &dynamodb.GetItemInput{
			TableName: t.name, Key: encodeKey(k), ConsistentRead: aws.Bool(true),
		})
		return err
	})
	if err != nil {
		return driver.Record{}, err
	}
	if out.Item == nil || expired(out.Item, time.Now()) {
		return driver.Record{}, driver.ErrNotFound
	}
	return t.decode(ctx, out.Item)
}

// Put implements [driver.Table].
func (t *Table) Put(ctx context.Context, r driver.Record) (int64, error) {
	return t.change(ctx, driver.Put(r))
}

// Delete implements [driver.Table].
func (t *Table) Delete(ctx context.Context, k driver.Key, version int64) error {
	_, err := t.change(ctx, driver.Delete(k, version))
	return err
}

// Add implements [driver.Table].
func (t *Table) Add(ctx context.Context, k driver.Key, delta, max int64, expires time.Time) (int64, error) {
	return t.change(ctx, driver.Add(k, delta, max, expires))
}
