package throttle

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"
)

const (
	// tellWithin bounds what goes on in the background.
	tellWithin = 800 * time.Millisecond
	// lookEvery is how often it is looked what was cleared, and whether a store that
	// failed answers again.
	lookEvery = 2 * time.Second
	// lookBack is how far: clocks differ, and a look may fail.
	lookBack = 10 * time.Minute
	// pruneEvery is how often rows are taken away that say nothing any more.
	pruneEvery = 10 * time.Minute
	// seenFor is how old, in seconds, the others' count may be that a key is refused for.
	seenFor = 5
	// mostTogether is how many counters are written and read at once, and mostQueued how
	// many may wait for that.
	mostTogether = 64
	mostQueued   = 1 << 14
	// mostLoaded is how many rows are read at the start.
	mostLoaded = 1 << 17
)

// share tells other replicas what this one counts, and learns what they do.
type share struct {
	limiter *Limiter
	store   Store
	wait    time.Duration // of an attempt, for the store
	logger  *slog.Logger
	woken   chan struct{}
	alone   atomic.Int64 // since when, in Unix nanoseconds; 0 is not
	writers uint64       // the Limiter's lock guards it and queue
	queue   []*counter
}

func newShare(l *Limiter, cfg Config) *share {
	return &share{
		limiter: l, store: cfg.Store, wait: cfg.StoreWait, logger: cfg.Logger, woken: make(chan struct{}, 1),
		writers: l.stale.password(Key{}, "writers"), // others than those of any other process
	}
}

// Alone is for how long this process has counted for itself because its store does not
// answer; 0 while it does, and where there is none.
func (l *Limiter) Alone() time.Duration {
	if l.share == nil {
		return 0
	}
	since := l.share.alone.Load()
	if since == 0 {
		return 0
	}
	return max(1, time.Since(time.Unix(0, since)))
}

// Run shares what is counted until ctx ends, and then what is left. Without a Store it
// returns at once.
func (l *Limiter) Run(ctx context.Context) {
	if l.share == nil {
		return
	}
	l.share.run(ctx)
}

// exchange writes what this process has counted, and then, when that is committed, reads
// what others have. Its caller holds the counters' sharing.
func (s *share) exchange(ctx context.Context, counters []*counter) error {
	l := s.limiter
	rows, versions, keys := make([]Row, 0, len(counters)), make([]uint64, len(counters)), make([]Key, len(counters))
	l.mu.Lock()
	for i, c := range counters {
		if c.version != c.published {
			rows = append(rows, s.row(c))
		}
		versions[i], keys[i] = c.version, c.key
	}
	l.mu.Unlock()
	if len(rows) > 0 {
		if err := s.store.Put(ctx, rows); err != nil {
			return err
		}
	}
	found, err := s.store.Rows(ctx, keys)
	if err != nil {
		return err
	}
	now := l.now().Unix()
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, c := range counters {
		c.others = c.others[:0]
		for _, row := range found {
			if row.Key == c.key && row.Writer != c.writer {
				c.others = append(c.others, row.Times...)
			}
		}
		slices.Sort(c.others)
		c.published, c.seen = versions[i], now
		c.recount(l.budget(c.kind))
	}
	return nil
}

// row wants the lock.
func (s *share) row(c *counter) Row {
	if c.writer == 0 {
		s.writers++
		c.writer = s.writers
	}
	row := Row{Key: c.key, Writer: c.writer, Kind: c.kind, UserID: c.userID, Address: c.address}
	row.Times = c.events(nil, c.failed, c.open)
	if len(row.Times) > 0 {
		row.Expires = row.Times[len(row.Times)-1] + uint32(s.limiter.budget(c.kind).window()) //nolint:gosec // a month
	}
	return row
}

// changed puts a counter into the queue if the store has another count; it wants the lock.
func (s *share) changed(c *counter) {
	if c.version == c.published || c.published == 0 && len(c.failed)+len(c.open) == 0 {
		return
	}
	s.put(c)
}

// put wants the lock. What finds no place is told the next time that it changes.
func (s *share) put(c *counter) {
	if c.dirty || len(s.queue) >= mostQueued {
		return
	}
	c.dirty = true
	s.queue = append(s.queue, c)
}

// tell wakes whoever writes the queue.
func (s *share) tell() {
	select {
	case s.woken <- struct{}{}:
	default: // told already
	}
}

