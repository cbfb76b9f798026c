package gate

import (
	"time"

	"github.com/restauth/restauth/impl/password"
)

// kind is which line a task stands in.
type kind int

const (
	sliced      kind = iota // it shares a thread
	whole                   // it has one to itself
	slicedKnown             // as those, of the known
	wholeKnown
	kinds
)

func (k kind) known() bool  { return k >= slicedKnown }
func (k kind) shares() bool { return k == sliced || k == slicedKnown }

// other is the line of those who are not known, or are, and ask for the like.
func (k kind) other() kind { return (k + slicedKnown) % kinds }

// task is one verification on its way through a [Gate], whose lock guards it.
type task struct {
	Job
	method  string        // that it is priced by
	priced  password.Hash // the same
	usual   password.Hash // that a wrong password is to cost as much as; zero for no other
	filled  bool          // by a filler, which is corrected by what it took
	client  Client
	kind    kind
	memory  int64 // bytes
	arrived time.Time
	begun   time.Duration // on the Gate's clock
	slot    int
	tries   int           // how many addresses tried its account when it came, itself included
	due     uint64        // the round it is served in
	seq     uint64        // among those of one round the first comes first
	cost    time.Duration // what it is taken to need
	behind  int           // how many of its client's come before it that are not here yet
	beside  int           // how many interleaved when it began
	gone    bool          // nobody waits for it any more
	done    chan Outcome  // has room, so that who sends never waits

	earlier, later *task // of all that wait, by when they came
}

func newTask(h password.Hash, typed string, client Client) *task {
	return &task{
		Job: Job{Hash: h, Password: typed}, method: h.Method(), priced: h, client: client, kind: kindOf(h, client.Known),
		memory: h.Memory(), arrived: time.Now(), done: make(chan Outcome, 1),
	}
}

func kindOf(h password.Hash, known bool) kind {
	of := kind(0)
	if known {
		of = slicedKnown
	}
	if h.Interleaves() || h.Weak() {
		return sliced + of
	}
	return whole + of
}

// queue is everybody who has something here. The Gate's lock guards it.
type queue struct {
	lines        [kinds]*line
	addresses    map[string]*address
	accounts     map[login]*account
	heavy        heap[*address] // by how many tasks they have
	tried        heap[*account] // by how many addresses try them
	pairs        int            // of account and address: with tasks
	all          int            // tasks waiting and running
	waiting      int
	first, last  *task // that wait, by when they came
	lastSequence uint64
}

// address is a client that has tasks here.
type address struct {
	name  string
	tasks int // waiting and running
	flows [kinds]flow
	place int // in the heap
}

// login is an account as the known try it, or strangers: whoever they are, those do not
// make its known owner stand back.
type login struct {
	account string
	known   bool
}

func (c Client) login() login { return login{c.Account, c.Known} }

// account is what somebody tries to log in to.
type account struct {
	name    login
	by      map[string]int // address → its tasks
	waiting []*task
	place   int // in the heap
}

func newQueue() queue {
	q := queue{addresses: make(map[string]*address), accounts: make(map[login]*account)}
	q.heavy = heap[*address]{
		before: func(a, b *address) bool { return a.tasks > b.tasks },
		place:  func(a *address) *int { return &a.place },
	}
	q.tried = heap[*account]{
		before: func(a, b *account) bool { return len(a.by) > len(b.by) },
		place:  func(a *account) *int { return &a.place },
	}
	for k := range q.lines {
		q.lines[k] = newLine()
	}
	return q
}

// tries is how many addresses try the client's account, the client's included.
func (q *queue) tries(c Client) int {
	a := q.accounts[c.login()]
	switch {
	case a == nil:
		return 1
	case a.by[c.Address] > 0:
		return len(a.by)
	default:
		return len(a.by) + 1
	}
}

// flow is what the address of a task has in the task's line, nil for nothing.
func (q *queue) flow(t *task) *flow {
	if a := q.addresses[t.client.Address]; a != nil {
		return &a.flows[t.kind]
	}
	return nil
}

// tag gives t its place. It changes nothing else, so that a task that is then
// refused leaves no trace.
func (q *queue) tag(t *task) {
	t.tries = q.tries(t.client)
	t.due = q.lines[t.kind].round + uint64(t.tries-1) //nolint:gosec // tries counts the client too
	if f := q.flow(t); f != nil {
		t.due = max(t.due, f.due)
	}
	t.due++
}

