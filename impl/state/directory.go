package state

import (
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/userid"
)

// change runs a change of the users.
func (e *Embedded) change(ctx context.Context, op string, do func(context.Context, *sqlx.Tx) error) error {
	if e.state == nil {
		return fmt.Errorf("%s: %w", op, ErrReadOnlyUsers)
	}
	return e.state.Change(ctx, op, do)
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
func (e *Embedded) Add(ctx context.Context, username, passwordHash string) (account.User, error) {
	user := account.User{Username: username}
	err := e.change(ctx, "add user", func(ctx context.Context, tx *sqlx.Tx) error {
		result, err := tx.ExecContext(ctx, fmt.Sprintf("INSERT INTO %s (%s, %s) VALUES (?, ?)",
			e.names.Table, e.names.Username, e.names.Password), username, nullable(passwordHash))
		if failure := (*sqlite.Error)(nil); errors.As(err, &failure) && failure.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE {
			return Refuse(account.ErrUserExists)
		}
		if err != nil {
			return err
		}
		id, err := result.LastInsertId()
		user.ID = userid.Number(id)
		return err
	})
	if err != nil {
		return account.User{}, err
	}
	return user, nil
}

// List implements account.Directory. Where the table is someone else's it
// returns ErrReadOnlyUsers.
func (e *Embedded) List(ctx context.Context) ([]account.User, error) {
	const op = "list users"
	if e.state == nil {
		return nil, fmt.Errorf("%s: %w", op, ErrReadOnlyUsers)
	}
	var rows []struct {
		ID       int64
		Username string
	}
	err := e.file.Reader.SelectContext(ctx, &rows, fmt.Sprintf("SELECT %s AS id, %s AS username FROM %s ORDER BY %[1]s",
		e.names.ID, e.names.Username, e.names.Table))
	users := make([]account.User, 0, len(rows))
	for _, row := range rows {
		users = append(users, account.User{ID: userid.Number(row.ID), Username: row.Username})
	}
	return users, e.state.wrap(ctx, op, err)
}

// SetPasswordHash implements account.Directory; "" stores NULL. Where the table
// is someone else's it returns ErrReadOnlyUsers.
func (e *Embedded) SetPasswordHash(ctx context.Context, id userid.ID, passwordHash string) error {
	return e.changeOne(ctx, "set password", fmt.Sprintf("UPDATE %s SET %s = ? WHERE %s = ?",
		e.names.Table, e.names.Password, e.names.ID), nullable(passwordHash), number(id))
}

// Delete implements account.Directory. The id is never given to anyone else.
// Where the table is someone else's it returns ErrReadOnlyUsers.
func (e *Embedded) Delete(ctx context.Context, id userid.ID) error {
	return e.changeOne(ctx, "delete user", fmt.Sprintf("DELETE FROM %s WHERE %s = ?", e.names.Table, e.names.ID), number(id))
}

// number is an id as the table has it; NULL, which no row has, where it is none of this
// table's.
func number(id userid.ID) *int64 {
	if n, ok := id.Int64(); ok {
		return &n
	}
	return nil
}

// changeOne runs a statement that must change a row.
func (e *Embedded) changeOne(ctx context.Context, op, statement string, args ...any) error {
	return e.change(ctx, op, func(ctx context.Context, tx *sqlx.Tx) error {
		result, err := tx.ExecContext(ctx, statement, args...)
		if err != nil {
			return err
		}
		changed, err := result.RowsAffected()
		if err == nil && changed == 0 {
			return Refuse(account.ErrUserNotFound)
		}
		return err
	})
}
