package dynamostore

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sluice/core/store/driver"
)

// MaxInline is how many bytes of data, gzipped where that is smaller, are kept
// in an item.
const MaxInline = 300_000

// errNoBlob is the error of an item whose object is not there.
var errNoBlob = errors.New("the object of the record is missing")

// content is the data of a record as an item has it.
type content struct {
	name  string // of the attribute: n, d, g or o; "" for no data
	value types.AttributeValue
	size  int
	blob  string // key of the object that was written for it
}

// pack chooses how data is kept, and writes nothing.
func pack(r driver.Record) content {
	if n, ok := r.Count(); ok {
		return content{name: "n", value: number(n), size: len(r.Data)}
	}
	if len(r.Data) == 0 {
		return content{}
	}
	c := content{name: "d", value: &types.AttributeValueMemberB{Value: r.Data}, size: len(r.Data)}
	if zipped := compress(r.Data); len(zipped) < len(r.Data) {
		c = content{name: "g", value: &types.AttributeValueMemberB{Value: zipped}, size: len(zipped)}
	}
	return c
}

// moveOut writes the data to an object of its own, which nobody knows yet.
func (t *Table) moveOut(ctx context.Context, c content, expires time.Time) (content, error) {
	if t.blobs == nil {
		return c, fmt.Errorf("%w: %d bytes", driver.ErrTooLarge, c.size)
	}
	key := "keep/" + rand.Text()
	if !expires.IsZero() {
		key = "expiring/" + rand.Text()
	}
	if c.name == "g" {
		key += ".gz"
	}
	data := c.value.(*types.AttributeValueMemberB).Value
	if err := t.blobs.Put(ctx, key, data); err != nil {
		return c, err
	}
	return content{name: "o", value: text(key), size: len(key), blob: key}, nil
}

// dropBlob removes an object that no record has. What fails is left to the
// bucket's life cycle.
func (t *Table) dropBlob(ctx context.Context, key string) {
	if key != "" && t.blobs != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.calls.timeout)
		defer cancel()
		t.blobs.Delete(ctx, key)
	}
}

// decode reads an item. An errNoBlob comes with the key.
func (t *Table) decode(ctx context.Context, item map[string]types.AttributeValue) (driver.Record, error) {
	return decodeWith(item, func(key string) ([]byte, error) { return t.object(ctx, key) })
}

// decodeWith reads an item, and what is not in it with object.
func decodeWith(item map[string]types.AttributeValue, object func(key string) ([]byte, error)) (r driver.Record, err error) {
	if r.Key, err = decodeKey(item); err != nil {
		return r, err
	}
	if r.Version, err = strconv.ParseInt(numberOf(item, "v"), 10, 64); err != nil {
		return r, fmt.Errorf("dynamostore: the version of %q: %w", r.Key, err)
	}
	r.Expires = driver.Instant(expiry(item))
	if r.Data, err = data(item, object); err != nil {
		return driver.Record{Key: r.Key}, fmt.Errorf("dynamostore: the data of %q: %w", r.Key, err)
	}
	return r, nil
}

func data(item map[string]types.AttributeValue, object func(key string) ([]byte, error)) ([]byte, error) {
	if n := numberOf(item, "n"); n != "" {
		return []byte(n), nil
	}
	if d, ok := item["d"].(*types.AttributeValueMemberB); ok {
		return d.Value, nil
	}
	if g, ok := item["g"].(*types.AttributeValueMemberB); ok {
		return decompress(g.Value)
	}
	if key := textOf(item, "o"); key != "" {
		return object(key)
	}
	return nil, nil
}

// object reads data that does not fit in an item.
func (t *Table) object(ctx context.Context, key string) ([]byte, error) {
	if t.blobs == nil {
		return nil, errors.New("it is in an object, and there is no bucket in the configuration")
	}
	data, err := t.blobs.Get(ctx, key)
	if errors.Is(err, driver.ErrNotFound) {
		return nil, errNoBlob
	}
	if err == nil && strings.HasSuffix(key, ".gz") {
		return decompress(data)
	}
	return data, err
}

var writers = sync.Pool{New: func() any {
	w, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant
	}
	return w
}}

// compress returns data gzipped, or data itself if it is too short to gain by
// it.
func compress(data []byte) []byte {
	const worthwhile = 256
	if len(data) < worthwhile {
		return data
	}
	var b bytes.Buffer
	w := writers.Get().(*gzip.Writer)
	defer writers.Put(w)
	w.Reset(&b)
	w.Write(data) // a bytes.Buffer takes everything
	w.Close()
	return b.Bytes()
}

func decompress(data []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(r, driver.MaxData+1))
	if err == nil && len(out) > driver.MaxData {
		return nil, driver.ErrTooLarge
	}
	return out, err
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func textOf(item map[string]types.AttributeValue, name string) string {
	if v, ok := item[name].(*types.AttributeValueMemberS); ok {
		return v.Value
	}
	return ""
}

func numberOf(item map[string]types.AttributeValue, name string) string {
	if v, ok := item[name].(*types.AttributeValueMemberN); ok {
		return v.Value
	}
	return ""
}

// expiry returns the instant of expiry in ms, or 0 for never.
func expiry(item map[string]types.AttributeValue) int64 {
	ms, _ := strconv.ParseInt(numberOf(item, "exp"), 10, 64) // absent: never
	return ms
}

func expired(item map[string]types.AttributeValue, now time.Time) bool {
	ms := expiry(item)
	return ms != 0 && ms <= now.UnixMilli()
}
