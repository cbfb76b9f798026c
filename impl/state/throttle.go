package state

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/restauth/restauth/impl/throttle"
)

const (
	// mostRows is how many rows one statement takes: SQLite has at most 32,766 values.
	mostRows = 256
	// clearedFor is how long it is remembered that a key was cleared: longer than any row
	// is that may have times of before.
	clearedFor = throttle.Month + throttle.Day
)

// Guesses keeps failed logins, as throttle.Store says. Each method is a question or a
// change of its own.
type Guesses struct{ state *State }

var _ throttle.Store = Guesses{}

// Guesses are the failed logins that the database keeps.
func (s *State) Guesses() Guesses { return Guesses{s} }

// guessRow is a row as it is read.
type guessRow struct {
	Digest       []byte
	Writer       int64
	Kind         string
	UserID       string `db:"user_id"`
	Address      string
	Times        []byte
	Expires      int64 `db:"expires_at"`
	ClearedUntil int64 `db:"cleared_until"`
}

const readGuesses = "SELECT t.digest, t.writer, t.kind, t.user_id, t.address, t.times, t.expires_at, COALESCE(c.cleared_until, 0) AS cleared_until " +
	"FROM restauth_throttle t LEFT JOIN restauth_throttle_clear c ON c.digest = t.digest "

// Put implements throttle.Store.
func (g Guesses) Put(ctx context.Context, rows []throttle.Row) error {
	// Always in one order, so that two who put the same keys wait and do not lose.
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b throttle.Row) int { return bytes.Compare(a.Key[:], b.Key[:]) })
	return g.state.Change(ctx, "count failed logins", func(ctx context.Context, tx *sqlx.Tx) error {
		for part := range slices.Chunk(rows, mostRows) {
			if err := putGuesses(ctx, tx, part); err != nil {
				return err
			}
		}
		return nil
	})
}

func putGuesses(ctx context.Context, tx *sqlx.Tx, rows []throttle.Row) error {
	var put []any
	for _, row := range rows {
		if len(row.Times) == 0 {
			const gone = "DELETE FROM restauth_throttle WHERE digest = ? AND writer = ?"
			if _, err := tx.ExecContext(ctx, gone, row.Key[:], signed(row.Writer)); err != nil {
				return err
			}
			continue
		}
		times := make([]byte, 0, 4*len(row.Times))
		for _, at := range row.Times {
			times = binary.BigEndian.AppendUint32(times, at)
		}
		put = append(put, row.Key[:], signed(row.Writer), string(rune(row.Kind)), row.UserID, row.Address, times, row.Expires)
	}
	if len(put) == 0 {
		return nil
	}
	const values = "(?, ?, ?, ?, ?, ?, ?)"
	_, err := tx.ExecContext(ctx, "REPLACE INTO restauth_throttle (digest, writer, kind, user_id, address, times, expires_at) VALUES "+
		values+strings.Repeat(", "+values, len(put)/7-1), put...)
	return err
}

// signed is a writer as the databases have it.
func signed(writer uint64) int64 { return int64(writer) } //nolint:gosec // its bits

