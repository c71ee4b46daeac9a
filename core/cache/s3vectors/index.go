package s3vectors

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sluice/core/cache"
	"sluice/core/cache/semantic"
)

// Config says where vectors are kept.
type Config struct {
	HTTP        *http.Client
	Credentials aws.CredentialsProvider
	Region      string
	Bucket      string // a vector bucket's name
	Endpoint    string // takes the place of AWS's own; empty: that of the region
}

// An Index is a [semantic.Index] in a vector bucket. It is safe for concurrent
// use.
type Index struct {
	config Config
	adds   atomic.Int64
}

var _ semantic.Index = (*Index)(nil)

// New returns an index. It makes no connection.
func New(c Config) *Index { return &Index{config: c} }

// Nearest implements [semantic.Index]. The service's own search is
// approximate: it may miss a vector that is near.
func (x *Index) Nearest(ctx context.Context, p semantic.Place, v semantic.Vector, least float64) (k cache.Key, ok bool, err error) {
	var a queryAnswer
	err = x.call(ctx, "QueryVectors", query{
		Bucket: x.config.Bucket, Index: indexName(p, v), TopK: 1, Vector: data{v}, Distance: true,
		Filter: filter{All: []condition{{Group: &equal{p.Group.String()}}, {Expires: &bound{Above: time.Now().Unix()}}}},
	}, &a)
	if isMissing(err) {
		return k, false, nil // nothing was ever added
	}
	if err != nil || len(a.Vectors) == 0 {
		return k, false, err
	}
	near := a.Vectors[0]
	if near.Distance == nil || 1-*near.Distance < least {
		return k, false, nil
	}
	if n, err := hex.Decode(k[:], []byte(near.Key)); err != nil || n != len(k) {
		return cache.Key{}, false, fmt.Errorf("s3vectors: the key %q is none of ours", near.Key)
	}
	return k, true, nil
}

// Add implements [semantic.Index]. The latest vector of a key counts.
func (x *Index) Add(ctx context.Context, p semantic.Place, v semantic.Vector, k cache.Key, expires time.Time) error {
	in := put{
		Bucket: x.config.Bucket, Index: indexName(p, v),
		Vectors: []vector{{k.String(), data{v}, metadata{p.Workspace, p.Model, p.Group.String(), expires.Unix()}}},
	}
	err := x.call(ctx, "PutVectors", in, nil)
	if isMissing(err) {
		if err = x.create(ctx, in.Index, len(v)); err == nil {
			err = x.call(ctx, "PutVectors", in, nil)
		}
	}
	if err != nil {
		return err
	}
	if x.adds.Add(1)%sweepEvery == 0 {
		return x.sweep(ctx, in.Index, v)
	}
	return nil
}

// create makes an index. Somebody else may have been faster.
func (x *Index) create(ctx context.Context, name string, dimensions int) error {
	err := x.call(ctx, "CreateIndex", create{Bucket: x.config.Bucket, Index: name, Type: "float32", Dimension: dimensions, Metric: "cosine"}, nil)
	if is(err, "ConflictException") {
		return nil
	}
	return err
}

// How often is looked for what has expired, in vectors that are added, and how
// many are deleted then: more than are added in between, so that none stay.
const (
	sweepEvery = 32
	sweepMost  = 100 // of a query
)

// sweep deletes vectors that have expired, whatever they are near to.
func (x *Index) sweep(ctx context.Context, index string, v semantic.Vector) error {
	var a queryAnswer
	err := x.call(ctx, "QueryVectors", query{
		Bucket: x.config.Bucket, Index: index, TopK: sweepMost, Vector: data{v},
		Filter: filter{All: []condition{{Expires: &bound{UpTo: time.Now().Unix()}}}},
	}, &a)
	if err != nil || len(a.Vectors) == 0 {
		return err
	}
	keys := make([]string, len(a.Vectors))
	for i, w := range a.Vectors {
		keys[i] = w.Key
	}
	return x.call(ctx, "DeleteVectors", remove{x.config.Bucket, index, keys}, nil)
}

// indexName is the index of a workspace's vectors of one model and length. No
// name that somebody chooses can run into another's.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-limitations.html
func indexName(p semantic.Place, v semantic.Vector) string {
	sum := sha256.Sum256([]byte(strconv.Quote(p.Workspace) + strconv.Quote(p.Model) + strconv.Itoa(len(v))))
	return "sluice-" + hex.EncodeToString(sum[:20])
}
