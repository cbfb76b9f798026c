package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"sync"
	"time"

	"github.com/restauth/restauth/bench/load"
)

const (
	// oldClients use the old application while doctor looks at its table, each with a
	// guarded request every oldEvery: a third of what it can answer.
	oldClients = 4
	oldEvery   = 20 * time.Millisecond
	// loginEvery is how often somebody logs in.
	loginEvery = 250 * time.Millisecond
	// doctorTurn is how long they do before doctor is looked at, aloneTurns how often
	// before it and after it.
	doctorTurn = time.Second
	aloneTurns = 8
)

// answered is how long the old application took for its answers.
type answered struct{ guarded, logins load.Histogram }

func (a *answered) add(other *answered) {
	a.guarded.Add(&other.guarded)
	a.logins.Add(&other.logins)
}

// doctor measures what the old application notices of a doctor that looks at its table.
func (b *bench) doctor(ctx context.Context) error {
	if b.opts.manyUsers == 0 || !b.opts.flask {
		return nil
	}
	url, err := b.largeTable(ctx)
	if err != nil {
		return err
	}
	old, err := b.startFlask(ctx, "flask-large", url)
	if err != nil {
		return err
	}
	defer old.process.stop()   // again at the end of the run, which says what goes wrong
	var alone, beside answered // of all rounds together: of one there are few logins
	for range b.opts.rounds {
		if err := b.besideDoctor(ctx, old, url, &alone, &beside); err != nil {
			return err
		}
	}
	for _, m := range []struct {
		name          string
		quantile      float64
		alone, beside *load.Histogram
	}{
		{"doctor guarded p50", 0.5, &alone.guarded, &beside.guarded},
		{"doctor guarded p99", 0.99, &alone.guarded, &beside.guarded},
		{"doctor login p50", 0.5, &alone.logins, &beside.logins},
		{"doctor login p99", 0.99, &alone.logins, &beside.logins},
	} {
		without, with := milliseconds(m.alone, m.quantile), milliseconds(m.beside, m.quantile)
		b.note(m.name+" alone", flask, without)
		b.note(m.name+" beside", flask, with)
		b.note(m.name+" ratio", flask, with/without)
	}
	return old.process.stop()
}

// besideDoctor has the application go on alone, beside a whole doctor, and alone again. To
// stop a doctor now and then would be fairer to both, but it would make up for the time.
func (b *bench) besideDoctor(ctx context.Context, old *server, url string, alone, beside *answered) error {
	if err := b.useOld(ctx, old, alone, aloneTurns); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, b.program("restauth"), "doctor", "--json")
	cmd.Env = append(environment(), "RESTAUTH_USERS="+url, "RESTAUTH_SECRET_KEY="+b.people.secret)
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start doctor: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for goes := true; goes; {
		var turn answered
		if err := b.useOld(ctx, old, &turn, 1); err != nil {
			return errors.Join(err, cmd.Process.Kill())
		}
		select {
		case <-ended: // in the middle of it
			goes = false
		default:
			beside.add(&turn)
		}
	}
	took := time.Since(begun)
	if code := cmd.ProcessState.ExitCode(); code != 0 && code != 3 && code != 4 { // what it found
		return fmt.Errorf("doctor ended with %d", code)
	}
	b.note("doctor time", onMariaDB, took.Seconds())
	return b.useOld(ctx, old, alone, aloneTurns)
}

// useOld is so many turns of the old application's clients.
func (b *bench) useOld(ctx context.Context, old *server, all *answered, turns int) error {
	for range turns {
		var (
			clients sync.WaitGroup
			mu      sync.Mutex
			failed  error
		)
		paced := func(request []byte, every time.Duration, into *load.Histogram) {
			clients.Go(func() {
				h, err := load.Paced(ctx, old.target, request, every, b.opts.warmup, doctorTurn)
				mu.Lock()
				defer mu.Unlock()
				failed = errors.Join(failed, err)
				into.Add(h)
			})
		}
		for i := range oldClients {
			paced(b.requests[i], oldEvery, &all.guarded)
		}
		paced(b.people.logins([]int{1})[0], loginEvery, &all.logins)
		if clients.Wait(); failed != nil {
			return failed
		}
	}
	return nil
}
