package users

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"sync"

	"github.com/restauth/restauth/impl/database"
)

// mostReported bounds what is remembered of rows that were warned of, about 100
// bytes each. Beyond it nothing is new any more.
const mostReported = 10_000

// reports warns of rows that keep somebody from logging in, once for each row and
// thing that is wrong with it. Whoever tries gets the answer to a wrong password,
// which tells nobody that the table is at fault.
type reports struct {
	log  *slog.Logger // nil for none
	mu   sync.Mutex
	seen map[[sha256.Size]byte]struct{}
}

// report looks at the rows that a name found. The usual ones, none and one that is
// whole, cost nothing.
func (r *reports) report(ctx context.Context, rows []row, username string) {
	if r.log == nil || len(rows) == 0 || len(rows) == 1 && rows[0].Username != nil && rows[0].ID.usable {
		return
	}
	first := rows[0]
	found, ok := choose(rows, username)
	switch {
	case first.Username == nil:
		r.once(ctx, first, "a user name in the table is too long for anyone's; nobody can log in by that row")
	case !ok:
		r.once(ctx, first, "several users have names that are equal to what somebody typed, none exactly; they have to type theirs exactly", "other_id", rows[1].ID.String())
	case !found.ID.usable:
		r.once(ctx, found, "a row's key is none that a token can carry, a whole number; nobody can log in by that row")
	}
	if ok && len(rows) > 1 && rows[1].Username != nil && *rows[1].Username == username {
		r.once(ctx, found, "several rows have exactly the same user name; only the one with the lowest key can log in", "other_id", rows[1].ID.String())
	}
}

// once warns, unless it did. The name is only told where the row has no key.
func (r *reports) once(ctx context.Context, of row, message string, more ...any) {
	id := of.ID.String()
	name := deref(of.Username)
	if r.add(sha256.Sum256([]byte(message + "\x00" + id + "\x00" + name))) {
		attrs := append([]any{"id", id}, more...)
		if id == null {
			attrs = append(attrs, "username", database.Said(name))
		}
		r.log.WarnContext(ctx, message, attrs...)
	}
}

func (r *reports) add(what [sha256.Size]byte) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.seen[what]; ok || len(r.seen) >= mostReported {
		return false
	}
	if r.seen == nil {
		r.seen = make(map[[sha256.Size]byte]struct{})
	}
	r.seen[what] = struct{}{}
	return true
}
