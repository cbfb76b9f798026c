// Package gate decides who hashes when. Checking passwords is the one thing that
// strangers can make a login server work at, so what it may take of the machine is
// bounded, and shared out by the client's address: nobody shuts others out.
//
// # What happens to the next login
//
//	    Verify
//	      │ admit: would it begin within MaxWait? ── no ──► BusyError, at once
//	      ▼
//	   waiting ── its place is needed for another ────────► BusyError
//	      │    ── 5 × MaxWait passed (expire) ─────────────► BusyError
//	      │    ── nobody waits for it (abandon) ───────────► forgotten
//	      │ dispatch: a slot is free and it is its turn
//	      ▼
//	   running ── nobody waits for it: the Executor gives it up
//	      │ done
//	      ▼
//	cost learnt, next dispatched ─────────────────────────► match or error
//
// There are two kinds of work. A hash that can be interleaved (pbkdf2:sha256, and what
// takes microseconds) waits for one of the many places of a thread that runs several
// together; any other has a thread to itself until it ends. Each core has one thread of
// either kind, and the kernel shares the core between them: whatever long hashes are under
// way, the others have half of it at least.
//
// For each kind there are two lines, of strangers and of the known (Client.Known). The
// known go first until they have half of the places, and have one place of each kind (a
// thread only while a stranger hashes) and a quarter of the queue beside what is anybody's:
// whoever is alone of them begins at once whatever strangers do, and strangers keep half. Where memory is short no stranger takes
// what one of the known waits for. An account that strangers try is another to the known.
//
// In each line, addresses have turns: everyone's first login, then everyone's second.
// A turn is a round's number: an address that comes anew stands in the next round, its
// second login a round later. A login that costs as much as n usual ones holds its
// address back for n rounds. An account that several addresses try stands back by a
// round for each of them, so that attackers at one account pass nobody else by, while
// one address, however often it tries an account, moves its owner back by one place.
//
// An address gets no further place while it has its share of them and others wait; the
// last bytes of memory, and one thread more than there are cores, are kept for those
// who have nothing under way.
//
// Admission asks one question: how many turns stand before this login, times what
// a login takes, by what gets done in a time; of the other line of its kind as much again,
// if so much is there. All of its terms are kept up to date, so that it costs the same
// however many wait. What is under way counts against its own address; a newcomer only
// waits for the next place to come free.
//
// # Who owns what
//
// One lock, the Gate's, guards all of this; the Executor has its own, which is only
// taken after it. Of a field that says "mu" the lock is the owner, of all others New.
//
//	Gate    admits (admit.go), begins and ends (dispatch.go), learns costs (costs.go)
//	queue   everybody who has something here, by address and by account; the order of arrival
//	line    the turns of one kind: whose head is next
//	flow    what one address has in one line; it changes with the line only
//	task    one login; the queue's until it has left, then Verify's, by its channel
package gate
