package recent_test

import (
	"sync"
	"testing"

	"github.com/restauth/restauth/impl/recent"
)

// TestCounter: nothing is counted twice or not at all, from many sides at once.
func TestCounter(t *testing.T) {
	var c recent.Counter
	var counting sync.WaitGroup
	for i := range uint64(4) {
		counting.Go(func() {
			for j := range uint64(1000) {
				c.Add(i*0x9E3779B97F4A7C15 + j)
			}
		})
	}
	counting.Wait()
	if got := c.Count(); got != 4000 {
		t.Errorf("Count() = %d, want 4000", got)
	}
	if n := testing.AllocsPerRun(100, func() { c.Add(7) }); n != 0 {
		t.Errorf("Add() allocates %v times", n)
	}
}
