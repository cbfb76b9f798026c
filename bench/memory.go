package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/restauth/restauth/bench/load"
)

// idleMemory is the servers' memory after their start and one request.
func (b *bench) idleMemory(ctx context.Context) error {
	if err := sleep(ctx, time.Second); err != nil {
		return err
	}
	for _, c := range b.columns() {
		now, err := b.running[c].resident()
		if err != nil {
			return err
		}
		b.note("memory idle", c, now)
	}
	return nil
}

// memory measures what idle connections take, on servers that nothing was asked
// of before, and a storm against restauth's own argon2id hashes.
func (b *bench) memory(ctx context.Context) error {
	if err := b.holdMany(ctx); err != nil {
		return err
	}
	file := b.file("argon2id.db")
	if err := sqliteTable(ctx, file, b.opts.users, b.people.argon2); err != nil {
		return err
	}
	s, err := b.startRestauth(ctx, onSQLite, "restauth-argon2id", "sqlite:"+file)
	if err != nil {
		return err
	}
	defer s.process.stop() // again at the end of the run, which says what goes wrong
	guarded, logins := b.stormPlans(s)
	var memory usedMemory
	results, err := b.together(ctx, s, &memory, guarded, logins)
	if err != nil {
		return err
	}
	b.note("argon2id memory", s.column, memory.most)
	b.note("argon2id memory once", s.column, memory.once)
	b.note("argon2id logins", s.column, results[1].Rate(200))
	b.refusals("argon2id", s.column, results[1])
	return nil
}

func (b *bench) holdMany(ctx context.Context) error {
	fresh, err := b.startRestauth(ctx, onSQLite, "restauth-idle", "sqlite:"+b.file("small.db"))
	if err != nil {
		return err
	}
	defer fresh.process.stop()
	plain, err := b.startBare(ctx, fresh)
	if err != nil {
		return err
	}
	defer plain.process.stop()
	for _, s := range []*server{plain, fresh} {
		if err := b.hold(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) hold(ctx context.Context, s *server) error {
	held, err := load.Hold(ctx, s.target, b.opts.idle, clients, b.requests[0])
	if err != nil {
		return err
	}
	defer held.Close()
	if err := sleep(ctx, 500*time.Millisecond); err != nil {
		return err
	}
	now, err := s.resident()
	if err != nil {
		return err
	}
	// A server that has closed them would look thrifty.
	files, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(s.process.cmd.Process.Pid), "fd"))
	if err != nil {
		return err
	}
	if len(files) < b.opts.idle {
		return fmt.Errorf("%s holds %d open files with %d connections", s.column, len(files), b.opts.idle)
	}
	b.note("memory connections", s.column, now)
	return nil
}
