package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/restauth/restauth/bench/load"
)

// cost is a load's result and the processor time that it took.
type cost struct {
	*load.Result
	usage
}

// usage is how many cores were in use on the average: by the server, its database
// and the load generator together, and of those by the hashing process.
type usage struct{ cores, hashing float64 }

// storms measures what logins do to guarded requests.
func (b *bench) storms(ctx context.Context) error {
	columns := b.among(gin, ginSQLite, flask, onSQLite, onMariaDB)
	for i := range b.opts.stormRounds {
		if err := b.round(ctx, i, columns, b.storm); err != nil {
			return err
		}
		for _, measure := range []func(context.Context, *server) error{b.crowd, b.oneAddress, b.oneAccount} {
			if err := b.round(ctx, i, b.among(onSQLite), measure); err != nil {
				return err
			}
		}
	}
	return nil
}

// storm measures guarded requests alone, logins alone, and both together.
func (b *bench) storm(ctx context.Context, s *server) error {
	guarded, logins := b.stormPlans(s)
	idle, err := b.timed(ctx, s, guarded)
	if err != nil {
		return err
	}
	gate, err := b.timed(ctx, s, logins)
	if err != nil {
		return err
	}
	var (
		memory  usedMemory
		results []*load.Result
	)
	during, err := b.measured(ctx, s, func() error {
		var err error
		results, err = b.together(ctx, s, &memory, guarded, logins)
		return err
	})
	if err != nil {
		return err
	}
	calm, stormy := results[0], results[1]
	b.note("storm guarded idle", s.column, idle.Rate(200))
	b.note("storm guarded", s.column, calm.Rate(200))
	b.note("storm guarded kept", s.column, calm.Rate(200)/idle.Rate(200))
	b.note("storm p99 idle", s.column, milliseconds(idle.Latency(200), 0.99))
	b.note("storm p99", s.column, milliseconds(calm.Latency(200), 0.99))
	b.note("storm p99 ratio", s.column, milliseconds(calm.Latency(200), 0.99)/milliseconds(idle.Latency(200), 0.99))
	b.note("storm logins alone", s.column, gate.Rate(200))
	b.note("storm logins", s.column, stormy.Rate(200))
	if wanted := expected(idle, gate, calm); wanted > 0 {
		b.note("storm logins kept", s.column, stormy.Rate(200)/wanted)
	} // Else guarded requests were answered faster beside logins than alone.
	if during.hashing > 0 && gate.hashing > 0 {
		b.note("storm logins efficiency", s.column, stormy.Rate(200)/during.hashing/(gate.Rate(200)/gate.hashing))
		b.note("storm guarded cost idle", s.column, idle.cores/idle.Rate(200)*1e3)
		b.note("storm guarded cost", s.column, (during.cores-during.hashing)/calm.Rate(200)*1e3)
	}
	b.note("storm login p99", s.column, milliseconds(stormy.Latency(200), 0.99))
	b.refusals("storm", s.column, stormy)
	b.note("storm memory", s.column, memory.most)
	b.note("storm memory once", s.column, memory.once)
	return nil
}

func (b *bench) stormPlans(s *server) (guarded, logins load.Plan) {
	some := [][]byte(nil)
	for _, i := range spread(fewConnections, len(b.requests)) {
		some = append(some, b.requests[i-1])
	}
	guarded = b.plan(s, fewConnections, some, b.opts.storm)
	logins = b.plan(s, stormConnections, b.people.logins(spread(passwords, b.opts.users)), b.opts.storm)
	return guarded, logins
}

// timed runs a plan and notes how many cores it kept busy.
func (b *bench) timed(ctx context.Context, s *server, p load.Plan) (c cost, err error) {
	c.usage, err = b.measured(ctx, s, func() error {
		var err error
		c.Result, err = b.run(ctx, s, p)
		return err
	})
	return c, err
}

// measured runs plans of stormPlans and says how many cores were in use while
// their answers counted.
func (b *bench) measured(ctx context.Context, s *server, run func() error) (u usage, err error) {
	var (
		meter  sync.WaitGroup
		unread error
	)
	meter.Go(func() {
		early := sleep(ctx, b.opts.warmup)
		start := time.Now()
		before, err := used(s)
		late := sleep(ctx, b.opts.storm-time.Since(start))
		after, errAfter := used(s)
		took := time.Since(start).Seconds()
		u = usage{(after.cores - before.cores) / took, (after.hashing - before.hashing) / took}
		unread = errors.Join(early, err, late, errAfter)
	})
	err = run()
	meter.Wait()
	return u, errors.Join(err, unread)
}

// used is the processor time in seconds so far.
func used(s *server) (usage, error) {
	cores, err := cpuSeconds()
	if err != nil {
		return usage{}, err
	}
	hashing, err := s.hashingSeconds()
	return usage{cores, hashing}, err
}

// expected is how many logins a second may be asked for beside the guarded
// requests that were answered: what the gate gives alone, scaled by the share of
// its processor time that those requests leave it.
func expected(idle, gate cost, calm *load.Result) float64 {
	// A guarded request costs what it cost alone.
	taken := idle.cores * calm.Rate(200) / idle.Rate(200)
	left := float64(runtime.NumCPU()) - taken
	return gate.Rate(200) * min(1, left/gate.cores)
}

