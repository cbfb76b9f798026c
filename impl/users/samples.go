package users

import (
	"context"
	"fmt"

	"github.com/restauth/restauth/impl/userid"
)

// SampleHashes implements account.Users.
func (s *Store) SampleHashes(ctx context.Context, limit int) ([]string, error) {
	type sample struct {
		ID   rowID  `db:"id"`
		Hash string `db:"hash"`
	}
	// Both ends of the table: the oldest rows tell what the application
	// started with, the newest what it writes today.
	end := func(ctx context.Context, order string, n int, into *[]sample) error {
		*into = nil
		return s.db.SelectContext(ctx, into, fmt.Sprintf(
			"SELECT %[1]s AS id, %[2]s AS hash FROM %[3]s WHERE %[4]s IS NOT NULL AND %[1]s <= %[5]s ORDER BY %[1]s %[6]s LIMIT ?",
			s.names.id, boundedHash(s.names.password), s.names.table, s.names.password, s.engine.largestID(), order), n)
	}
	if limit <= 0 {
		return nil, nil
	}
	var oldest, newest []sample
	err := s.read(ctx, "sample stored hashes", func(ctx context.Context) error {
		if err := end(ctx, "ASC", (limit+1)/2, &oldest); err != nil {
			return err
		}
		return end(ctx, "DESC", limit/2, &newest)
	})
	if err != nil {
		return nil, err
	}
	hashes := make([]string, 0, limit)
	seen := make(map[userid.ID]bool, limit)
	for _, row := range append(oldest, newest...) {
		if row.ID.usable && !seen[row.ID.value] { // the ends of a short table overlap
			seen[row.ID.value] = true
			hashes = append(hashes, row.Hash)
		}
	}
	return hashes, nil
}
