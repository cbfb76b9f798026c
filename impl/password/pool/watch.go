package pool

import "time"

// Who stands farthest back gets what nobody else wants, and of a core that others
// want all of a 70th. So the pool looks at how much processor time a child gets,
// and when that is next to nothing has another at its niceness take over.
const (
	// watchEvery is how often it looks, while there is something under way.
	watchEvery = 50 * time.Millisecond
	// starved is of a core for each slot: a child farthest back that gets less for
	// as long as starvedFor is too far back, and one at the pool's niceness that
	// gets more than wellFed need not be there.
	starved    = 0.02
	wellFed    = 0.15
	starvedFor = 200 * time.Millisecond
	// raisedFor is for how long it is at least, and twice as long when it was
	// too short.
	raisedFor     = time.Second
	mostRaisedFor = 30 * time.Second
	// leastPace is what who stands farthest back gets beside others, and more
	// than nothing to divide by.
	leastPace = 1. / 100
	// paceLasts is for how long what a slot got is taken for what it will get.
	// Without a word for longer there was nothing that had to wait.
	paceLasts = time.Second
	// stoodStill is a look so late that the machine or this process did, of which
	// the child's part says nothing.
	stoodStill = 10 * watchEvery
	// hangs is after how many looks without any processor time a child is replaced,
	// whatever its niceness: its runs would never end. At niceness 10 one that only
	// waits is not taken for one, unless 70 others are busy on each core.
	hangs = 40
)

// raising is since when and for how long children are at the pool's niceness.
type raising struct {
	is    bool
	since time.Time
	hold  time.Duration
}

// watch is what a child got of the processors.
type watch struct {
	on       bool
	at       time.Time
	cpu      time.Duration
	held     time.Duration // for how long the quota held all, until then
	got, had time.Duration // processor time, and time of slots in which it could
	since    time.Time     // when those two were 0
	still    int           // looks since it last got any
}

// pace is how much processor time children get lately, out of what a slot has:
// how long the costs, which are counted in that, take while the machine has
// little to spare.
type pace struct {
	got, had time.Duration
	at       time.Time
}

// learn takes another moment in, an eighth of all there is to go by. At first
// that is as if all was got: whoever brings a burst of logins keeps the machine
// busy with it for a moment, which is no forecast.
func (p *pace) learn(got, had time.Duration) {
	if !p.known() {
		p.got, p.had = 8*had, 8*had
	}
	p.got, p.had, p.at = p.got*7/8+got, p.had*7/8+had, time.Now()
}

func (p *pace) known() bool { return p.had > 0 && time.Since(p.at) <= paceLasts }

// of is a core's part that a slot gets, 1 where that is not known.
func (p *pace) of() float64 {
	if !p.known() {
		return 1
	}
	return min(max(float64(p.got)/float64(p.had), leastPace), 1)
}

// begins counts a run in.
func (c *child) begins(now time.Time) {
	c.runs++
	c.used = now
	c.all.keepQuota(now)
	if !c.watch.on {
		for _, s := range c.seats {
			s.had = 0
		}
		c.watch = watch{on: true, at: now, since: now, cpu: c.process.cpuTime(), held: c.all.quota.heldUntil(now)}
		time.AfterFunc(watchEvery, c.look)
	}
}

// ends counts one out.
func (c *child) ends() {
	c.all.served()
	c.used = time.Now()
	if c.runs--; c.runs == 0 && c.retired {
		c.kill()
	}
}

// look takes what it got since the last time.
func (c *child) look() {
	p := c.all.pool
	p.mu.Lock()
	defer p.unlock()
	w, now := &c.watch, time.Now()
	if c.lost || c.runs == 0 {
		w.on = false
		if r := &c.all.raised; !c.retired && r.is && now.Sub(r.since) >= r.hold {
			c.all.letDown(c) // Who is done with everything is not starved.
		}
		return
	}
	cpu := c.process.cpuTime()
	took, got := now.Sub(w.at), cpu-w.cpu
	had := c.busyFor(now)
	heldUntil := c.all.quota.heldUntil(now)
	held := min(heldUntil-w.held, took)
	w.at, w.cpu, w.held = now, cpu, heldUntil
	if w.still++; got > 0 || had == 0 {
		w.still = 0
	}
	if w.still >= hangs {
		c.all.trouble.lost("the process that checks passwords hangs; another takes its place", c.runs)
		c.all.replace(c, nil)
		return
	}
	if had > 0 && took < stoodStill {
		w.had += unheld(had, held, took)
		w.got += got
		c.all.pace.learn(got, had)
	}
	if !c.retired {
		c.judge(now)
	}
	time.AfterFunc(watchEvery, c.look)
}

// judge changes the priority when what the child got for a while says so.
func (c *child) judge(now time.Time) {
	w, long := &c.watch, starvedFor
	if c.niceness != farthestBack {
		long = c.all.raised.hold
	}
	if now.Sub(w.since) < long {
		return
	}
	share := func(part float64) time.Duration { return time.Duration(part * float64(w.had)) }
	switch {
	case c.niceness != farthestBack && w.got >= share(wellFed):
		c.all.letDown(c)
	case c.niceness == farthestBack && w.got < share(starved):
		c.all.raise(c)
	}
	w.since, w.got, w.had = now, 0, 0
}

// busyFor is for how long its seats have had something since the last look.
func (c *child) busyFor(now time.Time) (had time.Duration) {
	for _, s := range c.seats {
		s.tally(now)
		had += s.had
		s.had, s.since = 0, now
	}
	return had
}

// priority is of the children to come.
func (cs *children) priority() int {
	if cs.raised.is {
		return cs.pool.niceness
	}
	return farthestBack
}

// raise goes on at the pool's niceness. What the starving child has under way
// it would have for long: it is begun anew.
func (cs *children) raise(c *child) {
	r := &cs.raised
	switch {
	case time.Since(r.since) < 2*r.hold+raisedFor:
		r.hold = min(2*r.hold, mostRaisedFor)
	default:
		r.hold = raisedFor
	}
	r.is, r.since = true, time.Now()
	cs.log.Debug("passwords are checked at a higher priority: the machine is busy", "at least for", r.hold.String())
	cs.replace(c, nil)
}

// letDown goes farthest back with what comes next.
func (cs *children) letDown(c *child) {
	cs.raised.is, cs.raised.since = false, time.Now()
	cs.log.Debug("passwords are checked at the lowest priority again")
	cs.retire(c)
	cs.pool.recruitAll()
}
