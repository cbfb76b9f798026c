package main

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
	heapRoom = 32 << 20
	// largeHeap is what may live, in bytes, before garbage gets less room than
	// Go's default of as much again.
	largeHeap = 80 << 20
	// leastGC is the lowest GOGC; Go's default is 100.
	leastGC, defaultGC = 50, 100
	// tuneEvery is how often what lives on the heap is looked at.
	tuneEvery = time.Second
)

// tuneCollector suits the garbage collector to a small server, until ctx ends.
//
// It keeps memory that it never uses. There is so little on the heap that Go
// would collect it dozens of times a second, and each time stop every thread,
// those too which the operating system keeps waiting. Memory that nobody touches
// takes none of the machine's, and unlike GOGC it adds the same to a heap that
// holds argon2's buffers as to one that does not.
//
// With 10,000 connections there is so much on the heap that as much again would
// be a waste: then GOGC goes down.
func tuneCollector(ctx context.Context) {
	room := make([]byte, heapRoom)
	defer runtime.KeepAlive(room)
	ticker := time.NewTicker(tuneEvery)
	defer ticker.Stop()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	percent := defaultGC
	for {
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
	}
}

// gcPercent is the GOGC for so many bytes, which are what Go takes it of: what
// is alive on the heap, and the stacks.
func gcPercent(live uint64) int {
	percent := largeHeap * 100 / max(live, 1)
	return int(min(max(percent, leastGC), defaultGC))
}
