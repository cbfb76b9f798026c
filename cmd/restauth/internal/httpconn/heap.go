package httpconn

import "container/heap"

// ranking keeps what gives way first at its top. An item knows its place, so that it
// can be moved and taken out in the logarithm of how many there are.
type ranking[T any] struct {
	items  []T
	before func(a, b T) bool
	place  func(T) *int // where an item keeps its place; -1 outside
}

func (r *ranking[T]) add(item T) { heap.Push(r, item) }

// moved is to be called when an item's order has changed.
func (r *ranking[T]) moved(item T) { heap.Fix(r, *r.place(item)) }

// drop takes an item out that may be in.
func (r *ranking[T]) drop(item T) {
	if at := *r.place(item); at >= 0 {
		heap.Remove(r, at)
	}
}

func (r *ranking[T]) top() (item T, is bool) {
	if len(r.items) == 0 {
		return item, false
	}
	return r.items[0], true
}

// Len implements heap.Interface.
func (r *ranking[T]) Len() int { return len(r.items) }

// Less implements heap.Interface.
func (r *ranking[T]) Less(i, j int) bool { return r.before(r.items[i], r.items[j]) }

// Swap implements heap.Interface.
func (r *ranking[T]) Swap(i, j int) {
	r.items[i], r.items[j] = r.items[j], r.items[i]
	*r.place(r.items[i]), *r.place(r.items[j]) = i, j
}

// Push implements heap.Interface; it is not for others.
func (r *ranking[T]) Push(x any) {
	item, _ := x.(T) // add alone calls it
	*r.place(item) = len(r.items)
	r.items = append(r.items, item)
}

// Pop implements heap.Interface; it is not for others.
func (r *ranking[T]) Pop() any {
	last := len(r.items) - 1
	item := r.items[last]
	*r.place(item) = -1
	var none T
	r.items[last] = none
	r.items = r.items[:last]
	return item
}
