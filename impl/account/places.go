package account

import (
	"context"
	"encoding/binary"
	"time"
)

// place is what is known of an address, whoever logged in from there.
type place struct {
	day   int       // when somebody last did; 0 for nobody, as far as is known
	asked time.Time // when that was known
}

// spread is of keys that nobody can choose.
func spread(key AddressKey) uint64 { return binary.BigEndian.Uint64(key[:]) }

// place is what an address is kept under by itself.
func (a *addresses) place(address string) AddressKey {
	m := a.macs.begin()
	m.message = append(m.message, "place "...)
	m.message = append(m.message, address...)
	sum := a.macs.end(m)
	return AddressKey(sum[:])
}

// anybodys reports whether any user has logged in from the address lately. It asks the
// book once in addressesMaxAge for each address, and so does not depend on the name: a
// flood of names costs no more.
func (a *addresses) anybodys(ctx context.Context, address string) bool {
	if a.age == 0 || address == "" {
		return false
	}
	where, now := a.place(address), a.now()
	known := a.places.Get(where)
	if known != nil && known.day >= a.since(now) {
		return true // It may have been forgotten meanwhile; then so is whose it was.
	}
	if !a.answers(now) || known != nil && !a.old(known.asked, now) {
		return false
	}
	within, cancel := context.WithTimeout(ctx, addressesWithin)
	defer cancel()
	yes, err := a.book.KnowsPlace(within, where, a.since(now))
	if err != nil {
		a.failed(ctx, err)
		return false
	}
	a.answered(ctx)
	answer := place{asked: now}
	if yes {
		answer.day = dayOf(now) // Or earlier: until then it is asked for again.
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if known := a.places.Get(where); known == nil || known.day < a.since(now) { // else somebody was seen there meanwhile
		a.places.Set(where, answer)
	}
	return yes
}

// perhapsKnown reports whether somebody may be known as some user: they bring a device
// token of ours, or come from where somebody has logged in. Whose name they give does not
// count. It lets strangers be refused without a query for their row.
func (s *Service) perhapsKnown(ctx context.Context, c Credentials) bool {
	if _, ok := s.devices.open(c.DeviceToken); ok {
		return true
	}
	return s.addresses.anybodys(ctx, c.Address)
}
