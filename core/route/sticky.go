package route

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"time"

	"sluice/core"
	"sluice/core/breaker"
)

// sticky keeps the requests of a session with one target, where its prompts
// are cached.
//
// Where a session belongs follows from its hash alone, so that all processes
// agree without asking anybody, and sessions spread over the targets by their
// weights. A session leaves its target when that is benched, cannot take the
// request or fails; it stays where it then goes for the ttl, and only that is
// remembered. When targets come or go, only those sessions move that have to.
type sticky struct {
	*strategy
	weights []float64
	seeds   []uint64 // one for each child
	fields  []field
	look    *fields
	ttl     time.Duration
	env     Env
}

func newSticky(s *strategy, weights []float64, st *Sticky, env Env) *sticky {
	k := &sticky{strategy: s, weights: weights, fields: st.Fields, look: st.look, ttl: st.TTL, env: env}
	for _, t := range s.children {
		sum := sha256.Sum256([]byte(t.path()))
		k.seeds = append(k.seeds, binary.BigEndian.Uint64(sum[:]))
	}
	return k
}

func (k *sticky) Handle(ctx context.Context, c *core.Call) (*core.Reply, error) {
	hash, ok := k.session(c)
	if !ok {
		return k.strategy.Handle(ctx, c) // by weight
	}
	scope, name := k.env.remembered(c), k.name(hash)
	r := &rendezvous{sticky: k, hash: binary.BigEndian.Uint64(hash[:]), present: k.child(scope.Moved(name))}
	if r.present < 0 {
		r.present = r.next(c, &marks{})
	}
	own := *k.strategy
	own.choose = r
	began := time.Now()
	reply, err := own.Handle(ctx, c)
	if impatient(ctx, c, err, time.Since(began)) {
		return reply, err
	}
	if i := r.settled(c, reply, err); i >= 0 && i != r.present {
		c.Trace.Note(k.at, "its session moves to "+k.children[i].path())
		scope.Move(ctx, name, k.children[i].path(), k.ttl)
	}
	return reply, err
}

// session hashes what a request has in the fields, and who sends it: nobody
// else's session is the same. A request that has none of the fields belongs to
// no session.
func (k *sticky) session(c *core.Call) (hash [sha256.Size]byte, ok bool) {
	b := make([]byte, 0, 256)
	b = appendPart(b, 'w', c.Principal.Workspace)
	b = appendPart(b, 'k', c.Principal.Key)
	v := k.look.of(c)
	ok = len(k.fields) == 0
	for _, f := range k.fields {
		s := v.value(f)
		ok = ok || s.Text != ""
		b = appendPart(b, s.Kind, s.Text)
	}
	return sha256.Sum256(b), ok
}

func appendPart(b []byte, kind byte, text string) []byte {
	b = binary.AppendUvarint(append(b, kind), uint64(len(text)))
	return append(b, text...)
}

// name is what a session is remembered by. It says nothing to whoever does not
// have the config.
func (k *sticky) name(hash [sha256.Size]byte) string {
	sum := sha256.Sum256([]byte(string(k.env.hash[:]) + k.at + string(hash[:])))
	return short(sum[:])
}

// child is the one whose path leads to a target, −1 if there is none.
func (k *sticky) child(path string) int {
	for i, t := range k.children {
		if rest, ok := strings.CutPrefix(path, t.path()); ok && (rest == "" || rest[0] == '.') {
			return i
		}
	}
	return -1
}

// rendezvous is the order of the targets for one session: where it is, then by
// weighted rendezvous hashing. Each target draws a number from the session's
// hash, as if for itself; the chance that it draws the best one is its share
// of the weights.
//
// https://en.wikipedia.org/wiki/Rendezvous_hashing#Weighted_rendezvous_hash
type rendezvous struct {
	*sticky
	hash    uint64
	present int // where the session is now; −1: not known
}

func (r *rendezvous) next(_ *core.Call, out *marks) int {
	if r.present >= 0 && !out.has(r.present) {
		return r.present
	}
	best, at := math.Inf(1), -1
	for i, w := range r.weights {
		if out.has(i) || w <= 0 {
			continue
		}
		if draw := -math.Log(unit(mix(r.hash^r.seeds[i]))) / w; draw < best {
			best, at = draw, i
		}
	}
	return at
}

// settled is where the session belongs from now on: with who has answered, or
// behind who has failed. −1: that has not changed.
func (r *rendezvous) settled(c *core.Call, reply *core.Reply, err error) int {
	if err == nil {
		return r.child(reply.Option)
	}
	f, ok := errors.AsType[*core.Failure](err)
	if !ok || (breaker.Policy{}).Blame(err) == breaker.Nobody {
		return -1
	}
	i := r.child(f.Option)
	if i < 0 {
		return -1
	}
	var out marks
	out.add(i)
	return r.next(c, &out)
}

// mix spreads the bits of a number, as the last steps of SplitMix64 do.
//
// https://prng.di.unimi.it/splitmix64.c
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// unit makes a number in (0, 1) of a hash.
func unit(x uint64) float64 { return (float64(x>>11) + 0.5) / (1 << 53) }
