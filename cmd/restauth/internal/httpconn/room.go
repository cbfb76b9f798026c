package httpconn

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"
)

// DefaultHeaderMemory is what headers may take together, in bytes.
const DefaultHeaderMemory = 16 << 20

// Up to mostLight connections of an address, or the part of all, weigh the same: a
// browser has six, and whoever closes one and opens another has two for a moment.
const (
	mostLight = 8
	lightPart = 16
)

// sayEvery is how often the log hears that connections gave way.
const sayEvery = time.Minute

// Bounds are what all connections may take together.
type Bounds struct {
	// Connections is how many there may be at once; 0 is as many as come.
	Connections int
	// HeaderMemory bounds what headers that did not come in one piece take until
	// they are answered, in bytes; 0 is DefaultHeaderMemory.
	HeaderMemory int64
	// Proxies reports whether many clients are behind an address, so that it gives
	// way last. Nil is for none.
	Proxies func(netip.Addr) bool
	// Log is told, once a minute, that connections gave way. Nil is for nobody.
	Log *slog.Logger
}

// room is where connections are counted, and where it is decided which gives way. Its
// lock is taken when one comes, ends, or reads on in a header; not for a request whose
// header came in one piece, unless its connection stands aside. No other lock is taken
// while it is held.
type room struct {
	bounds Bounds
	light  int // up to so many connections weigh nothing

	mu        sync.Mutex // guards what follows, addresses, and what of limitedConn says so
	turn      uint64
	open      int
	held      int64
	addresses map[netip.Prefix]*address
	byConns   ranking[*address]
	byHeld    ranking[*address]
	gaveWay   [2]notice
	unshaken  notice
}

// notice is what the log has not heard yet.
type notice struct {
	closed int
	said   time.Time
}

func newRoom(bounds Bounds) *room {
	if bounds.HeaderMemory == 0 {
		bounds.HeaderMemory = DefaultHeaderMemory
	}
	if bounds.Proxies == nil {
		bounds.Proxies = func(netip.Addr) bool { return false }
	}
	if bounds.Log == nil {
		bounds.Log = slog.New(slog.DiscardHandler)
	}
	r := &room{
		bounds: bounds, addresses: make(map[netip.Prefix]*address),
		light:  min(max(bounds.Connections/lightPart, 1), mostLight),
		byHeld: ranking[*address]{before: holdsMore, place: func(a *address) *int { return &a.heldPlace }},
	}
	r.byConns = ranking[*address]{before: r.heavier, place: func(a *address) *int { return &a.place }}
	return r
}

// admit takes a newcomer in, and closes the connection that gives way to it. It
// reports false when that is the newcomer itself.
func (r *room) admit(c *limitedConn) bool {
	r.mu.Lock()
	r.enter(c)
	var gone *limitedConn
	say := func() {}
	if r.bounds.Connections > 0 && r.open > r.bounds.Connections {
		gone = r.givesWay()
		say = r.note(&r.gaveWay[0], 1, "all connections are taken; the address with most of them gives way to others",
			"connections", r.bounds.Connections, "address", gone.address.network.String(), "of_address", gone.address.conns,
			"hint", "if it is a proxy's, name it in --trusted-proxies; --max-connections and the limit of open files say how many there may be")
		r.leave(gone)
	}
	r.mu.Unlock()
	if gone != nil {
		gone.cut()
	}
	say()
	return gone != c
}

// enter wants the lock.
func (r *room) enter(c *limitedConn) {
	network, ip := networkOf(c.RemoteAddr())
	a := r.addresses[network]
	if a == nil {
		a = newAddress(network, r.bounds.Proxies(ip))
		r.addresses[network] = a
		r.byConns.add(a)
	}
	r.turn++
	c.address, c.turn, c.noted, c.heldPlace = a, r.turn, c.since.Load(), -1
	a.waiting.add(c)
	a.conns++
	r.open++
	r.recount(a)
}

// recount wants the lock.
func (r *room) recount(a *address) {
	a.since = r.turn
	r.byConns.moved(a)
	if a.heldPlace >= 0 {
		r.byHeld.moved(a)
	}
}

// givesWay is the connection that ends for a newcomer's sake; it wants the lock, and
// at least one connection.
func (r *room) givesWay() *limitedConn {
	for {
		a, _ := r.byConns.top()
		if c, is := a.longestWaiting(); is {
			return c
		}
		r.byConns.moved(a) // An equal one that waits comes first.
		if first, _ := r.byConns.top(); first == a {
			c, _ := a.busy.top()
			return c
		}
	}
}

// forget is for a connection that is closed.
func (r *room) forget(c *limitedConn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.leave(c)
}

// leave wants the lock. The second time it does nothing.
func (r *room) leave(c *limitedConn) {
	a := c.address
	if c.place < 0 {
		return
	}
	r.release(c)
	if c.aside.Load() {
		a.busy.drop(c)
	} else {
		a.waiting.drop(c)
	}
	r.turn++
	r.open--
	if a.conns--; a.conns > 0 {
		r.recount(a)
		return
	}
	r.byConns.drop(a)
	delete(r.addresses, a.network)
}

// waits puts one that stood aside back among those that wait.
func (r *room) waits(c *limitedConn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c.place < 0 || !c.aside.Load() {
		return
	}
	c.aside.Store(false)
	c.address.busy.drop(c)
	c.noted = c.since.Load()
	c.address.waiting.add(c)
	r.byConns.moved(c.address)
}

// note counts connections that gave way, and returns what tells the log; it wants the
// lock.
func (r *room) note(n *notice, closed int, message string, attributes ...any) func() {
	n.closed += closed
	now := time.Now()
	if now.Sub(n.said) < sayEvery {
		return func() {}
	}
	attributes = append(attributes, "closed", n.closed)
	n.closed, n.said = 0, now
	return func() { r.bounds.Log.WarnContext(context.Background(), message, attributes...) }
}
