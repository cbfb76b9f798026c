package users

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/restauth/restauth/impl/account"
)

// FindByUsername implements account.Users.
func (s *Store) FindByUsername(ctx context.Context, username string) (account.Record, error) {
	if !utf8.ValidString(username) {
		return account.Record{}, account.ErrUserNotFound // no text column holds it
	}
	var (
		found row
		ok    bool
		p     *plan
	)
	err := s.read(ctx, "find user by name", func(ctx context.Context) (err error) {
		if err = s.nameLookups.take(ctx); err != nil {
			return err
		}
		defer s.nameLookups.leave()
		if p, err = s.looked(ctx); err != nil {
			return err
		}
		found, ok, err = s.called(ctx, p, username)
		return err
	})
	if err != nil {
		return account.Record{}, err
	}
	if !ok || !found.ID.usable {
		return account.Record{}, account.ErrUserNotFound
	}
	return account.Record{User: found.user(), PasswordHash: p.hash(deref(found.Password)), Salt: deref(found.Salt)}, nil
}

// hash is a stored hash without the zero bytes that fill a BINARY column.
func (p *plan) hash(stored string) string {
	if p.paddedHash {
		return strings.TrimRight(stored, "\x00")
	}
	return stored
}

// unpad takes the zero bytes away that fill a BINARY column of names; nobody can type them.
func (p *plan) unpad(r *row) {
	if !p.paddedName {
		return
	}
	for _, name := range []*string{r.Username, r.Matched} {
		if name != nil {
			*name = strings.TrimRight(*name, "\x00")
		}
	}
}

// called finds the row that a name stands for.
func (s *Store) called(ctx context.Context, p *plan, username string) (row, bool, error) {
	if len(p.byName) > 1 {
		return s.calledInSeveral(ctx, p, username)
	}
	rows, err := s.rowsNamed(ctx, p, p.byName[0], username)
	if err != nil {
		return row{}, false, err
	}
	if len(rows) == 0 && !ascii(username) {
		return s.otherwiseSpelt(ctx, p, username)
	}
	s.reports.report(ctx, rows, username)
	found, ok := choose(rows, username)
	return found, ok, nil
}

// rowsNamed are the rows that a column finds for a name: two at most, exact ones first.
func (s *Store) rowsNamed(ctx context.Context, p *plan, by *nameStatement, username string) (rows []row, err error) {
	stmt, err := s.prepared(ctx, &by.statement)
	if err != nil {
		return nil, err
	}
	if len(p.filtered) == 0 {
		err = stmt.SelectContext(ctx, &rows, username, username)
	} else {
		args := append(make([]any, 0, 2+len(p.filtered)), username)
		err = stmt.SelectContext(ctx, &rows, append(append(args, p.filtered...), username)...)
	}
	if err != nil && s.engine.inexpressible(err) && !ascii(username) {
		// Every character set here holds ASCII, so for an ASCII name the same
		// answer would mean that something is wrong with the table.
		return nil, nil
	}
	for i := range rows {
		p.keys.read(&rows[i].ID)
		p.unpad(&rows[i])
	}
	if by.padded { // Too long a name was cut to be compared.
		rows = slices.DeleteFunc(rows, func(r row) bool { return r.typed() != username })
	}
	return rows, err
}

// calledInSeveral goes through the columns in their order: exact bytes in an earlier one
// win, then the one user that any of them finds by its collation.
func (s *Store) calledInSeveral(ctx context.Context, p *plan, username string) (row, bool, error) {
	columns := make([][]row, 0, len(p.byName))
	none := true
	for _, by := range p.byName { // always all, so that no answer comes sooner
		rows, err := s.rowsNamed(ctx, p, by, username)
		if err != nil {
			return row{}, false, err
		}
		none = none && len(rows) == 0
		columns = append(columns, rows)
	}
	if none && !ascii(username) {
		return s.otherwiseSpelt(ctx, p, username)
	}
	found, ok, other := chooseAmong(columns, username)
	s.reports.reportAmong(ctx, found, ok, other)
	return found, ok, nil
}

// chooseAmong chooses among the rows that each column found. other is a row of another
// user who has the name too: with ok that user is passed over, without it nobody is found.
func chooseAmong(columns [][]row, username string) (found row, ok bool, other *row) {
	at := 0
	for i, rows := range columns {
		for j := range rows {
			r := &rows[j]
			switch {
			case r.Matched == nil || *r.Matched != username:
			case !ok:
				found, ok, at = *r, true, i
			case r.ID.String() == found.ID.String():
			case i > 0 && at == i: // two users with one address, say
				first := found
				return *r, false, &first
			default:
				other = r
			}
		}
	}
	if ok {
		return found, true, other
	}
	for _, rows := range columns {
		for j := range rows {
			switch r := &rows[j]; {
			case r.Matched == nil:
			case !ok:
				found, ok = *r, true
			case r.ID.String() != found.ID.String():
				return found, false, r
			}
		}
	}
	return found, ok, nil
}
