package pool

import (
	"log/slog"
	"time"
)

// calm is how long all has to go well after a disturbance until another is told
// of. It is longer than childPause: within that no child is tried.
const calm = 5 * time.Minute

// trouble is a disturbance: children that end or hang, or cannot be started. It is told
// when it begins, and when it has been over for calm, but not each time in
// between: whoever ends child after child must not fill the log. The gate's lock
// guards it.
type trouble struct {
	log      *slog.Logger
	calm     time.Duration
	children int         // that were lost
	logins   int         // that were under way then
	refused  int         // of them, as their second child ended too
	given    bool        // it was told that hashing goes on in this process
	over     *time.Timer // runs while all goes well; nil before
	until    time.Time   // when it ends
}

// lost is a child that ended, or is ended for it hangs, with so many logins under way.
func (t *trouble) lost(message string, logins int, args ...any) {
	t.again()
	t.children++
	t.logins += logins
	if t.children == 1 {
		t.log.Warn(message, append(args, "logins_under_way", logins)...)
	}
}

// givenUp is for a system that lets no child live.
func (t *trouble) givenUp(message string, err error) {
	t.again()
	if !t.given {
		t.given = true
		t.log.Error(message, "error", err)
	}
}

// again: it is not over.
func (t *trouble) again() {
	if t.over != nil {
		t.over.Stop()
		t.over = nil
	}
}

// served is a verification that a child has done. It calls done, which takes the
// lock, when that has been so for calm.
func (t *trouble) served(done func()) {
	if t.over == nil && (t.children > 0 || t.given) {
		t.until = time.Now().Add(t.calm)
		t.over = time.AfterFunc(t.calm, done)
	}
}

// end says what the first line could not say yet, unless it goes on.
func (t *trouble) end() {
	if t.over == nil || time.Now().Before(t.until) {
		return
	}
	if t.children > 1 || t.given {
		t.log.Info("the process that checks passwords stays again",
			"lost", t.children, "logins_under_way", t.logins, "logins_refused", t.refused)
	}
	*t = trouble{log: t.log, calm: t.calm}
}
