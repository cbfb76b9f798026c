package throttle

// Next is from when another guess may be evaluated, in seconds.
func (b Budget) Next(events []uint32) int64 { return b.next(events) }

// Counters is how many there are: of users, of names that are nobody's, of addresses.
func (l *Limiter) Counters() [3]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return [3]int{len(l.users.counters), len(l.names.counters), len(l.addresses.counters)}
}