func (s *share) run(ctx context.Context) {
	s.load(ctx)
	look, prune := time.NewTicker(lookEvery), time.NewTicker(pruneEvery)
	defer look.Stop()
	defer prune.Stop()
	for {
		select {
		case <-ctx.Done():
			s.flush(context.WithoutCancel(ctx))
			return
		case <-s.woken:
			if s.alone.Load() == 0 {
				s.flush(ctx)
			}
		case <-look.C:
			s.look(ctx)
		case <-prune.C:
			s.note(ctx, s.within(ctx, func(ctx context.Context) error {
				return s.store.Prune(ctx, seconds(s.limiter.now()))
			}))
		}
	}
}

func (s *share) within(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, tellWithin)
	defer cancel()
	return do(ctx)
}

// flush writes and reads the counters of the queue.
func (s *share) flush(ctx context.Context) {
	for {
		batch := s.take()
		if len(batch) == 0 {
			return
		}
		err := s.within(ctx, func(ctx context.Context) error { return s.exchange(ctx, batch) })
		for _, c := range batch {
			c.sharing.Unlock()
		}
		if s.note(ctx, err); err != nil {
			s.limiter.mu.Lock()
			for _, c := range batch {
				s.put(c)
			}
			s.limiter.mu.Unlock()
			return
		}
	}
}

// take returns some of the queue, their sharing held. Who holds that of another is about
// to write it; it stays in the queue only if it is behind afterwards.
func (s *share) take() (batch []*counter) {
	l := s.limiter
	l.mu.Lock()
	defer l.mu.Unlock()
	var later []*counter
	for i, c := range s.queue {
		if len(batch) == mostTogether {
			later = append(later, s.queue[i:]...)
			break
		}
		if !c.sharing.TryLock() {
			later = append(later, c)
			continue
		}
		c.dirty = false
		batch = append(batch, c)
	}
	s.queue = later
	return batch
}

// look asks what was cleared, and goes on with the queue.
func (s *share) look(ctx context.Context) {
	l := s.limiter
	var cleared []Clearing
	err := s.within(ctx, func(ctx context.Context) (err error) {
		cleared, err = s.store.Cleared(ctx, seconds(l.now().Add(-lookBack)))
		return err
	})
	if s.note(ctx, err); err != nil {
		return
	}
	l.mu.Lock()
	for _, clearing := range cleared {
		for _, t := range [...]*table{&l.users, &l.names, &l.addresses} {
			if c := t.counters[clearing.Key]; c != nil && c.clear(l.budget(c.kind), clearing.Until) {
				c.call(l.budget(c.kind), l.now().Unix())
				s.changed(c)
			}
		}
	}
	l.mu.Unlock()
	s.flush(ctx)
}

// load reads what was counted before this process began.
func (s *share) load(ctx context.Context) {
	var rows []Row
	err := s.within(ctx, func(ctx context.Context) (err error) {
		rows, err = s.store.All(ctx, mostLoaded)
		return err
	})
	if s.note(ctx, err); err != nil {
		return
	}
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Compare(string(a.Key[:]), string(b.Key[:])) })
	l, now := s.limiter, s.limiter.now().Unix()
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].Key == rows[0].Key {
			n++
		}
		s.remember(rows[:n], now)
		rows = rows[n:]
	}
}

// remember makes a counter of a key's rows, unless there is one; it wants the lock.
func (s *share) remember(rows []Row, now int64) {
	l, first := s.limiter, rows[0]
	t := &l.users
	switch {
	case first.Kind == KindAddress:
		t = &l.addresses
	case !slices.ContainsFunc(rows, func(r Row) bool { return r.UserID != "" }):
		t = &l.names
	}
	if l.ofName(first.Key) != nil || t.counters[first.Key] != nil || len(t.counters) >= t.most {
		return
	}
	c := &counter{key: first.Key, kind: first.Kind, address: first.Address, used: now, seen: now}
	for _, row := range rows {
		c.others = append(c.others, row.Times...)
		c.userID = cmp.Or(c.userID, row.UserID)
	}
	slices.Sort(c.others)
	c.recount(l.budget(c.kind))
	if !c.idle(l.budget(c.kind), now) {
		t.counters[c.key] = c
	}
}

// note is told how a call of the store's ended, and says when that changes.
func (s *share) note(ctx context.Context, err error) {
	if err != nil {
		s.failed(ctx, err)
		return
	}
	if s.alone.Swap(0) != 0 {
		s.logger.InfoContext(ctx, "failed logins are counted together with the other servers again")
	}
}

func (s *share) failed(ctx context.Context, err error) {
	if errors.Is(ctx.Err(), context.Canceled) {
		return // the server is ending
	}
	if s.alone.CompareAndSwap(0, time.Now().UnixNano()) {
		s.logger.WarnContext(ctx, "the state cannot be used; this server counts failed logins by itself until it can", "error", err)
	}
}

func seconds(t time.Time) uint32 { return uint32(t.Unix()) } //nolint:gosec // until 2106
