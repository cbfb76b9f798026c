package account

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"sync"

	"github.com/restauth/restauth/impl/keys"
	"github.com/restauth/restauth/impl/userid"
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

// userMACs computes of what begins with a user's id. A number that has room in an int64
// is eight bytes in front of the rest, as it has always been. Whatever another id were
// written as, some number and rest would read the same, so it is digested under another
// key.
type userMACs struct{ ofNumbers, ofOthers *macs }

func newUserMACs(ring *keys.Ring, purpose string) (*userMACs, error) {
	numbers, err := newMACs(ring, purpose)
	if err != nil {
		return nil, err
	}
	others, err := newMACs(ring, purpose+", of an id that is no int64")
	if err != nil {
		return nil, err
	}
	return &userMACs{numbers, others}, nil
}

// sum is of the id with the rest behind it.
func (u *userMACs) sum(id userid.ID, rest string) [sha256.Size]byte {
	n, fits := id.Int64()
	by := u.ofNumbers
	if !fits {
		by = u.ofOthers
	}
	m := by.begin()
	if fits {
		m.message = binary.BigEndian.AppendUint64(m.message, uint64(n)) //nolint:gosec // its bits
	} else {
		m.message = id.Framed(m.message)
	}
	m.message = append(m.message, rest...)
	return by.end(m)
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
