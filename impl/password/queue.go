package password

import (
	"cmp"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/restauth/restauth/impl/password/internal/pbkdf2"
)

// task is one verification on its way through a [Gate], whose lock guards it.
type task struct {
	hash     Hash
	password string
	method   string
	client   Client
	shares   bool  // it interleaves
	memory   int64 // bytes
	arrived  time.Time
	tag      uint64        // its place in the order of service
	counted  bool          // it has been in the queue
	job      *pbkdf2.Job   // a worker's own
	cost     time.Duration // a worker's time that went into it so far
	beside   int           // how many interleaved when it began
	gone     atomic.Bool   // nobody waits for it any more
	done     chan outcome  // has room, so that who sends never waits

	sent    string // its hash as a child reads it, "" for what none is asked
	seat    *seat  // where a child has it
	id      uint32 // by which both know it
	retried bool   // a child ended over it
}

type outcome struct {
	match bool
	err   error
}

func newTask(h Hash, password string, client Client) *task {
	return &task{
		hash: h, password: password, method: h.Method(),
		client:  client,
		shares:  h.interleaves(),
		memory:  h.Memory(),
		arrived: time.Now(),
		done:    make(chan outcome, 1),
	}
}

// queue holds the waiting tasks in the order of start-time fair queueing: each
// address has a clock of its own that moves on with each of its tasks, and the
// task whose clock shows least is next. Who asks for the first time stands
// behind those being served and before the second of anyone else.
//
// An account counts by how many addresses try it, each once: many addresses at
// one account stand behind other accounts, but one address, however often it
// tries, moves that account's owner back by a single place.
type queue struct {
	waiting   []*task // in order
	addresses map[string]*flow
	accounts  map[string]map[string]int // account → address → its tasks
	pairs     int                       // of account and address: with tasks
	sharing   int                       // waiting ones that interleave
	clock     uint64                    // the tag last served in order
	all       int                       // tasks waiting and running
}

type flow struct {
	tasks  int    // waiting and running
	clock  uint64 // the tag of its latest task
	behind uint64 // for turns: how far behind the clock its next task stands
}

func newQueue() queue {
	return queue{addresses: make(map[string]*flow), accounts: make(map[string]map[string]int)}
}

// tag gives t its place. It changes nothing else, so that a task that is then
// refused leaves no trace.
func (q *queue) tag(t *task) {
	t.tag = q.clock + uint64(q.tries(t.client)-1) //nolint:gosec // tries counts the client too
	if f := q.addresses[t.client.Address]; f != nil {
		t.tag = max(t.tag, f.clock)
	}
	t.tag++
}

// turns is how many tasks of other addresses will be served before a tagged one
// while everyone who has one goes on asking. Whose accounts nobody else tries asks
// behind the task served last, others as far behind as there are addresses at their
// account; so those who share one do not go before each other.
func (q *queue) turns(t *task) (turns int) {
	if t.tag <= q.clock+1 {
		return 0
	}
	for _, f := range q.addresses {
		f.behind = math.MaxUint64
	}
	for account, by := range q.accounts {
		tries := len(by)
		if account == t.client.Account {
			tries = q.tries(t.client)
		}
		for address := range by {
			f := q.addresses[address]
			f.behind = min(f.behind, uint64(tries))
		}
	}
	for address, f := range q.addresses {
		if steps := t.tag - q.clock; steps > f.behind && address != t.client.Address {
			turns += int(steps - f.behind) //nolint:gosec // a few more than tasks wait
		}
	}
	return turns
}

// tries is how many addresses try the client's account, the client's included.
func (q *queue) tries(c Client) int {
	by := q.accounts[c.Account]
	if by[c.Address] > 0 {
		return len(by)
	}
	return len(by) + 1
}

// push adds a tagged task.
func (q *queue) push(t *task) {
	f := q.addresses[t.client.Address]
	if f == nil {
		f = new(flow)
		q.addresses[t.client.Address] = f
	}
	f.tasks++
	f.clock = t.tag
	by := q.accounts[t.client.Account]
	if by == nil {
		by = make(map[string]int)
		q.accounts[t.client.Account] = by
	}
	if by[t.client.Address]++; by[t.client.Address] == 1 {
		q.pairs++
	}
	q.all++
	t.counted = true
	q.insert(t)
}

