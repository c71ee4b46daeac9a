package board

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"sluice/core/breaker"
	"sluice/core/internal/json"
)

// A record is what processes have learnt together about one scope, as it is
// stored. What cannot be read is taken as empty: it is of no worth beyond some
// minutes.
type record struct {
	Circuits map[string]breaker.State `json:"circuits,omitempty"`
	Averages map[string]average       `json:"averages,omitempty"`
	Sessions map[string]move          `json:"sessions,omitempty"`
}

func newRecord() record {
	return record{map[string]breaker.State{}, map[string]average{}, map[string]move{}}
}

func (r record) empty() bool { return len(r.Circuits)+len(r.Averages)+len(r.Sessions) == 0 }

// maxRecord is the largest record, in bytes: as much as DynamoDB reads in
// eight units, and thirty-two to write. Few configs come near it.
const maxRecord = 32 << 10

// parse reads a record and leaves out what counts no longer.
func parse(data []byte) record {
	stored, r, now := record{}, newRecord(), time.Now()
	if json.Unmarshal(data, &stored) != nil {
		return r
	}
	for k, s := range stored.Circuits {
		if s = s.Recent(); !s.Idle() && now.Before(s.Expires()) {
			r.Circuits[k] = s
		}
	}
	for k, a := range stored.Averages {
		if a = a.recent(); a.Weight > 0 {
			r.Averages[k] = a
		}
	}
	for k, m := range stored.Sessions {
		if m.Until > now.UnixMilli() && m.At <= now.Add(time.Minute).UnixMilli() {
			r.Sessions[k] = m
		}
	}
	return r
}

// merge joins what two processes know. Order does not matter.
func merge(a, b record) record {
	out := record{maps.Clone(a.Circuits), maps.Clone(a.Averages), maps.Clone(a.Sessions)}
	for k, s := range b.Circuits {
		out.Circuits[k] = breaker.Merge(out.Circuits[k], s)
	}
	for k, v := range b.Averages {
		out.Averages[k] = out.Averages[k].plus(v)
	}
	for k, m := range b.Sessions {
		if later(m, out.Sessions[k]) > 0 {
			out.Sessions[k] = m
		}
	}
	return out
}

// later orders two moves of a session: the last one counts.
func later(a, b move) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Path, b.Path)) }

// encode writes as much as there is room for, the latest first.
func (r record) encode() ([]byte, error) {
	for limit := maxSessions; ; limit /= 2 {
		data, err := json.Marshal(r.latest(limit))
		if err != nil || len(data) <= maxRecord || limit == 0 {
			return data, err
		}
	}
}

func (r record) latest(limit int) record {
	return record{
		latest(r.Circuits, limit, func(s breaker.State) int64 { return s.Expires().UnixMilli() }),
		latest(r.Averages, limit, func(a average) int64 { return a.At }),
		latest(r.Sessions, limit, func(m move) int64 { return m.At }),
	}
}

func latest[V any](all map[string]V, limit int, at func(V) int64) map[string]V {
	if len(all) <= limit {
		return all
	}
	order := slices.SortedFunc(maps.Keys(all), func(a, b string) int {
		return cmp.Or(cmp.Compare(at(all[b]), at(all[a])), cmp.Compare(a, b))
	})
	out := make(map[string]V, limit)
	for _, k := range order[:limit] {
		out[k] = all[k]
	}
	return out
}

// expires is when nothing in the record counts any more.
func (r record) expires() time.Time {
	at := time.Now().Add(10 * halfLife)
	for _, s := range r.Circuits {
		at = latestOf(at, s.Expires())
	}
	for _, m := range r.Sessions {
		at = latestOf(at, time.UnixMilli(m.Until))
	}
	return at
}

func latestOf(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