// usedMemory is what a server's processes took, in MiB.
type usedMemory struct {
	most float64 // at its largest; what they share is in it for each of them
	once float64 // at the end; what they share is in it once
}

// together runs plans at the same time and keeps the memory that the server took.
func (b *bench) together(ctx context.Context, s *server, memory *usedMemory, plans ...load.Plan) ([]*load.Result, error) {
	sampling, stop := context.WithCancel(ctx)
	defer stop()
	var (
		loads, sampler sync.WaitGroup
		results        = make([]*load.Result, len(plans))
		failed         = make([]error, len(plans))
		unread         error
	)
	sampler.Go(func() { *memory, unread = peak(sampling, s) })
	for i, p := range plans {
		loads.Go(func() { results[i], failed[i] = load.Run(ctx, p) })
	}
	loads.Wait()
	stop()
	sampler.Wait()
	if err := errors.Join(append(failed, unread)...); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", s.column, err, s.process.tail())
	}
	for _, result := range results {
		for _, status := range result.Statuses() {
			if status != 200 && status != 429 && status != 503 {
				return nil, fmt.Errorf("%s: unexpected answers with status %d\n%s", s.column, status, s.process.tail())
			}
		}
	}
	return results, sleep(ctx, 100*time.Millisecond)
}

// peak is the largest memory that a server had until ctx ended, and what it had then.
// It looks seldom, and only every fourth time for processes that it did not know,
// because looking takes processor time from what is measured.
func peak(ctx context.Context, s *server) (memory usedMemory, err error) {
	var members []stat
	for look := 0; ; look++ {
		if look%4 == 0 {
			if members, err = tree(s.process.cmd.Process.Pid); err != nil {
				return memory, err
			}
		}
		if members = refresh(members); len(members) == 0 {
			return memory, fmt.Errorf("%s has ended", s.column)
		}
		memory.most = max(memory.most, mebibytes(members))
		select {
		case <-ctx.Done():
			memory.once, err = proportional(members)
			return memory, err
		case <-time.After(250 * time.Millisecond):
		}
	}
}

// refusals notes how many logins were refused and how soon, and how many got no
// answer at all, not even seconds after the storm.
func (b *bench) refusals(name string, c column, r *load.Result) {
	b.note(name+" 503", c, r.Rate(503))
	b.note(name+" 429", c, r.Rate(429))
	if r.Unanswered > 0 {
		b.note(name+" unanswered", c, float64(r.Unanswered))
	}
	if r.Latency(429).Count()+r.Latency(503).Count() > 0 {
		b.note(name+" refusal p99", c, max(milliseconds(r.Latency(429), 0.99), milliseconds(r.Latency(503), 0.99)))
	}
}

// crowd is the storm with ten times the clients: far more than can be served.
func (b *bench) crowd(ctx context.Context, s *server) error {
	guarded, logins := b.stormPlans(s)
	logins.Connections = crowdConnections
	var memory usedMemory
	results, err := b.together(ctx, s, &memory, guarded, logins)
	if err != nil {
		return err
	}
	b.note("crowd guarded kept", s.column, results[0].Rate(200)/b.book.last("storm guarded idle", s.column))
	b.note("crowd p99", s.column, milliseconds(results[0].Latency(200), 0.99))
	b.note("crowd logins", s.column, results[1].Rate(200))
	b.note("crowd login p99", s.column, milliseconds(results[1].Latency(200), 0.99))
	b.refusals("crowd", s.column, results[1])
	return nil
}

// oneAddress is such a crowd behind one address, beside four clients of their
// own addresses that log in one after another.
func (b *bench) oneAddress(ctx context.Context, s *server) error {
	_, greedy := b.stormPlans(s)
	return b.greed(ctx, s, "one address", greedy)
}

// oneAccount is that crowd as one user: an application whose workers all log in.
func (b *bench) oneAccount(ctx context.Context, s *server) error {
	_, greedy := b.stormPlans(s)
	greedy.Requests = greedy.Requests[:1]
	return b.greed(ctx, s, "one account", greedy)
}

func (b *bench) greed(ctx context.Context, s *server, name string, greedy load.Plan) error {
	guarded, _ := b.stormPlans(s)
	greedy.Sources, greedy.Connections = 0, crowdConnections
	others := b.plan(s, fewConnections, b.people.logins(spread(passwords, b.opts.users)), b.opts.storm)
	var memory usedMemory
	results, err := b.together(ctx, s, &memory, guarded, greedy, others)
	if err != nil {
		return err
	}
	b.note(name+" guarded kept", s.column, results[0].Rate(200)/b.book.last("storm guarded idle", s.column))
	b.note(name+" p99", s.column, milliseconds(results[0].Latency(200), 0.99))
	b.note(name+" logins", s.column, results[1].Rate(200))
	b.refusals(name, s.column, results[1])
	b.note(name+" others logins", s.column, results[2].Rate(200))
	b.note(name+" others p99", s.column, milliseconds(results[2].Latency(200), 0.99))
	b.note(name+" others refused", s.column, results[2].Rate(429)+results[2].Rate(503))
	return nil
}
