package httpconn

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"testing"
)

// peer is a connection that only says where it comes from and whether it was closed.
type peer struct {
	net.Conn
	addr   net.Addr
	closed bool
}

func (p *peer) RemoteAddr() net.Addr { return p.addr }

func (p *peer) Close() error {
	p.closed = true
	return nil
}

// newcomer is a connection that waits, as Accept makes it.
func newcomer(r *room, k *clock, ip string) *limitedConn {
	c := &limitedConn{Conn: &peer{addr: &net.TCPAddr{IP: net.ParseIP(ip), Port: 1}}, clock: k, room: r}
	c.wake.L = &c.mu
	c.since.Store(k.about())
	return c
}

func isProxy(ip netip.Addr) bool { return netip.MustParsePrefix("10.0.0.0/8").Contains(ip) }

// model does what room promises in the plainest way.
type model struct {
	conns   []*limitedConn
	changed map[netip.Prefix]int // when an address came to have so many
	turn    int
}

func (m *model) of(network netip.Prefix) (all []*limitedConn) {
	for _, c := range m.conns {
		if n, _ := networkOf(c.RemoteAddr()); n == network {
			all = append(all, c)
		}
	}
	return all
}

func (m *model) change(c *limitedConn) netip.Prefix {
	network, _ := networkOf(c.RemoteAddr())
	m.turn++
	m.changed[network] = m.turn
	return network
}

func (m *model) remove(c *limitedConn) {
	m.conns = slices.DeleteFunc(m.conns, func(other *limitedConn) bool { return other == c })
	m.change(c)
}

// first is the address that gives way: no proxy, then by weight, then the one for
// longest as it is.
func (m *model) first(weight func([]*limitedConn) int) []*limitedConn {
	var networks []netip.Prefix
	for network := range m.changed {
		if weight(m.of(network)) > 0 {
			networks = append(networks, network)
		}
	}
	proxy := func(network netip.Prefix) int {
		if isProxy(network.Addr()) {
			return 1
		}
		return 0
	}
	slices.SortFunc(networks, func(a, b netip.Prefix) int {
		return cmp.Or(cmp.Compare(proxy(a), proxy(b)),
			cmp.Compare(weight(m.of(b)), weight(m.of(a))), cmp.Compare(m.changed[a], m.changed[b]))
	})
	return m.of(networks[0])
}

func (m *model) givesWay(light int) *limitedConn {
	waits := func(c *limitedConn) bool { return c.since.Load() > 0 }
	all := m.first(func(of []*limitedConn) int { // one that waits makes the difference between equals
		if len(of) == 0 {
			return 0
		}
		weight := 2 * max(len(of), light)
		if slices.ContainsFunc(of, waits) {
			weight++
		}
		return weight
	})
	return slices.MinFunc(all, func(a, b *limitedConn) int {
		s, t := a.since.Load(), b.since.Load()
		if (s > 0) != (t > 0) {
			return cmp.Compare(t, s) // who waits first
		}
		return cmp.Compare(max(s, -s), max(t, -t))
	})
}

func (m *model) giveWayForHeaders(bound int64) (gone []*limitedConn) {
	held := func(of []*limitedConn) (sum int) {
		for _, c := range of {
			if !slices.Contains(gone, c) {
				sum += int(c.held)
			}
		}
		return sum
	}
	for int64(held(m.conns)) > bound {
		largest := slices.MaxFunc(m.first(held), func(a, b *limitedConn) int { return cmp.Compare(a.held, b.held) })
		gone = append(gone, largest)
		m.remove(largest)
	}
	return gone
}

