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
		r.once(ctx, found, noKey)
	}
	if ok && len(rows) > 1 && rows[1].Username != nil && *rows[1].Username == username {
		r.once(ctx, found, "several rows have exactly the same user name; only the one with the lowest key can log in", "other_id", rows[1].ID.String())
	}
}

// reportAmong looks at what several columns of names found.
func (r *reports) reportAmong(ctx context.Context, found row, ok bool, other *row) {
	switch {
	case r.log == nil:
	case other != nil && !ok:
		r.once(ctx, found, "several users have a name, or an address, that is equal to what somebody typed; by that nobody can log in", "other_id", other.ID.String())
	case other != nil:
		r.once(ctx, found, "a user's name is another user's as well, who cannot log in by it; the column that is named first decides", "other_id", other.ID.String())
	case ok && !found.ID.usable:
		r.once(ctx, found, noKey)
	}
}

// noKey is said of a row whose key no token could name.
const noKey = "a row's key is none that a token can carry, a whole number, or a text of 1 to 255 characters without U+0000; nobody can log in by that row"

// once warns, unless it did. The name is only told where the row has no key.
func (r *reports) once(ctx context.Context, of row, message string, more ...any) {
	r.note(ctx, slog.LevelWarn, of, message, more...)
}

// note is once for what is no warning too.
func (r *reports) note(ctx context.Context, level slog.Level, of row, message string, more ...any) {
	if r.log == nil {
		return
	}
	id := of.ID.String()
	name := of.typed()
	if r.add(sha256.Sum256([]byte(message + "\x00" + id + "\x00" + name))) {
		attrs := append([]any{"id", id}, more...)
		if id == null {
			attrs = append(attrs, "username", database.Said(name))
		}
		r.log.Log(ctx, level, message, attrs...)
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
