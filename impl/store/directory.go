package store

import (
	"context"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/restauth/restauth/impl/account"
)

// write runs a change on restauth's own database.
func (s *Store) write(ctx context.Context, op string, change func(context.Context) error) error {
	if s.writer == nil {
		return fmt.Errorf("%s: %w", op, ErrReadOnlyUsers)
	}
	inner, cancel := context.WithTimeout(ctx, writeLimit)
	defer cancel()
	err := change(inner)
	switch {
	case errors.Is(err, account.ErrUserExists), errors.Is(err, account.ErrUserNotFound):
		return err
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		return fmt.Errorf("%s: %w: not done within %v", op, account.ErrUnavailable, writeLimit)
	}
	return s.wrap(ctx, op, err)
}

// nullable stores no hash as NULL: that user cannot log in.
func nullable(hash string) *string {
	if hash == "" {
		return nil
	}
	return &hash
}

// Add implements account.Directory; the hash may be "" for a user who cannot
// log in yet. Names differ as soon as one byte does. Where the table is someone
// else's it returns ErrReadOnlyUsers.
func (s *Store) Add(ctx context.Context, username, passwordHash string) (account.User, error) {
	user := account.User{Username: username}
	err := s.write(ctx, "add user", func(ctx context.Context) error {
		result, err := s.writer.ExecContext(ctx, fmt.Sprintf("INSERT INTO %s (%s, %s) VALUES (?, ?)",
			s.names.table, s.names.username, s.names.password), username, nullable(passwordHash))
		if failure := (*sqlite.Error)(nil); errors.As(err, &failure) && failure.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE {
			return account.ErrUserExists
		}
		if err != nil {
			return err
		}
		user.ID, err = result.LastInsertId()
		return err
	})
	if err != nil {
		return account.User{}, err
	}
	return user, nil
}

// List implements account.Directory. Where the table is someone else's it
// returns ErrReadOnlyUsers.
func (s *Store) List(ctx context.Context) ([]account.User, error) {
	var rows []row
	err := s.write(ctx, "list users", func(ctx context.Context) error {
		return s.db.SelectContext(ctx, &rows, fmt.Sprintf("SELECT %s AS id, %s AS username FROM %s ORDER BY %[1]s",
			s.names.id, s.names.username, s.names.table))
	})
	if err != nil {
		return nil, err
	}
	users := make([]account.User, len(rows))
	for i, row := range rows {
		users[i] = row.user()
	}
	return users, nil
}

// SetPasswordHash implements account.Directory; "" stores NULL. Where the table
// is someone else's it returns ErrReadOnlyUsers.
func (s *Store) SetPasswordHash(ctx context.Context, id int64, passwordHash string) error {
	return s.changeOne(ctx, "set password", fmt.Sprintf("UPDATE %s SET %s = ? WHERE %s = ?",
		s.names.table, s.names.password, s.names.id), nullable(passwordHash), id)
}

// Delete implements account.Directory. The id is never given to anyone else.
// Where the table is someone else's it returns ErrReadOnlyUsers.
func (s *Store) Delete(ctx context.Context, id int64) error {
	return s.changeOne(ctx, "delete user", fmt.Sprintf("DELETE FROM %s WHERE %s = ?", s.names.table, s.names.id), id)
}

// changeOne runs a statement that must change a row.
func (s *Store) changeOne(ctx context.Context, op, statement string, args ...any) error {
	return s.write(ctx, op, func(ctx context.Context) error {
		result, err := s.writer.ExecContext(ctx, statement, args...)
		if err != nil {
			return err
		}
		changed, err := result.RowsAffected()
		if err == nil && changed == 0 {
			return account.ErrUserNotFound
		}
		return err
	})
}

// Secret returns the secret that restauth's own database keeps, after storing
// what generate returns if there is none yet. Processes that ask at the same
// time all get the same one. Where the table is someone else's it returns
// ErrReadOnlyUsers: the secret has to be configured.
func (s *Store) Secret(ctx context.Context, generate func() ([]byte, error)) ([]byte, error) {
	const name = "secret"
	var secret []byte
	stored := func(ctx context.Context) error {
		return s.writer.GetContext(ctx, &secret, "SELECT value FROM restauth_setting WHERE name = ?", name)
	}
	const op = "keep the secret"
	if err := s.write(ctx, op, stored); !errors.Is(err, account.ErrUserNotFound) { // no rows
		return secret, err
	}
	fresh, err := generate()
	if err != nil {
		return nil, fmt.Errorf("generate a secret: %w", err)
	}
	err = s.write(ctx, op, func(ctx context.Context) error {
		if _, err := s.writer.ExecContext(ctx,
			"INSERT INTO restauth_setting (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING", name, fresh); err != nil {
			return err
		}
		return stored(ctx) // another process may have been first
	})
	return secret, err
}
