package users

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"unicode/utf8"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/userid"
)

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// FindByID implements account.Users.
func (s *Store) FindByID(ctx context.Context, id userid.ID) (account.User, error) {
	var found row
	err := s.read(ctx, "find user by id", func(ctx context.Context) error {
		p, err := s.looked(ctx)
		if err != nil {
			return err
		}
		args, ok := p.idArgs(id)
		if !ok {
			return sql.ErrNoRows // none can have it
		}
		stmt, err := s.prepared(ctx, &p.byID)
		if err != nil {
			return err
		}
		err = stmt.GetContext(ctx, &found, args...)
		if err != nil && s.engine.inexpressible(err) && !ascii(id.String()) {
			return sql.ErrNoRows
		}
		p.keys.read(&found.ID)
		p.unpad(&found)
		return err
	})
	if err != nil {
		return account.User{}, err
	}
	if !found.ID.usable || !found.ID.value.Equal(id) { // whatever the database takes for equal
		return account.User{}, account.ErrUserNotFound
	}
	return found.user(), nil
}

// idArgs are the arguments of byID; false where no row can have the id.
func (p *plan) idArgs(id userid.ID) ([]any, bool) {
	key, ok := p.keys.argument(id)
	if !ok {
		return nil, false
	}
	args := make([]any, 1, 2+len(p.filtered))
	args[0] = key
	if p.keys.exact() {
		args = append(args, key)
	}
	return append(args, p.filtered...), true
}

// FindByIDs implements account.Several. Where several rows have one id it is any of
// them, as with FindByID.
func (s *Store) FindByIDs(ctx context.Context, ids []userid.ID) (map[userid.ID]account.User, error) {
	found := make(map[userid.ID]account.User, len(ids))
	for named := range slices.Chunk(ids, mostIDs) {
		rows, err := s.rowsOf(ctx, named)
		if err != nil && s.engine.inexpressible(err) { // which of them is not said, but only such can be
			var others []userid.ID
			named, others = plain(named)
			if err := s.eachOf(ctx, others, found); err != nil {
				return nil, err
			}
			rows, err = s.rowsOf(ctx, named)
		}
		if len(named) == 1 || len(rows) == mostRows { // there may be more, and of some ids none yet
			if err := s.eachOf(ctx, named, found); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if r.ID.usable && slices.Contains(named, r.ID.value) {
				found[r.ID.value] = r.user()
			}
		}
	}
	return found, nil
}

// plain are the ids that any character set has, and the others.
func plain(ids []userid.ID) (plain, others []userid.ID) {
	for _, id := range ids {
		if ascii(id.String()) {
			plain = append(plain, id)
		} else {
			others = append(others, id)
		}
	}
	return plain, others
}

// eachOf finds them one by one.
func (s *Store) eachOf(ctx context.Context, ids []userid.ID, found map[userid.ID]account.User) error {
	for _, id := range ids {
		user, err := s.FindByID(ctx, id)
		if err == nil {
			found[id] = user
		} else if !errors.Is(err, account.ErrUserNotFound) {
			return err
		}
	}
	return nil
}

// rowsOf returns the rows of up to mostIDs ids, and mostRows at the most.
func (s *Store) rowsOf(ctx context.Context, ids []userid.ID) (rows []row, err error) {
	if len(ids) < 2 {
		return nil, nil // one is FindByID's
	}
	err = s.read(ctx, "find users by id", func(ctx context.Context) error {
		p, err := s.looked(ctx)
		if err != nil {
			return err
		}
		query, args := p.several(ids)
		if query == nil {
			return nil
		}
		stmt, err := s.prepared(ctx, query)
		if err != nil {
			return err
		}
		answer, err := stmt.QueryContext(ctx, args...)
		if err != nil {
			return err
		}
		defer func() { _ = answer.Close() }()
		rows, err = p.readAll(answer, len(ids))
		return err
	})
	return rows, err
}

// readAll reads ids and names by hand: sqlx takes twice as long for a row.
func (p *plan) readAll(answer *sql.Rows, most int) ([]row, error) {
	rows, names := make([]row, 0, most), make([]sql.NullString, 0, most)
	for answer.Next() {
		rows, names = append(rows, row{}), append(names, sql.NullString{})
		r, name := &rows[len(rows)-1], &names[len(names)-1]
		if err := answer.Scan(&r.ID, name); err != nil {
			return nil, err
		}
		if name.Valid {
			r.Username = &name.String
		}
		p.keys.read(&r.ID)
		p.unpad(r)
	}
	return rows, answer.Err()
}

// several is the smallest of byIDs with its arguments, nil where no row can have any of
// the ids.
func (p *plan) several(ids []userid.ID) (*statement, []any) {
	args := make([]any, 0, mostIDs+len(p.filtered))
	for _, id := range ids {
		if key, ok := p.keys.argument(id); ok {
			args = append(args, key)
		}
	}
	if len(args) == 0 {
		return nil, nil
	}
	i := 0
	for len(args) > idsAtOnce[i] {
		i++
	}
	for len(args) < idsAtOnce[i] {
		args = append(args, args[len(args)-1]) // the last one again where there are fewer
	}
	return &p.byIDs[i], append(args, p.filtered...)
}
