package board

import (
	"container/list"
	"iter"
)

// recent keeps the values that were used last. It is not safe for concurrent
// use.
type recent[K comparable, V any] struct {
	limit int
	known map[K]*list.Element
	order *list.List // least recently used last
}

type pair[K comparable, V any] struct {
	key   K
	value V
}

func newRecent[K comparable, V any](limit int) recent[K, V] {
	return recent[K, V]{limit, map[K]*list.Element{}, list.New()}
}

func (r *recent[K, V]) get(k K) (v V, ok bool) {
	e, ok := r.known[k]
	if !ok {
		return v, false
	}
	r.order.MoveToFront(e)
	return e.Value.(*pair[K, V]).value, true
}

func (r *recent[K, V]) put(k K, v V) {
	if e, ok := r.known[k]; ok {
		e.Value.(*pair[K, V]).value = v
		r.order.MoveToFront(e)
		return
	}
	r.known[k] = r.order.PushFront(&pair[K, V]{k, v})
	if r.order.Len() > r.limit {
		r.remove(r.order.Back().Value.(*pair[K, V]).key)
	}
}

func (r *recent[K, V]) remove(k K) {
	if e, ok := r.known[k]; ok {
		r.order.Remove(e)
		delete(r.known, k)
	}
}

// all yields everything, in no order, and counts as no use.
func (r *recent[K, V]) all() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for k, e := range r.known {
			if !yield(k, e.Value.(*pair[K, V]).value) {
				return
			}
		}
	}
}
