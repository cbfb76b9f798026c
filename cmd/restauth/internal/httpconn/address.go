package httpconn

import (
	"net"
	"net/netip"
	"sync/atomic"
)

// address is what counts as one client: an IPv4 address, or a network of 64 bits of
// IPv6, which is what one customer of a provider has at the least. The room's lock
// guards its fields.
type address struct {
	network netip.Prefix
	proxy   bool // many clients are behind it

	conns int
	since uint64 // the room's turn in which conns became what it is
	place int    // among the room's addresses

	waiting ranking[*limitedConn] // longest first; some may be busy by now
	busy    ranking[*limitedConn] // longest first, and surely

	turns     turns        // nil for a proxy
	handlers  atomic.Int32 // of HTTP/2, that run; not the lock's
	slowUntil atomic.Int64 // by the clock; not the lock's

	held        int64 // by headers, in bytes
	heldPlace   int
	headersHeld ranking[*limitedConn] // largest first
}

func newAddress(network netip.Prefix, proxy bool) *address {
	longest := func(a, b *limitedConn) bool {
		if a.noted != b.noted {
			return a.noted < b.noted
		}
		return a.turn < b.turn
	}
	largest := func(a, b *limitedConn) bool {
		if a.held != b.held {
			return a.held > b.held
		}
		return a.turn < b.turn
	}
	inLine := func(c *limitedConn) *int { return &c.place }
	var own turns
	if !proxy {
		own = make(turns, 1)
	}
	return &address{
		turns: own, network: network, proxy: proxy, place: -1, heldPlace: -1,
		waiting:     ranking[*limitedConn]{before: longest, place: inLine},
		busy:        ranking[*limitedConn]{before: longest, place: inLine},
		headersHeld: ranking[*limitedConn]{before: largest, place: func(c *limitedConn) *int { return &c.heldPlace }},
	}
}

// networkOf is what a connection's address counts as.
func networkOf(addr net.Addr) (network netip.Prefix, ip netip.Addr) {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return network, ip // all that are no TCP count as one
	}
	ip = tcp.AddrPort().Addr().Unmap().WithZone("")
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	network, _ = ip.Prefix(bits) // It fits every address that there is; none counts as one.
	return network, ip
}

// heavier orders addresses by who gives way first to a newcomer.
func (r *room) heavier(a, b *address) bool {
	weighs, other := max(a.conns, r.light), max(b.conns, r.light)
	switch {
	case a.proxy != b.proxy:
		return b.proxy
	case weighs != other:
		return weighs > other
	case (a.waiting.Len() > 0) != (b.waiting.Len() > 0):
		return a.waiting.Len() > 0
	}
	return a.since < b.since
}

// holdsMore orders addresses by who gives way first when headers take too much.
func holdsMore(a, b *address) bool {
	switch {
	case a.proxy != b.proxy:
		return b.proxy
	case a.held != b.held:
		return a.held > b.held
	}
	return a.since < b.since
}

// longestWaiting is the connection that has waited for a request for longest. Those
// that began to wait again since they were noted are noted anew, and those that were
// found busy stand aside until they wait: each time is paid for by a request.
func (a *address) longestWaiting() (*limitedConn, bool) {
	for {
		c, is := a.waiting.top()
		if !is {
			return nil, false
		}
		since := c.since.Load()
		if since == c.noted {
			return c, true
		}
		if since < 0 {
			c.aside.Store(true)
			since = c.since.Load() // It looks whether it stands aside after it has begun to wait.
		}
		if since > 0 {
			c.aside.Store(false)
			c.noted = since
			a.waiting.moved(c)
			continue
		}
		a.waiting.drop(c)
		c.noted = -since
		a.busy.add(c)
	}
}
