package throttle

import (
	"cmp"
	"encoding/hex"
	"slices"
	"time"
)

// Count is what all servers together have counted for a key.
type Count struct {
	Key             Key
	Kind            Kind
	UserID, Address string
	// Failed is how many attempts failed within the budget's window, those under way
	// included.
	Failed int
	// Last is when the last of them was.
	Last time.Time
	// Until is from when another is evaluated; it is in the past where that is now.
	Until time.Time
}

// Digest is the key in digits, which is all that there is of a name that is nobody's.
func (c *Count) Digest() string { return hex.EncodeToString(c.Key[:]) }

// Waits reports whether attempts are refused at that time.
func (c *Count) Waits(now time.Time) bool { return c.Until.After(now) }

// Counts adds rows up, as a Limiter with these budgets does: who waits longest first.
func Counts(rows []Row, budget func(Kind) Budget, now time.Time) []Count {
	byKey := make(map[Key][]Row)
	for _, row := range rows {
		byKey[row.Key] = append(byKey[row.Key], row)
	}
	counts := make([]Count, 0, len(byKey))
	for key, rows := range byKey {
		b := budget(rows[0].Kind)
		count := Count{Key: key, Kind: rows[0].Kind}
		var events []uint32
		for _, row := range rows {
			events = append(events, row.Times...)
			count.UserID, count.Address = cmp.Or(count.UserID, row.UserID), cmp.Or(count.Address, row.Address)
		}
		slices.Sort(events)
		if b.bounded() {
			events = b.kept(events, now.Unix())
		}
		if len(events) == 0 {
			continue
		}
		count.Failed, count.Last = len(events), time.Unix(int64(events[len(events)-1]), 0)
		count.Until = time.Unix(b.next(events), 0)
		counts = append(counts, count)
	}
	slices.SortFunc(counts, func(a, b Count) int {
		return cmp.Or(b.Until.Compare(a.Until), b.Last.Compare(a.Last), cmp.Compare(a.Digest(), b.Digest()))
	})
	return counts
}