// insert puts a task that is counted into the line.
func (q *queue) insert(t *task) {
	place := len(q.waiting)
	for place > 0 && q.waiting[place-1].tag > t.tag {
		place--
	}
	q.waiting = slices.Insert(q.waiting, place, t)
	if t.shares {
		q.sharing++
	}
}

// next is the first task in order that the caller can take. A task that needs
// memory holds up those behind it that do too, or small ones would pass it by
// for ever.
func (q *queue) next(acceptable func(*task) bool) *task {
	short := false
	for _, t := range q.waiting {
		if short && t.memory > 0 {
			continue
		}
		if acceptable(t) {
			return t
		}
		short = short || t.memory > 0
	}
	return nil
}

// serve takes a task out of the line to be run.
func (q *queue) serve(t *task) {
	inOrder := t == q.waiting[0]
	q.remove(t)
	if inOrder {
		q.clock = max(q.clock, t.tag)
	} else {
		q.passed(t)
	}
}

// passed is for a task that passed others by, as they need what is not free yet.
// It took nothing from them: newcomers are not to stand behind all of those, and
// what else its address asked for moves up by one.
func (q *queue) passed(t *task) {
	for _, other := range q.waiting {
		if other.client.Address == t.client.Address && other.tag > t.tag {
			other.tag--
		}
	}
	q.rewind(t.client.Address)
	slices.SortStableFunc(q.waiting, func(a, b *task) int { return cmp.Compare(a.tag, b.tag) })
}

// remove takes a task out of the line; it still counts until it leaves.
func (q *queue) remove(t *task) {
	i := slices.Index(q.waiting, t)
	q.waiting = slices.Delete(q.waiting, i, i+1)
	if t.shares {
		q.sharing--
	}
}

func (q *queue) holds(t *task) bool { return slices.Contains(q.waiting, t) }

// leave forgets a task, and flows without any.
func (q *queue) leave(t *task) {
	c := t.client
	f, by := q.addresses[c.Address], q.accounts[c.Account]
	if f.tasks--; f.tasks == 0 {
		delete(q.addresses, c.Address)
	}
	if by[c.Address]--; by[c.Address] == 0 {
		delete(by, c.Address)
		q.pairs--
	}
	if len(by) == 0 {
		delete(q.accounts, c.Account)
	}
	q.all--
}

// rewind takes an address's clock back to its latest task that still waits, or to
// what was served in order: what left before that, or passed others by, counts for
// nothing.
func (q *queue) rewind(address string) {
	f := q.addresses[address]
	if f == nil {
		return
	}
	f.clock = min(f.clock, q.clock)
	for _, t := range q.waiting {
		if t.client.Address == address {
			f.clock = max(f.clock, t.tag)
		}
	}
}

func (q *queue) tasks(address string) int {
	if f := q.addresses[address]; f != nil {
		return f.tasks
	}
	return 0
}

// heavierThan is the latest waiting task of whoever has most tasks, nil unless
// that is more than t's client would have with t. One that came a moment ago is
// preferred, for it is refused soon.
func (q *queue) heavierThan(t *task) *task {
	var heaviest, young *task
	most, mostYoung := 0, 0
	for _, other := range q.waiting {
		excess := q.excess(other.client, t.client)
		if excess <= 0 {
			continue
		}
		if excess >= most {
			heaviest, most = other, excess
		}
		if excess >= mostYoung && time.Since(other.arrived) < refuseWithin {
			young, mostYoung = other, excess
		}
	}
	if young != nil {
		return young
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
	if a.Account != c.Account {
		has, would = max(has, len(q.accounts[a.Account])), max(would, q.tries(c))
	}
	return has - would
}

// overShare reports whether the address of t has, t included, more than an
// equal part of what waits and runs, or its account of those who try.
func (q *queue) overShare(t *task) bool {
	n, all, pairs := q.tasks(t.client.Address), q.all, q.pairs
	tries := q.tries(t.client)
	if !t.counted {
		n, all = n+1, all+1
		if q.accounts[t.client.Account][t.client.Address] == 0 {
			pairs++
		}
	}
	return over(n, all, len(q.addresses)) || over(tries, pairs, len(q.accounts))
}

// over reports whether n of all is more than the part of one among so many.
func over(n, all, among int) bool {
	return n > 1 && (n == all || n*among > all)
}
