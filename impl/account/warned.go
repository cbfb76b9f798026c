package account

import (
	"context"
	"sync"

	"github.com/restauth/restauth/impl/audit"
	"github.com/restauth/restauth/impl/userid"
)

// mostWarned bounds what is remembered of warnings.
const mostWarned = 10_000

// warnOnce records what is wrong with a row, once for each row and reason: an operator
// has to see each, a log must not fill with one. The detail holds nothing of the hash.
func (s *Service) warnOnce(ctx context.Context, record Record, reason audit.Reason, method, detail string) {
	if !s.warned.add(warning{record.ID, reason, method}) {
		return
	}
	outcome := audit.OutcomeFailure
	if reason == audit.ReasonWeakHash {
		outcome = audit.OutcomeSuccess
	}
	s.audit.Record(ctx, audit.Event{
		Kind: audit.KindStoredHash, Outcome: outcome, Reason: reason,
		Account: audit.Known(record.ID, record.Username), Method: method, Detail: detail,
	})
}

// warning is what a user was warned of: two of them about one user are two things
// to mend.
type warning struct {
	userID userid.ID
	reason audit.Reason
	method string
}

// onceSet remembers warnings up to a bound. Beyond it nothing is new any more: the
// log then lacks a warning rather than the process its memory.
type onceSet struct {
	mu   sync.Mutex
	seen map[warning]struct{}
}

func (o *onceSet) add(w warning) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, ok := o.seen[w]; ok || len(o.seen) >= mostWarned {
		return false
	}
	if o.seen == nil {
		o.seen = make(map[warning]struct{})
	}
	o.seen[w] = struct{}{}
	return true
}
