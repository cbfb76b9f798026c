package account

import "time"

// levelTo is what looking up a user who is then refused is made to take, or the
// next multiple of it.
const levelTo = time.Millisecond

// levelOut hides from whoever is refused how long it took to look the user up,
// from which a few hundred tries would tell who is one: a row that is there must
// be read and parsed, which takes 20 to 30 µs. It delays no login that succeeds.
func (s *Service) levelOut(lookUp time.Duration) {
	s.sleepUntil(time.Now().Add(delayAfter(lookUp)))
}

// delayAfter is what a look-up lacks of a multiple of levelTo, and never nothing.
func delayAfter(lookUp time.Duration) time.Duration { return levelTo - lookUp%levelTo }
