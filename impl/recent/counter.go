package recent

import "sync/atomic"

// Counter counts what every request does, from many cores at once: each key has a part
// of it of its own, or shares it with few, so that two cores seldom write the same
// memory. The zero Counter has counted nothing. It must not be copied.
type Counter struct{ parts [8]part }

// part has a cache line to itself.
type part struct {
	n atomic.Uint64
	_ [56]byte
}

// Add counts one, for a key that is known by this hash: its lowest bits say where.
func (c *Counter) Add(hash uint64) { c.parts[hash%uint64(len(c.parts))].n.Add(1) }

// Count is how many were counted. It never goes back.
func (c *Counter) Count() uint64 {
	var sum uint64
	for i := range c.parts {
		sum += c.parts[i].n.Load()
	}
	return sum
}
