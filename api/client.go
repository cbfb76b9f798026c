package api

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// mostHops bounds how much of X-Forwarded-For is read.
const mostHops = 16

// proxies are the networks whose word about the client is taken.
type proxies []netip.Prefix

// newProxies takes networks such as 10.0.0.0/8 and single addresses.
func newProxies(networks []string) (proxies, error) {
	trusted := make(proxies, 0, len(networks))
	for _, network := range networks {
		prefix, err := netip.ParsePrefix(network)
		if err != nil {
			addr, err := netip.ParseAddr(network)
			if err != nil || addr.Zone() != "" {
				return nil, fmt.Errorf("trusted proxy %q is neither an address nor a network such as 10.0.0.0/8", network)
			}
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		if addr := prefix.Addr(); addr.Is4In6() && prefix.Bits() >= 96 {
			// Clients' addresses are compared as IPv4, so this one has to be.
			prefix = netip.PrefixFrom(addr.Unmap(), prefix.Bits()-96)
		} else if addr.Is4In6() {
			return nil, fmt.Errorf("trusted proxy %q covers more than IPv4 written as IPv6; write it as an IPv4 network such as 10.0.0.0/8", network)
		}
		if prefix.Bits() == 0 {
			return nil, fmt.Errorf("trusted proxy %q is every address, so any client could say that it is another; name the proxies' own network", network)
		}
		trusted = append(trusted, prefix.Masked())
	}
	return trusted, nil
}

// CheckProxies says what is wrong with networks that [Config.TrustedProxies]
// could not be.
func CheckProxies(networks []string) error {
	_, err := newProxies(networks)
	return err
}

// ProxyTest takes networks as [Config.TrustedProxies] does, and returns what tells
// whether an address is a trusted proxy's.
func ProxyTest(networks []string) (func(netip.Addr) bool, error) {
	trusted, err := newProxies(networks)
	return trusted.trust, err
}

func (p proxies) trust(addr netip.Addr) bool {
	return slices.ContainsFunc(p, func(network netip.Prefix) bool { return network.Contains(addr) })
}

// client is whom a request comes from: the peer of the connection, or, when
// that is a trusted proxy, the right-most address in X-Forwarded-For that is
// none. Everything left of it is only what that client says.
func (p proxies) client(r *http.Request) netip.Addr {
	peer, ok := parseHop(r.RemoteAddr)
	if !ok || len(p) == 0 {
		return peer
	}
	hops := r.Header.Values("X-Forwarded-For")
	list := strings.Join(hops, ",")
	for range mostHops {
		if list == "" || !p.trust(peer) {
			break
		}
		last := strings.LastIndexByte(list, ',')
		hop, ok := parseHop(strings.TrimSpace(list[last+1:]))
		if !ok {
			break // The proxy that passed this on is the last one known.
		}
		peer, list = hop, list[:max(last, 0)]
	}
	return peer
}

// parseHop reads an address with or without a port, and writes an IPv4 address
// in only one way.
func parseHop(s string) (netip.Addr, bool) {
	if withPort, err := netip.ParseAddrPort(s); err == nil {
		return withPort.Addr().Unmap().WithZone(""), true
	}
	addr, err := netip.ParseAddr(s)
	return addr.Unmap().WithZone(""), err == nil
}
