package rollup

import (
	"context"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"

	"sluice/core/store/driver"
)

// A mark is where it is remembered that a fact has been counted: for records in
// a set that many share, for all others in a record of their own in the table.
type mark struct {
	own driver.Key // without a part: it is in a set
	set setName
	id  member
}

// A setName names the set of what came in one second.
//
// Shards are those of logs: a shard of DynamoDB's stream then brings all
// records of a set, so that mostly one writer at a time is at it, and records
// of a busy second are not all written into one part.
type setName struct {
	workspace string
	second    int64 // that the ids name, since 1970
	shard     byte
}

const shards = 4

// A member is an id in its set: its last twelve bytes. The four before them
// count spans of 65 seconds, and follow from the second.
type member [memberSize]byte

const memberSize = 12

// recordMark is the mark of a record whose id is one of ours.
func recordMark(workspace string, minted time.Time, id string) mark {
	var m member
	at := 0
	for _, s := range []string{id[9:13], id[14:18], id[19:23], id[24:36]} {
		n, _ := hex.Decode(m[at:], []byte(s)) // minted was read from it
		at += n
	}
	return mark{set: setName{workspace, minted.Unix(), m[memberSize-1] % shards}, id: m}
}

// ratingMark is the mark of a rating.
func ratingMark(r *Rating) mark {
	return mark{own: driver.Key{Part: "RATED#" + segment(r.Workspace) + "#" + hourOf(r.Time), Sort: r.ID}}
}

// changeMark is the mark of a change of a rating.
func changeMark(r *Rating, name string) mark {
	m := ratingMark(r)
	m.own.Sort += "#" + segment(name)
	return m
}

// traceMark is the mark of a trace for which there is feedback.
func traceMark(r *Rating) mark {
	return mark{own: driver.Key{Part: "RATED#" + segment(r.Workspace), Sort: segment(r.Trace)}}
}

// key is where a page of the set is.
func (n setName) key(page int) driver.Key {
	t := time.Unix(n.second, 0).UTC()
	k := driver.Key{Part: strings.Join([]string{"ROLLED", segment(n.workspace), hourOf(t), strconv.Itoa(int(n.shard))}, "#"), Sort: t.Format("0405")}
	if page > 0 {
		k.Sort += "#" + strconv.Itoa(page)
	}
	return k
}

// expires is when all facts of the set are too old to be counted.
func (n setName) expires() time.Time { return time.Unix(n.second, 0).Add(markLife) }

// opened are the sets that are looked at together, each read at most once.
type opened struct {
	sums *Sums
	sets map[setName]*set
}

// counted reports whether a fact has been counted. What is remembered of a set
// may be old: then the answer may be a wrong no, and a write of the set is
// refused.
func (o *opened) counted(ctx context.Context, m *mark) (bool, error) {
	if m.own.Part != "" {
		_, err := o.sums.Table.Get(ctx, m.own)
		if errors.Is(err, driver.ErrNotFound) {
			return false, nil
		}
		return err == nil, err
	}
	s, err := o.set(ctx, m.set)
	return err == nil && s.has(m.id), err
}

func (o *opened) set(ctx context.Context, name setName) (*set, error) {
	if s := o.sets[name]; s != nil {
		return s, nil
	}
	s, err := o.sums.takeSet(name), error(nil)
	if s == nil {
		s, err = o.sums.readSet(ctx, name)
	}
	if err == nil {
		o.sets[name] = s
	}
	return s, err
}
