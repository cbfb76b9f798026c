package throttle

import "context"

// Store is where replicas share what they count. It has one row for each key and writer,
// and what a key's count is comes of all of its rows: no two writers ever change one.
// Implementations are safe for concurrent use and bound the time of each call.
type Store interface {
	// Put stores rows in the place of those with the same Key and Writer. One without
	// Times is taken away. All are committed when it returns.
	Put(ctx context.Context, rows []Row) error
	// Rows returns all rows of some keys, those among them that any Put has committed
	// before. Times that were cleared are left out, and so are rows without others.
	Rows(ctx context.Context, keys []Key) ([]Row, error)
	// All returns the rows of all keys, as Rows does, up to so many.
	All(ctx context.Context, most int) ([]Row, error)
	// Clear takes away what was counted for some keys until then, whoever counted it, and
	// also what is put later of that time.
	Clear(ctx context.Context, keys []Key, until uint32) error
	// Cleared returns what was cleared since then, by the clock of whoever cleared it.
	Cleared(ctx context.Context, since uint32) ([]Clearing, error)
	// Prune takes away what says nothing any more.
	Prune(ctx context.Context, now uint32) error
}

// Row is what one writer has counted for a key.
type Row struct {
	Key    Key
	Writer uint64
	Kind   Kind
	// UserID is whose account it is, "" for a name that is nobody's, and for an address.
	UserID string
	// Address is set for KindAddress alone.
	Address string
	// Times are when attempts failed or were reserved, in seconds since 1970, sorted.
	Times []uint32
	// Expires is when the last of them says nothing any more.
	Expires uint32
}

// Clearing is that a key was cleared.
type Clearing struct {
	Key   Key
	Until uint32
}