// TestWhoGivesWay: whatever comes, the room decides as its rule says.
func TestWhoGivesWay(t *testing.T) {
	const most, memory = 50, 1 << 20 // up to 3 are light
	for seed := range uint64(10) {
		random := rand.New(rand.NewPCG(seed, 1))
		r, k := newRoom(Bounds{Connections: most, HeaderMemory: memory, Proxies: isProxy}), newClock()
		m := &model{changed: make(map[netip.Prefix]int)}
		ips := []string{"192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "10.0.0.1", "10.0.0.2"}
		for step := range 2_000 {
			k.now.Add(1)
			some := func() *limitedConn { return m.conns[random.IntN(len(m.conns))] }
			var want, got []*limitedConn
			before := slices.Clone(m.conns)
			switch what := random.IntN(10); {
			case what < 4 || len(m.conns) == 0:
				c := newcomer(r, k, ips[random.IntN(1+random.IntN(len(ips)))])
				m.conns, before = append(m.conns, c), append(before, c)
				m.change(c)
				if len(m.conns) > most {
					want = append(want, m.givesWay(3))
					m.remove(want[0])
				}
				if stays := r.admit(c); stays == slices.Contains(want, c) {
					t.Fatalf("admit() = %v, want %v", stays, !stays)
				}
			case what < 6:
				if c := some(); c.since.Load() > 0 {
					c.headerEnded()
				}
			case what < 8:
				some().headerBegins()
			case what < 9:
				c := some()
				size := c.held + random.Int64N(memory/4)
				c.holds.Store(true)
				// As hold does before it looks who gives way.
				r.mu.Lock()
				r.keep(c, size)
				r.mu.Unlock()
				want = m.giveWayForHeaders(memory)
				if stays := r.hold(c, size); stays == slices.Contains(want, c) {
					t.Fatalf("hold() = %v, want %v", stays, !stays)
				}
			default:
				c := some()
				if err := c.shut(); err != nil {
					t.Fatal(err)
				}
				m.remove(c)
				continue
			}
			for _, c := range before {
				if p, _ := c.Conn.(*peer); p.closed {
					got = append(got, c)
				}
			}
			if !same(got, want) {
				t.Fatalf("seed %d, step %d: %s gave way, want %s", seed, step, names(got), names(want))
			}
			consistent(t, r, m)
		}
	}
}

func same(a, b []*limitedConn) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(c *limitedConn) bool { return !slices.Contains(b, c) })
}

func names(all []*limitedConn) string {
	text := "("
	for _, c := range all {
		text += fmt.Sprintf("%v since %d holding %d,", c.RemoteAddr(), c.since.Load(), c.held)
	}
	return text + ")"
}

// consistent holds what the room has counted against what there is.
func consistent(t *testing.T, r *room, m *model) {
	t.Helper()
	held := int64(0)
	for _, c := range m.conns {
		held += c.held
	}
	if r.open != len(m.conns) || r.held != held {
		t.Fatalf("open = %d, held = %d, want %d, %d", r.open, r.held, len(m.conns), held)
	}
	for network, a := range r.addresses {
		if want := len(m.of(network)); a.conns != want || want == 0 || a.waiting.Len()+a.busy.Len() != want {
			t.Fatalf("%v: conns = %d, waiting %d, busy %d, want %d", network, a.conns, a.waiting.Len(), a.busy.Len(), want)
		}
	}
}

// TestAddressesCountAs: what one customer of a provider has is one address.
func TestAddressesCountAs(t *testing.T) {
	for ip, want := range map[string]string{
		"192.0.2.1":          "192.0.2.1/32",
		"::ffff:192.0.2.1":   "192.0.2.1/32",
		"2001:db8:1:2:3::4":  "2001:db8:1:2::/64",
		"2001:db8:1:2:ff::1": "2001:db8:1:2::/64",
	} {
		if got, _ := networkOf(&net.TCPAddr{IP: net.ParseIP(ip)}); got.String() != want {
			t.Errorf("networkOf(%s) = %v, want %s", ip, got, want)
		}
	}
	if got, _ := networkOf(&net.UnixAddr{Name: "x"}); got.IsValid() {
		t.Errorf("networkOf(a socket without an address) = %v, want none", got)
	}
}

// BenchmarkAdmit is what a newcomer costs when all connections are taken: by one
// address, by as many addresses, and by one whose connections are all used in between.
func BenchmarkAdmit(b *testing.B) {
	for _, most := range []int{128, 16_384} {
		for name, ip := range map[string]func(int) string{
			"one":  func(int) string { return "192.0.2.1" },
			"many": func(i int) string { return fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255) },
			"used": func(int) string { return "192.0.2.2" },
		} {
			b.Run(fmt.Sprintf("%s/%d", name, most), func(b *testing.B) {
				r, k := newRoom(Bounds{Connections: most}), newClock()
				k.now.Store(1)
				all := make([]*limitedConn, most)
				for i := range all {
					all[i] = newcomer(r, k, ip(i))
					r.admit(all[i])
				}
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					k.now.Add(1)
					if c := all[i%most]; name == "used" && c.place >= 0 {
						c.headerEnded()
						c.headerBegins()
					}
					r.admit(newcomer(r, k, ip(i)))
				}
			})
		}
	}
}
