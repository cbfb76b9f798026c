// Package throttle decides whether a guess at a password may be evaluated. It hashes
// nothing, knows no HTTP and no SQL, and has its clock and its randomness from outside.
//
//	reservation, err := limiter.Reserve(ctx, throttle.Attempt{Name: "roy", Address: "192.0.2.1", Password: typed})
//	if err != nil {
//		return err // a *RefusedError: which budget, and when to come back
//	}
//	defer reservation.Cancel() // what was not evaluated takes nothing
//	if hash.Verify(typed) {
//		reservation.Succeed()
//	} else {
//		reservation.Fail()
//	}
//
// # What is counted
//
//	                        ┌ known by a device token ──► the budget of that device
//	attempt ──┬─ account ───┼ known by its address ─────► the budget of the user there
//	          │             └ a stranger ───────────────► the budget of the name
//	          └─ address ──── not with a device token ──► the budget of the address
//
// An attempt needs a place in each budget that it takes from, and has it before anything
// is hashed:
//
//	free ── Reserve ──► open ── Fail ─────► failed ── time ──► free
//	                     ├───── Succeed ──► free
//	                     └───── Cancel ───► free
//
// so that of 200 guesses at once no more pass than of 200 in turn. Who comes while the
// last places are open waits in a line for how they end (line.go), unless that would take
// too long (Attempt.MayWait); who comes while they have failed is refused. Success gives back its own place and no other: no login of an attacker's own
// gives him guesses at somebody else.
//
// A [Budget] says how many failures are free, how the wait grows after them, and how
// slowly they are forgotten; [Budget.Within] is how many guesses it lets through in any
// time at the most, whoever tries in whatever order.
//
// Strangers are counted by name, folded so far (see [Folder]) that all spellings under
// which a database may find one row are one name, and no two names behave differently
// because one of them has a row. Nobody can see by a refusal whether a name is somebody's.
// Names that are nobody's have a table of their own, so that making up a million of them
// takes nothing from real users' counts.
//
// The same wrong password again says nothing new to anybody. It takes nothing from the
// account's budget while it is one of the last ten, which are kept as digests under a key
// that ends with the process. It is hashed all the same, and refused while the account
// is: otherwise a guesser could tell by time what the owner has typed before.
//
// # What is shared
//
// With a [Store], replicas add up what they count (share.go, confirm.go). A key that is calm is
// counted in memory and told to the others a moment later. As soon as something has
// failed there, an attempt is written down, committed, and only then compared with what
// the others wrote: of two that race at least one sees the other. So all replicas together
// let through what one would, and one guess more for each further replica that did not
// know the key yet. While the store does not answer, each counts alone.
//
// # What this package does not do
//
// It does not know who is known; its caller says so. It keeps no name, no password and
// no address but those that it counts under, and of names only keyed digests.
package throttle
