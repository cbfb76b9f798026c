package gate

import "slices"

// heap is a binary heap whose elements know their places, so that one that changed is
// put right, or taken out, at a cost of a few comparisons.
type heap[T any] struct {
	items  []T
	before func(a, b T) bool
	place  func(T) *int
}

func (h *heap[T]) len() int { return len(h.items) }

// top is the first, or zero.
func (h *heap[T]) top() (first T) {
	if len(h.items) > 0 {
		first = h.items[0]
	}
	return first
}

func (h *heap[T]) push(x T) {
	*h.place(x) = len(h.items)
	h.items = append(h.items, x)
	h.up(len(h.items) - 1)
}

func (h *heap[T]) remove(x T) {
	i, last := *h.place(x), len(h.items)-1
	h.swap(i, last)
	h.items = slices.Delete(h.items, last, last+1)
	*h.place(x) = -1
	if i < last {
		h.down(i)
		h.up(i)
	}
}

// fix puts one right that changed.
func (h *heap[T]) fix(x T) {
	h.down(*h.place(x))
	h.up(*h.place(x))
}

func (h *heap[T]) swap(i, j int) {
	h.items[i], h.items[j] = h.items[j], h.items[i]
	*h.place(h.items[i]), *h.place(h.items[j]) = i, j
}

func (h *heap[T]) up(i int) {
	for i > 0 && h.before(h.items[i], h.items[(i-1)/2]) {
		h.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
}

func (h *heap[T]) down(i int) {
	for {
		child := 2*i + 1
		if child+1 < len(h.items) && h.before(h.items[child+1], h.items[child]) {
			child++
		}
		if child >= len(h.items) || !h.before(h.items[child], h.items[i]) {
			return
		}
		h.swap(i, child)
		i = child
	}
}
