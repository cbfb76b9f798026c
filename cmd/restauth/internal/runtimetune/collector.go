package runtimetune

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// heapRoom is how much more than it otherwise would, in bytes, the heap may
	// grow before the garbage collector runs.
	heapRoom = 16 << 20
	// enough is what a heap may grow to, in bytes, before garbage gets less room
	// than Go's default of as much again as lives.
	enough = 80 << 20
	// defaultGC is Go's default of GOGC.
	defaultGC = 100
	// tuneEvery is how often what lives on the heap is looked at.
	tuneEvery = time.Second
)

// TuneCollector suits the garbage collector to a small server, until ctx ends.
//
// It keeps memory that it never uses. There is so little on the heap that Go would
// collect it 30 times a second under load, and a guarded request would cost two
// fifths more of the processor. Memory that nobody touches takes none of the
// machine's, and the heap grows by as much again before it is collected: 8 times a
// second. A GOGC of 1000 does that too, but multiplies whatever lives, at once: with
// it 4,000 connections that came together took twice the memory
// (docs/decisions/0009).
//
// What starting up has left behind goes back to the machine after a second: with the
// room, the collector would not run before there is load, and a third of what an idle
// server holds would be that.
//
// With 10,000 connections there is so much on the heap that as much again, and
// of the room too, would be a waste: then GOGC goes down.
func TuneCollector(ctx context.Context) {
	room := make([]byte, heapRoom)
	defer runtime.KeepAlive(room)
	ticker := time.NewTicker(tuneEvery)
	defer ticker.Stop()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	percent := defaultGC
	for begun := true; ; {
		metrics.Read(live)
		wanted := gcPercent(live[0].Value.Uint64() + live[1].Value.Uint64())
		// Setting it stops the world too: small changes are not worth it.
		if max(wanted, percent)-min(wanted, percent) >= 10 {
			percent = wanted
			debug.SetGCPercent(percent)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if begun {
			begun = false
			debug.FreeOSMemory()
		}
	}
}

// gcPercent is the GOGC for so many bytes, which are what Go takes it of: what
// is alive on the heap, the room among it, and the stacks. It leaves garbage what
// is missing to enough, at the least two fifths of what lives beside the room.
func gcPercent(live uint64) int {
	live = max(live, heapRoom) // Nothing has been collected yet.
	used := live - heapRoom
	garbage := max(min(live, max(enough, used)-used), used*2/5)
	return int(min(garbage*100/live, defaultGC))
}
