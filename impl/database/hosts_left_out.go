package database

import (
	"context"
	"time"
)

const (
	// askEvery is how often a host that was left out is asked whether it serves again.
	askEvery = time.Second
	// Back is when all connections lead to a host again, at most, after it serves.
	Back = 5 * time.Second
)

// How sure it is that a host does not serve, as how often in a row it has to serve
// before it is used again.
const (
	seeming = 1
	certain = 2
)

// leaveOut keeps a host from being used until it serves again. Of one alone only the
// connections there are are given up: behind its address may be others.
func (hs *hosts) leaveOut(h *host, why error, sure int) {
	h.era.Add(1)
	if !hs.several() {
		return
	}
	hs.mu.Lock()
	begins := !h.out && hs.stopped.Err() == nil
	if begins {
		h.out = true
		hs.prefer()
	}
	hs.mu.Unlock()
	if begins {
		hs.left <- leaving{h, why, sure} // there is room for each host once
	}
}

// leaving is a host that was left out, why, and how sure that is.
type leaving struct {
	host *host
	why  error
	sure int
}

// watch follows the hosts that were left out, until the database is closed.
func (hs *hosts) watch(ctx context.Context) {
	for {
		select {
		case l := <-hs.left:
			go hs.await(ctx, l.host, l.why, l.sure)
		case <-ctx.Done():
			return
		}
	}
}

// prefer finds the first host that serves. The caller holds mu.
func (hs *hosts) prefer() {
	for _, h := range hs.all {
		if !h.out {
			hs.preferred.Store(h.rank)
			return
		}
	}
	hs.preferred.Store(none)
}

// next is where connections lead now, for people.
func (hs *hosts) next() string {
	if rank := hs.preferred.Load(); rank != none {
		return hs.all[rank].addr
	}
	return "none"
}

// await asks a host that was left out until it serves. The log is not told of one that
// only seemed not to.
func (hs *hosts) await(ctx context.Context, h *host, why error, sure int) {
	pause := askEvery
	if sure == certain {
		hs.tell(ctx, h, why)
	} else {
		pause = hs.rest // the second question goes elsewhere
	}
	for served := 0; served < sure; pause = askEvery {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		if err := hs.ask(ctx, h); err != nil {
			if sure == seeming {
				hs.tell(ctx, h, err)
			}
			served, sure = 0, certain
			continue
		}
		served++
	}
	hs.mu.Lock()
	h.out = false
	hs.prefer()
	hs.mu.Unlock()
	if sure == certain {
		hs.log.InfoContext(ctx, "a database host serves again", "host", h.addr, "next", hs.next())
	}
}

func (hs *hosts) tell(ctx context.Context, h *host, why error) {
	hs.log.WarnContext(ctx, "a database host is left out until it serves again", "host", h.addr, "next", hs.next(), "error", saidError{why})
}

// ask connects to a host and asks whether it serves.
func (hs *hosts) ask(ctx context.Context, h *host) error {
	ctx, cancel := context.WithTimeout(ctx, hs.limit)
	defer cancel()
	c, err := h.connect(ctx, hs)
	if err != nil {
		return err
	}
	defer func() { _ = c.inner.Close() }()
	return c.serves(ctx)
}