// Rows implements throttle.Store.
func (g Guesses) Rows(ctx context.Context, keys []throttle.Key) (all []throttle.Row, err error) {
	for part := range slices.Chunk(keys, mostRows) {
		rows, err := g.read(ctx, "WHERE t.digest IN (?"+strings.Repeat(", ?", len(part)-1)+")", digests(part)...)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

func digests(keys []throttle.Key) (values []any) {
	for _, key := range keys {
		values = append(values, key[:])
	}
	return values
}

// All implements throttle.Store.
func (g Guesses) All(ctx context.Context, most int) ([]throttle.Row, error) {
	return g.read(ctx, "ORDER BY t.expires_at DESC LIMIT ?", most)
}

func (g Guesses) read(ctx context.Context, which string, values ...any) ([]throttle.Row, error) {
	var rows []guessRow
	err := g.state.read(ctx, "read failed logins", func(ctx context.Context) error {
		rows = rows[:0]
		return g.state.db.SelectContext(ctx, &rows, readGuesses+which, values...)
	})
	if err != nil {
		return nil, err
	}
	all := make([]throttle.Row, 0, len(rows))
	for i := range rows {
		row, err := rows[i].row()
		if err != nil {
			return nil, err
		}
		if len(row.Times) > 0 {
			all = append(all, row)
		}
	}
	return all, nil
}

// row is what was not cleared of it.
func (r *guessRow) row() (throttle.Row, error) {
	if len(r.Digest) != len(throttle.Key{}) || len(r.Times)%4 != 0 || len(r.Kind) != 1 {
		return throttle.Row{}, fmt.Errorf("a row of restauth_throttle is malformed (digest of %d bytes, times of %d)", len(r.Digest), len(r.Times))
	}
	row := throttle.Row{
		Key: throttle.Key(r.Digest), Writer: uint64(r.Writer), Kind: throttle.Kind(r.Kind[0]), //nolint:gosec // its bits
		UserID: r.UserID, Address: r.Address, Expires: uint32(r.Expires), //nolint:gosec // until 2106
	}
	for times := r.Times; len(times) > 0; times = times[4:] {
		if at := binary.BigEndian.Uint32(times); int64(at) > r.ClearedUntil {
			row.Times = append(row.Times, at)
		}
	}
	return row, nil
}

// Clear implements throttle.Store.
func (g Guesses) Clear(ctx context.Context, keys []throttle.Key, until uint32) error {
	return g.state.Change(ctx, "clear failed logins", func(ctx context.Context, tx *sqlx.Tx) error {
		for _, key := range keys {
			if _, err := tx.ExecContext(ctx, "REPLACE INTO restauth_throttle_clear (digest, cleared_until) VALUES (?, ?)", key[:], until); err != nil {
				return err
			}
		}
		return nil
	})
}

// Cleared implements throttle.Store.
func (g Guesses) Cleared(ctx context.Context, since uint32) ([]throttle.Clearing, error) {
	var rows []struct {
		Digest []byte
		Until  int64 `db:"cleared_until"`
	}
	err := g.state.read(ctx, "read what was cleared", func(ctx context.Context) error {
		rows = rows[:0]
		return g.state.db.SelectContext(ctx, &rows, "SELECT digest, cleared_until FROM restauth_throttle_clear WHERE cleared_until >= ?", since)
	})
	if err != nil {
		return nil, err
	}
	all := make([]throttle.Clearing, 0, len(rows))
	for _, row := range rows {
		if len(row.Digest) == len(throttle.Key{}) {
			all = append(all, throttle.Clearing{Key: throttle.Key(row.Digest), Until: uint32(row.Until)}) //nolint:gosec // until 2106
		}
	}
	return all, nil
}

// Prune implements throttle.Store. It takes rows by their keys, a few at once, so that
// nobody who counts waits for it.
func (g Guesses) Prune(ctx context.Context, now uint32) error {
	for {
		var old []guessRow
		err := g.state.read(ctx, "find old failed logins", func(ctx context.Context) error {
			old = old[:0]
			return g.state.db.SelectContext(ctx, &old, "SELECT digest, writer FROM restauth_throttle WHERE expires_at < ? LIMIT ?", now, mostRows)
		})
		if err != nil {
			return err
		}
		err = g.state.Change(ctx, "forget old failed logins", func(ctx context.Context, tx *sqlx.Tx) error {
			for _, row := range old {
				if _, err := tx.ExecContext(ctx, "DELETE FROM restauth_throttle WHERE digest = ? AND writer = ? AND expires_at < ?", row.Digest, row.Writer, now); err != nil {
					return err
				}
			}
			_, err := tx.ExecContext(ctx, "DELETE FROM restauth_throttle_clear WHERE cleared_until < ?", int64(now)-int64(clearedFor/time.Second))
			return err
		})
		if err != nil || len(old) < mostRows {
			return err
		}
	}
}
