package state

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/restauth/restauth/impl/account"
)

// mostPruned is how many users' sightings, and how many places, are forgotten in one
// change: a large one would hold up others, and in a Galera cluster all nodes.
const mostPruned = 200

var _ account.AddressBook = (*State)(nil)

// sighting is a row of restauth_known_address.
type sighting struct {
	Address []byte `db:"address"`
	Day     int    `db:"day"`
}

// Sightings implements account.AddressBook.
func (s *State) Sightings(ctx context.Context, userID int64, since, most int) ([]account.Sighting, error) {
	const (
		op   = "read known addresses"
		read = "SELECT address, day FROM restauth_known_address WHERE user_id = ? AND day >= ? ORDER BY day DESC, address LIMIT ?"
	)
	inner, cancel := context.WithTimeout(ctx, s.engine.timeout())
	defer cancel()
	var rows []sighting
	if err := s.db.SelectContext(inner, &rows, read, userID, since, most); err != nil {
		return nil, s.wrap(ctx, op, err)
	}
	sightings := make([]account.Sighting, 0, len(rows))
	for _, row := range rows {
		if len(row.Address) != len(account.AddressKey{}) {
			return nil, fmt.Errorf("%s: %w: a digest has %d bytes", op, account.ErrUnavailable, len(row.Address))
		}
		sightings = append(sightings, account.Sighting{Address: account.AddressKey(row.Address), Day: row.Day})
	}
	return sightings, nil
}

// KnowsPlace implements account.AddressBook.
func (s *State) KnowsPlace(ctx context.Context, place account.AddressKey, since int) (known bool, err error) {
	const read = "SELECT COUNT(*) > 0 FROM restauth_known_place WHERE address = ? AND day >= ?"
	inner, cancel := context.WithTimeout(ctx, s.engine.timeout())
	defer cancel()
	err = s.db.GetContext(inner, &known, read, place[:], since)
	return known, s.wrap(ctx, "read a known place", err)
}

// Sight implements account.AddressBook.
func (s *State) Sight(ctx context.Context, visit account.Visit, most int) error {
	const (
		all    = "SELECT address FROM restauth_known_address WHERE user_id = ? ORDER BY day DESC, address <> ?, address"
		forget = "DELETE FROM restauth_known_address WHERE user_id = ? AND address = ?"
	)
	return s.Change(ctx, "write a known address down", func(ctx context.Context, tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, s.engine.sightAt(), visit.Place[:], visit.Day); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, s.engine.sight(), visit.UserID, visit.Address[:], visit.Day); err != nil {
			return err
		}
		var addresses [][]byte
		if err := tx.SelectContext(ctx, &addresses, all, visit.UserID, visit.Address[:]); err != nil {
			return err
		}
		for _, address := range addresses[min(len(addresses), most):] {
			if _, err := tx.ExecContext(ctx, forget, visit.UserID, address); err != nil {
				return err
			}
		}
		return nil
	})
}

// PruneSightings implements account.AddressBook.
func (s *State) PruneSightings(ctx context.Context, before int) (more bool, err error) {
	const (
		users    = "SELECT DISTINCT user_id FROM restauth_known_address WHERE day < ? LIMIT ?"
		ofUsers  = "DELETE FROM restauth_known_address WHERE day < ? AND user_id IN (?)"
		places   = "SELECT address FROM restauth_known_place WHERE day < ? LIMIT ?"
		ofPlaces = "DELETE FROM restauth_known_place WHERE day < ? AND address IN (?)"
	)
	err = s.Change(ctx, "forget old addresses", func(ctx context.Context, tx *sqlx.Tx) error {
		moreUsers, err := prune[int64](ctx, tx, users, ofUsers, before)
		if err != nil {
			return err
		}
		morePlaces, err := prune[[]byte](ctx, tx, places, ofPlaces, before)
		more = moreUsers || morePlaces
		return err
	})
	return more, err
}

// prune deletes by the keys that a query finds, and reports whether there may be more.
func prune[K any](ctx context.Context, tx *sqlx.Tx, find, forget string, before int) (more bool, err error) {
	var keys []K
	if err := tx.SelectContext(ctx, &keys, find, before, mostPruned); err != nil || len(keys) == 0 {
		return false, err
	}
	query, args, err := sqlx.In(forget, before, keys)
	if err != nil {
		return false, err
	}
	_, err = tx.ExecContext(ctx, query, args...)
	return len(keys) == mostPruned, err
}
