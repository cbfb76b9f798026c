package users

import (
	"context"
	"fmt"
	"slices"

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
		p, err := s.looked(ctx)
		if err != nil {
			return err
		}
		err = s.db.SelectContext(ctx, into, fmt.Sprintf(p.sample, order), append(slices.Clone(p.filtered), n)...)
		for i := range *into {
			p.keys.read(&(*into)[i].ID)
			(*into)[i].Hash = p.hash((*into)[i].Hash)
		}
		return err
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