// push adds a tagged task that has a price.
func (q *queue) push(t *task) {
	a := q.addresses[t.client.Address]
	if a == nil {
		a = &address{name: t.client.Address}
		for k := range a.flows {
			a.flows[k].place = -1
		}
		q.addresses[a.name] = a
		q.heavy.push(a)
	}
	a.tasks++
	q.heavy.fix(a)
	to := q.accounts[t.client.login()]
	if to == nil {
		to = &account{name: t.client.login(), by: make(map[string]int)}
		q.accounts[to.name] = to
		q.tried.push(to)
	}
	if to.by[a.name]++; to.by[a.name] == 1 {
		q.pairs++
		q.tried.fix(to)
	}
	to.waiting = append(to.waiting, t)
	q.all++
	q.waiting++
	q.lastSequence++
	t.seq = q.lastSequence
	if t.earlier = q.last; t.earlier != nil {
		t.earlier.later = t
	} else {
		q.first = t
	}
	q.last = t
	q.lines[t.kind].push(&a.flows[t.kind], t)
}

// holds reports whether a task waits.
func (q *queue) holds(t *task) bool { return t == q.first || t.earlier != nil }

// remove takes a task out of all lines; it still counts until it leaves.
func (q *queue) remove(t *task) {
	if t.earlier != nil {
		t.earlier.later = t.later
	} else {
		q.first = t.later
	}
	if t.later != nil {
		t.later.earlier = t.earlier
	} else {
		q.last = t.earlier
	}
	t.earlier, t.later = nil, nil
	q.waiting--
	to := q.accounts[t.client.login()]
	to.waiting = without(to.waiting, t)
	q.lines[t.kind].remove(q.flow(t), t)
}

// leave forgets a task, and whoever has no other.
func (q *queue) leave(t *task) {
	a, to := q.addresses[t.client.Address], q.accounts[t.client.login()]
	q.all--
	a.tasks--
	if f := &a.flows[t.kind]; f.running == 0 && len(f.waiting) == 0 {
		f.due = 0
	}
	if a.tasks == 0 {
		q.heavy.remove(a)
		delete(q.addresses, a.name)
	} else {
		q.heavy.fix(a)
	}
	if to.by[a.name]--; to.by[a.name] == 0 {
		delete(to.by, a.name)
		q.pairs--
	}
	if len(to.by) == 0 {
		q.tried.remove(to)
		delete(q.accounts, to.name)
	} else {
		q.tried.fix(to)
	}
}

// heavierThan is the latest waiting task of whoever has most here, nil unless that
// is more than t's client would have with t.
func (q *queue) heavierThan(t *task) (heaviest *task) {
	most := 0
	consider := func(other *task) {
		if other == nil {
			return
		}
		if excess := q.excess(other.client, t.client); excess > most {
			heaviest, most = other, excess
		}
	}
	if a := q.heavy.top(); a != nil {
		consider(a.latest())
	}
	if to := q.tried.top(); to != nil && len(to.waiting) > 0 {
		consider(to.waiting[len(to.waiting)-1])
	}
	return heaviest
}

// excess is how much more a has than c would have with one more, by what tells
// the two apart: of two who try one account, the address counts.
func (q *queue) excess(a, c Client) int {
	has, would := 0, 0
	if a.Address != c.Address {
		has, would = q.tasks(a.Address), q.tasks(c.Address)+1
	}
	if a.login() != c.login() {
		has, would = max(has, q.tries(a)), max(would, q.tries(c))
	}
	return has - would
}

// latest is the address's latest task that waits, or nil.
func (a *address) latest() (latest *task) {
	for k := range a.flows {
		if f := &a.flows[k]; len(f.waiting) > 0 {
			if t := f.waiting[len(f.waiting)-1]; latest == nil || t.seq > latest.seq {
				latest = t
			}
		}
	}
	return latest
}

func (q *queue) tasks(name string) int {
	if a := q.addresses[name]; a != nil {
		return a.tasks
	}
	return 0
}

// waitingOf is how many of the known wait, or of strangers.
func (q *queue) waitingOf(known bool) int {
	if known {
		return q.lines[slicedKnown].count + q.lines[wholeKnown].count
	}
	return q.lines[sliced].count + q.lines[whole].count
}

// both is how many that ask for the like run, and how many wait.
func (q *queue) both(k kind) (running, waiting int) {
	l, o := q.lines[k], q.lines[k.other()]
	return l.running + o.running, l.count + o.count
}

// overShare reports whether the address of t has, t included, more than an
// equal part of what waits and runs, or its account of those who try.
func (q *queue) overShare(t *task) bool {
	n, all, pairs := q.tasks(t.client.Address), q.all, q.pairs
	tries := q.tries(t.client)
	if t.seq == 0 { // It is not among them.
		n, all = n+1, all+1
		if a := q.accounts[t.client.login()]; a == nil || a.by[t.client.Address] == 0 {
			pairs++
		}
	}
	return over(n, all, len(q.addresses)) || over(tries, pairs, len(q.accounts))
}

// over reports whether n of all is more than the part of one among so many.
func over(n, all, among int) bool {
	return n > 1 && (n == all || n*among > all)
}
