package rollup

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"sluice/core/store/driver"
	"sluice/core/usage"
)

// Dimensions by which sums are kept. Those of metadata have its key behind
// them.
const (
	All      = "all" // one cell an hour
	Provider = "provider"
	Model    = "model"
	Key      = "key"
	User     = "user"
	Status   = "status" // of the answer
	Metadata = "meta:"
)

// MaxMetadata is how many pairs of metadata a record is summed up by: the
// first in the order of their keys.
const MaxMetadata = 10

// A fact is something that is counted once: a record, or what somebody thinks
// of an answer.
type fact struct {
	mark      mark      // that it has been counted
	minted    time.Time // when it came to be
	workspace string
	at        time.Time // when it is counted for
	hour      int64     // of that, since 1970
	dims      []dim
	cell      Cell
}

// dim is a place in a dimension.
type dim struct{ name, value string }

// factOf is a record as it is counted. It is nil for a record whose id is none
// of ours.
func factOf(r *usage.Record) *fact {
	minted, ok := usage.TimeOf(r.ID)
	if !ok {
		return nil
	}
	f := &fact{mark: recordMark(r.Workspace, minted, r.ID), minted: minted, workspace: r.Workspace, at: r.Time, hour: hourNumber(r.Time), cell: cellOf(r)}
	f.place(r)
	return f
}

// hourNumber tells hours apart.
func hourNumber(t time.Time) int64 { return t.Unix() / 3600 }

// place puts a fact where a record is counted, the sum of all first; that of no
// record only into that.
func (f *fact) place(r *usage.Record) {
	if r == nil {
		f.dims = []dim{{All, ""}}
		return
	}
	f.dims = append(make([]dim, 0, 6+min(len(r.Metadata), MaxMetadata)), dim{All, ""})
	f.add(Provider, r.Provider)
	f.add(Model, r.AnyModel())
	f.add(Key, r.Key)
	f.add(User, r.Asker())
	f.add(Status, strconv.Itoa(r.Status))
	var few [MaxMetadata]string // they need no memory of their own
	keys := few[:0]
	for k := range r.Metadata {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for i, k := range keys {
		if i < MaxMetadata && k != "_user" {
			f.add(Metadata+k, r.Metadata[k])
		}
	}
}

func (f *fact) add(name, value string) {
	if value != "" {
		f.dims = append(f.dims, dim{name, value})
	}
}

// Retention is how long sums are kept.
const Retention = 400 * 24 * time.Hour

// MaxAge is how old a record may be to be counted: what comes later than that
// is past every repetition, and nobody remembers whether it was counted.
const MaxAge = 30 * 24 * time.Hour

// markLife is how long it is remembered that a record has been counted: as
// long as it could be counted again, and a day for clocks that differ.
const markLife = MaxAge + 24*time.Hour

const hourLayout = "2006010215"

func cellKey(workspace string, d dim, at time.Time) driver.Key {
	return driver.Key{Part: part(workspace, d.name), Sort: hourOf(at) + "#" + segment(d.value)}
}

// valuesKey counts the cells of an hour in a dimension.
func valuesKey(workspace string, d dim, at time.Time) driver.Key {
	return driver.Key{Part: part(workspace, d.name) + "#values", Sort: hourOf(at)}
}

// keysKey counts the keys of metadata that have sums in an hour.
func keysKey(workspace string, at time.Time) driver.Key {
	return driver.Key{Part: part(workspace, Metadata) + "#keys", Sort: hourOf(at)}
}

func hourOf(t time.Time) string { return t.UTC().Format(hourLayout) }

// part is where the cells of a dimension are.
func part(workspace, dimension string) string {
	return "ROLL#" + segment(workspace) + "#" + segment(dimension)
}

// maxSegment is how long a piece of a key is at most, in bytes.
const maxSegment = 200

var escape = strings.NewReplacer("#", "%23", "%", "%25")

// segment is a text as a piece of a key, different for every text. What is
// long is told apart by its hash, and has a length of its own.
func segment(s string) string {
	s = escape.Replace(s)
	if len(s) < maxSegment {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return s[:maxSegment-33] + "~" + hex.EncodeToString(sum[:16])
}
