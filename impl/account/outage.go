package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/restauth/restauth/impl/userid"
)

// recheckOutage is how often the database is asked whether an outage is over,
// at most. It is less with a lower bound on the age of answers.
const recheckOutage = time.Second

// outage knows whether the database answers at all. A question that failed does
// not tell: it may be that row's own fault, a connection that was killed, or
// have begun in an outage that is over. So the database itself is asked then
// (Users.Ready), and again and again until it answers something, by one
// goroutine, which ends with the last of what it was asked for.
//
// A database that says that the table may not be read, or is not there
// (ErrUnusable), has answered: what it says is no outage, and no old yes outlives
// it. Whoever takes restauth's grants away wants that to have effect.
type outage struct {
	ready  func(context.Context) error
	now    func() time.Time
	maxAge time.Duration
	logger *slog.Logger
	begin  func(func(context.Context)) bool // runs work in the background, if it still may

	mu      sync.Mutex
	answers uint64                 // how often the database has answered
	down    bool                   // a check failed, and it has not answered since
	failed  time.Time              // the end of the last check that said so
	begun   time.Time              // the begin of the last check
	running bool                   // a check is under way
	verdict chan struct{}          // closed when a check that somebody wants is decided, nil without
	vain    map[userid.ID]struct{} // who was asked for in vain since it is wanted
}

func newOutage(cfg Config, begin func(func(context.Context)) bool) *outage {
	return &outage{
		ready: cfg.Users.Ready, now: cfg.Now, maxAge: cfg.IdentityMaxAge, logger: cfg.Logger, begin: begin,
		vain: make(map[userid.ID]struct{}),
	}
}

// ask is called before a question; what it returns is for noAnswer.
func (o *outage) ask() uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.answers
}

// answer is called when the database has answered a question, whatever it said.
func (o *outage) answer() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.answered()
}

// noAnswer is called when a question about a user failed. An answer to another
// that came after it was asked, by what ask returned then, says more.
func (o *outage) noAnswer(id userid.ID, asked uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.down || o.answers != asked {
		return
	}
	o.check()
	o.vain[id] = struct{}{}
}

// confirmed is noAnswer for a question about several users, which blames none of them: it
// waits until it is known whether the database answers, and reports whether it does not.
func (o *outage) confirmed(ctx context.Context, asked uint64) bool {
	o.mu.Lock()
	if !o.down && o.answers == asked {
		o.check()
		if verdict := o.verdict; verdict != nil {
			o.mu.Unlock()
			select {
			case <-verdict:
			case <-ctx.Done():
			}
			o.mu.Lock()
		}
	}
	defer o.mu.Unlock()
	return o.down
}

// lasts reports whether the database was found not to answer, at most maxAge
// ago: an old yes about the user is then all there is. While that is not known
// but being found out it waits, but for who was just asked for in vain. In an
// outage that goes on nobody waits, as long as checks fail within maxAge. Its
// error is the context's.
func (o *outage) lasts(ctx context.Context, id userid.ID, now time.Time) (bool, error) {
	o.mu.Lock()
	if o.down && now.Sub(o.begun) >= min(o.maxAge, recheckOutage) {
		o.check()
	}
	_, known := o.vain[id]
	known = known || o.down && now.Sub(o.failed) <= o.maxAge
	verdict := o.verdict
	o.mu.Unlock()
	if known || verdict == nil {
		return known, nil
	}
	select {
	case <-verdict:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.down, nil
}

// check wants the database to be checked from now on; mu is held.
func (o *outage) check() {
	if o.verdict == nil {
		o.verdict = make(chan struct{})
	}
	if !o.running {
		o.running = o.begin(o.checks)
	}
	if !o.running {
		o.down = true // Nobody will find out any more.
		o.decide()
	}
}

// checks runs until nobody waits for a verdict. The store bounds each check's
// time. One that fails although the database has answered something meanwhile
// says nothing; if a question has failed after that answer, another decides.
func (o *outage) checks(ctx context.Context) {
	for wanted := true; wanted; {
		o.mu.Lock()
		asked := o.answers
		o.begun = o.now()
		o.mu.Unlock()

		err := o.isReady(ctx)

		o.mu.Lock()
		switch {
		case !unanswered(err):
			o.answered()
		case asked == o.answers:
			o.down, o.failed = true, o.now()
			o.decide()
		}
		wanted = o.verdict != nil
		o.running = wanted
		o.mu.Unlock()
	}
}

// unanswered reports that an error says nothing but that the database did not
// answer.
func unanswered(err error) bool {
	return errors.Is(err, ErrUnavailable) && !errors.Is(err, ErrUnusable)
}

// isReady is Users.Ready. A panic in there must not end the process, and is no
// outage.
func (o *outage) isReady(ctx context.Context) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			o.logger.ErrorContext(ctx, "panic while checking the user table",
				"cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
			err = errors.New("account: check the user table: panic")
		}
	}()
	return o.ready(ctx)
}

// answered notes an answer; mu is held.
func (o *outage) answered() {
	o.answers++
	o.down = false
	o.decide()
}

// decide lets those go on who wait for a verdict; mu is held.
func (o *outage) decide() {
	if o.verdict != nil {
		close(o.verdict)
		o.verdict = nil
	}
	clear(o.vain)
}
