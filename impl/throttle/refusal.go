package throttle

import (
	"net/netip"
	"time"
)

// shortWait is what is said to whom others leave no place: they may end at any moment.
const shortWait = time.Second

// RefusedError says that an attempt was not evaluated.
type RefusedError struct {
	// RetryAfter is when another one may be.
	RetryAfter time.Duration
	// Budget is the one that is used up.
	Budget Kind
	// AtOnce: by attempts that are under way, and may turn out to be right.
	AtOnce bool
}

func (e *RefusedError) Error() string {
	if e.AtOnce {
		return "throttle: too many logins at once; the budget they hold is that of the " + e.Budget.String()
	}
	return "throttle: too many failed logins; the budget that is used up is that of the " + e.Budget.String()
}

// Refused returns the *RefusedError that a stranger's attempt at a name would get now,
// nil where it may be evaluated. It needs no row: Name is what was typed.
func (l *Limiter) Refused(a Attempt) error {
	now := l.now()
	name, address := l.folder.Name(a.Name), l.folder.Address(a.Address)
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.addresses.counters[address]; c != nil && a.Address != "" && c.refusing(l.address, now.Unix()) {
		return l.refusal(c, now)
	}
	if c := l.ofName(name); c != nil && c.refusing(l.account, now.Unix()) {
		return l.refusal(c, now)
	}
	return nil
}

// refusing reports that the counter refuses for what has failed, whatever is open.
func (c *counter) refusing(b Budget, now int64) bool {
	return b.bounded() && c.until > now && (len(c.open) == 0 || c.next(b, c.failed, c.others) > now)
}

// refusal counts one, and says when to come back. What others have counted may have been
// taken back since; it is asked for anew, in the background.
func (l *Limiter) refusal(c *counter, now time.Time) *RefusedError {
	l.refused[c.kind.index()].Add(1)
	l.hint(c)
	if l.share != nil && len(c.others) > 0 && now.Unix()-c.seen >= seenFor {
		l.share.put(c)
		l.share.tell()
	}
	return &RefusedError{RetryAfter: max(shortWait, time.Unix(c.until, 0).Sub(now)), Budget: c.kind}
}

// hint says, once, that an address that has used its budget up may be everybody's.
func (l *Limiter) hint(c *counter) {
	if l.hinted || c.kind != KindAddress {
		return
	}
	address, err := netip.ParseAddr(c.address)
	if err != nil || !address.IsPrivate() && !address.IsLoopback() {
		return
	}
	l.hinted = true
	l.logger.Warn("logins from an address of this network are refused, because too many from there have failed; if it is a proxy, name it in --trusted-proxies, so that each client behind it counts for itself", "address", c.address)
}

// crowded refuses one for others that are under way.
func (l *Limiter) crowded(c *counter) *RefusedError {
	l.refused[c.kind.index()].Add(1)
	return &RefusedError{RetryAfter: shortWait, Budget: c.kind, AtOnce: true}
}

func (k Kind) index() int {
	switch k {
	case KindKnown:
		return 1
	case KindAddress:
		return 2
	default:
		return 0
	}
}

// Refusals is how many attempts a budget has refused in this process.
func (l *Limiter) Refusals(kind Kind) uint64 { return l.refused[kind.index()].Load() }
