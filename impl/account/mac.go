package account

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"hash"
	"sync"

	"github.com/restauth/restauth/impl/keys"
)

// macs computes HMAC-SHA-256 under one key, which is in there alone. It is safe for
// concurrent use and, once it has been used, allocates nothing.
type macs struct{ idle sync.Pool }

// newMACs returns what computes under the keyring's key for a purpose.
func newMACs(ring *keys.Ring, purpose string) (*macs, error) {
	key, err := ring.Derive(purpose)
	if err != nil {
		return nil, fmt.Errorf("account: %w", err)
	}
	return &macs{sync.Pool{New: func() any { return &mac{hash: hmac.New(sha256.New, key)} }}}, nil
}

// mac is one computation: what is appended to message is what sum is of.
type mac struct {
	message []byte
	hash    hash.Hash
	out     [sha256.Size]byte
}

func (m *macs) begin() *mac {
	one, _ := m.idle.Get().(*mac) // there is nothing else in it
	return one
}

// end returns the sum, and leaves nothing of the message behind.
func (m *macs) end(one *mac) [sha256.Size]byte {
	one.hash.Reset()
	_, _ = one.hash.Write(one.message) // a hash.Hash never returns an error
	one.hash.Sum(one.out[:0])
	clear(one.message)
	one.message = one.message[:0]
	sum := one.out
	m.idle.Put(one)
	return sum
}
