package password

import (
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
	keys     [2]string // the client's address and account
	shares   bool      // it interleaves
	memory   int64     // bytes
	arrived  time.Time
	tag      uint64        // its place in the order of service
	job      *pbkdf2.Job   // a worker's own
	cost     time.Duration // a worker's time that went into it so far
	gone     atomic.Bool   // nobody waits for it any more
	done     chan outcome  // has room, so that who sends never waits
}

type outcome struct {
	match bool
	err   error
}

func newTask(h Hash, password string, client Client) *task {
	return &task{
		hash: h, password: password, method: h.Method(),
		keys:    [2]string{client.Address, client.Account},
		shares:  h.interleaves(),
		memory:  h.Memory(),
		arrived: time.Now(),
		done:    make(chan outcome, 1),
	}
}

// queue holds the waiting tasks in the order of start-time fair queueing: each
// flow, an address or an account, has a clock of its own that moves on with
// each of its tasks, and the task whose flows' clocks show least is next. Who
// asks for the first time stands behind those being served and before the
// second of anyone else.
type queue struct {
	waiting []*task             // in order
	flows   [2]map[string]*flow // by address and by account: those with tasks
	clock   uint64              // the tag served last
	all     int                 // tasks waiting and running
}

type flow struct {
	tasks int    // waiting and running
	clock uint64 // the tag of its latest task
}

func newQueue() queue {
	return queue{flows: [2]map[string]*flow{make(map[string]*flow), make(map[string]*flow)}}
}

// tag gives t its place. It changes nothing else, so that a task that is then
// refused leaves no trace.
func (q *queue) tag(t *task) {
	t.tag = q.clock
	for i, key := range t.keys {
		if f := q.flows[i][key]; f != nil {
			t.tag = max(t.tag, f.clock)
		}
	}
	t.tag++
}

// push adds a tagged task.
func (q *queue) push(t *task) {
	for i, key := range t.keys {
		f := q.flows[i][key]
		if f == nil {
			f = new(flow)
			q.flows[i][key] = f
		}
		f.tasks++
		f.clock = t.tag
	}
	q.all++
	place := len(q.waiting)
	for place > 0 && q.waiting[place-1].tag > t.tag {
		place--
	}
	q.waiting = slices.Insert(q.waiting, place, t)
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
	q.clock = max(q.clock, t.tag)
	q.remove(t)
}

// remove takes a task out of the line; it still counts until it leaves.
func (q *queue) remove(t *task) {
	i := slices.Index(q.waiting, t)
	q.waiting = slices.Delete(q.waiting, i, i+1)
}

func (q *queue) holds(t *task) bool { return slices.Contains(q.waiting, t) }

// leave forgets a task, and flows without any.
func (q *queue) leave(t *task) {
	for i, key := range t.keys {
		f := q.flows[i][key]
		if f.tasks--; f.tasks == 0 {
			delete(q.flows[i], key)
		}
	}
	q.all--
}

func (q *queue) tasks(i int, key string) int {
	if f := q.flows[i][key]; f != nil {
		return f.tasks
	}
	return 0
}

// heavierThan is the latest waiting task of whoever has most tasks, nil unless
// that is more than t's client would have with t.
func (q *queue) heavierThan(t *task) *task {
	var heaviest *task
	most := 0
	for _, other := range q.waiting {
		if excess := q.excess(other, t); excess > 0 && excess >= most {
			heaviest, most = other, excess
		}
	}
	return heaviest
}

// excess is how many more tasks the client of a has than that of t would have,
// by what tells the two apart: of two who try one account, the address counts.
func (q *queue) excess(a, t *task) int {
	has, would := 0, 0
	for i, key := range t.keys {
		if a.keys[i] != key {
			has = max(has, q.tasks(i, a.keys[i]))
			would = max(would, q.tasks(i, key)+1)
		}
	}
	return has - would
}

// overShare reports whether the address or the account of t has more than an
// equal part of what waits and runs, or all of it.
func (q *queue) overShare(t *task) bool {
	for i, key := range t.keys {
		n := q.tasks(i, key)
		if n > 1 && (n == q.all || n*len(q.flows[i]) > q.all) {
			return true
		}
	}
	return false
}
