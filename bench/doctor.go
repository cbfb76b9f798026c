package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"sync"
	"sync/atomic"
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
	// undisturbed is for how long they do before doctor comes and after it went.
	undisturbed = 8 * time.Second
)

// answered is how long the old application took for its answers.
type answered struct{ guarded, logins load.Histogram }

// doctor measures what the old application notices of a doctor that looks at its table,
// and of nobody: so much it varies by itself.
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
	defer old.process.stop() // again at the end of the run, which says what goes wrong
	doctor := looking{mark: "", look: func(ctx context.Context) error { return b.runDoctor(ctx, url) }}
	nobody := looking{mark: " of nobody", look: func(ctx context.Context) error { return sleep(ctx, b.doctorTook) }}
	for range b.opts.rounds {
		for _, l := range []*looking{&doctor, &nobody} {
			if err := b.besideLooking(ctx, old, l); err != nil {
				return err
			}
		}
	}
	b.noteBeside(&doctor)
	b.noteBeside(&nobody)
	return old.process.stop()
}

// looking is what happens while the application goes on, and how long that takes for its
// answers: in all rounds together, as of one there are few logins.
type looking struct {
	mark          string
	look          func(context.Context) error
	alone, beside answered
}

// noteBeside notes what the application noticed.
func (b *bench) noteBeside(l *looking) {
	for _, m := range []struct {
		name          string
		quantile      float64
		alone, beside *load.Histogram
	}{
		{"doctor guarded p50", 0.5, &l.alone.guarded, &l.beside.guarded},
		{"doctor guarded p99", 0.99, &l.alone.guarded, &l.beside.guarded},
		{"doctor login p50", 0.5, &l.alone.logins, &l.beside.logins},
		{"doctor login p99", 0.99, &l.alone.logins, &l.beside.logins},
	} {
		without, with := milliseconds(m.alone, m.quantile), milliseconds(m.beside, m.quantile)
		b.note(m.name+" alone"+l.mark, flask, without)
		b.note(m.name+" beside"+l.mark, flask, with)
		b.note(m.name+" ratio"+l.mark, flask, with/without)
	}
}

// besideLooking has the application go on alone, beside who looks, and alone again. To stop a
// doctor now and then would be fairer to both, but it would make up for the time.
// All is asked over the same connections: which of the application's processes has how many
// of them moves its p99 by more than doctor does.
func (b *bench) besideLooking(ctx context.Context, old *server, l *looking) error {
	clients := b.useOld(ctx, old)
	from, err := b.stay(ctx)
	if err != nil {
		return errors.Join(err, clients.stop())
	}
	begun := time.Now()
	if err := l.look(ctx); err != nil {
		return errors.Join(err, clients.stop())
	}
	ended := time.Now()
	_, err = b.stay(ctx)
	if err = errors.Join(err, clients.stop()); err != nil {
		return err
	}
	clients.add(&l.alone, from, begun)
	clients.add(&l.beside, begun, ended)
	clients.add(&l.alone, ended, time.Now())
	return nil
}

// runDoctor runs a whole doctor.
func (b *bench) runDoctor(ctx context.Context, url string) error {
	cmd := exec.CommandContext(ctx, b.program("restauth"), "doctor", "--json")
	cmd.Env = append(environment(), "RESTAUTH_USERS="+url, "RESTAUTH_SECRET_KEY="+b.people.secret)
	begun := time.Now()
	err := cmd.Run() // that it ended with an error may be what it found
	if cmd.ProcessState == nil {
		return fmt.Errorf("start doctor: %w", err)
	}
	b.doctorTook = time.Since(begun)
	b.note("doctor time", onMariaDB, b.doctorTook.Seconds())
	if code := cmd.ProcessState.ExitCode(); code != 0 && code != 3 && code != 4 {
		return fmt.Errorf("doctor ended with %d", code)
	}
	return nil
}

// stay waits until the clients have warmed up and then for as long as undisturbed.
func (b *bench) stay(ctx context.Context) (warm time.Time, err error) {
	if err := sleep(ctx, b.opts.warmup); err != nil {
		return time.Time{}, err
	}
	warm = time.Now()
	return warm, sleep(ctx, undisturbed)
}

// oldAnswer is one of the old application's.
type oldAnswer struct {
	due  time.Time
	took time.Duration
}

// oldUsers are the clients of the old application while they use it.
type oldUsers struct {
	running sync.WaitGroup
	done    atomic.Bool
	guarded [oldClients][]oldAnswer // each its own client's until it has ended
	logins  []oldAnswer
	failed  [oldClients + 1]error
}

// useOld begins to use it.
func (b *bench) useOld(ctx context.Context, old *server) *oldUsers {
	u := new(oldUsers)
	begin := func(request []byte, every time.Duration, into *[]oldAnswer, failed *error) {
		u.running.Go(func() {
			*failed = load.Each(ctx, old.target, request, every, func(due time.Time, took time.Duration) bool {
				*into = append(*into, oldAnswer{due, took})
				return !u.done.Load()
			})
		})
	}
	for i := range u.guarded {
		begin(b.requests[i], oldEvery, &u.guarded[i], &u.failed[i])
	}
	begin(b.people.logins([]int{1})[0], loginEvery, &u.logins, &u.failed[oldClients])
	return u
}

func (u *oldUsers) stop() error {
	u.done.Store(true)
	u.running.Wait()
	return errors.Join(u.failed[:]...)
}

// add adds what was asked and answered in that time, once all have ended.
func (u *oldUsers) add(to *answered, from, until time.Time) {
	within := func(all []oldAnswer, h *load.Histogram) {
		for _, a := range all {
			if a.due.After(from) && a.due.Add(a.took).Before(until) {
				h.Record(a.took)
			}
		}
	}
	for _, all := range u.guarded {
		within(all, &to.guarded)
	}
	within(u.logins, &to.logins)
}
