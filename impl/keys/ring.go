package keys

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

const (
	// SecretKeyID is the id of the one key of Single, for logs: its tokens carry none.
	SecretKeyID = "secret-key"
	// mostKeys bounds a set: what a token without kid may cost is one signature for
	// each key that it could be of.
	mostKeys = 16
	// derivedBytes is the length of derived keys, that of SHA-256's output.
	derivedBytes = 32
)

// Ring is the keys of a server while they come and go. It is safe for concurrent
// use; who reads waits for nobody.
type Ring struct {
	root    *material // what hkdf.Extract made of the root secret, as []byte
	current atomic.Pointer[Set]

	replacing sync.Mutex // held from reading current's edition to storing the next
}

// NewRing returns a ring in which signer signs, and it and the others verify. Keys of
// other purposes come of root (Derive), which may be the signer's secret.
func NewRing(root []byte, signer Key, others ...Key) (*Ring, error) {
	if len(root) == 0 {
		return nil, errors.New("the root secret is empty")
	}
	extracted, err := hkdf.Extract(sha256.New, root, nil)
	if err != nil {
		return nil, fmt.Errorf("extract a key from the root secret: %w", err)
	}
	set, err := newSet(signer, others)
	if err != nil {
		return nil, err
	}
	r := &Ring{root: conceal(extracted)}
	r.current.Store(set)
	return r, nil
}

// Single returns the keyring of one: a secret that signs and verifies for HS256, with
// no kid in its tokens, and is the root of what else is needed. Flask's SECRET_KEY in
// a drop-in. Errors never hold any part of it.
func Single(secret []byte) (*Ring, error) { return HS256.Single(secret) }

// Single is the keyring of one for the algorithm. What else comes of the secret
// ([Ring.Derive]) is the same whatever the algorithm is.
func (a Algorithm) Single(secret []byte) (*Ring, error) {
	key, err := a.Key(SecretKeyID, secret)
	if err != nil {
		return nil, err
	}
	return NewRing(secret, key.Unnamed())
}

// Current returns the keys of this moment.
func (r *Ring) Current() *Set { return r.current.Load() }

// Replace puts other keys in the place of all there are; the root stays. Once it has
// returned, Current knows none that left. On an error nothing has changed. Each
// Replace costs every token one more full check, so call it when keys have changed.
func (r *Ring) Replace(signer Key, others ...Key) error {
	set, err := newSet(signer, others)
	if err != nil {
		return err
	}
	r.replacing.Lock()
	defer r.replacing.Unlock()
	set.edition = r.current.Load().edition + 1
	r.current.Store(set)
	return nil
}

// Derive returns a key of 32 bytes for a purpose: HKDF-SHA-256 (RFC 5869) of the root
// secret with the purpose as its info. The same root and purpose always give the same
// key, and from one of them neither another nor the root can be learnt.
func (r *Ring) Derive(purpose string) ([]byte, error) {
	extracted, _ := r.root.key().([]byte)
	key, err := hkdf.Expand(sha256.New, extracted, "restauth "+purpose, derivedBytes)
	if err != nil {
		return nil, fmt.Errorf("derive a key for %s: %w", purpose, err)
	}
	return key, nil
}

// Set is the keys of a ring at one moment. It does not change.
type Set struct {
	edition uint64
	signer  Key
	named   []Key
	unnamed []Key
}

func newSet(signer Key, others []Key) (*Set, error) {
	all := append([]Key{signer}, others...)
	if len(all) > mostKeys {
		return nil, fmt.Errorf("%d keys, but at most %d can be used at once", len(all), mostKeys)
	}
	s := &Set{signer: signer}
	for i, key := range all {
		if key.material == nil {
			return nil, errors.New("a key is empty")
		}
		for _, earlier := range all[:i] {
			switch {
			case earlier.id == key.id:
				return nil, fmt.Errorf("two keys have the id %s", key.id)
			// Else it would go on under one id after it has left under the other.
			case earlier.sameSecret(key):
				return nil, fmt.Errorf("the keys %s and %s have one secret", earlier.id, key.id)
			}
		}
		if key.unnamed {
			s.unnamed = append(s.unnamed, key)
		} else {
			s.named = append(s.named, key)
		}
	}
	return s, nil
}

// Edition counts the Replaces before this set: two sets of a ring with the same one
// are the same. Whoever remembers what a set has verified remembers that with it.
func (s *Set) Edition() uint64 { return s.edition }

// Signer is the key that signs new tokens.
func (s *Set) Signer() Key { return s.signer }

// Candidates returns the keys that a token with this kid, "" for one without, may
// have been signed with, of whatever algorithm: the key of that name, or the unnamed
// ones where none has it. The slice is the set's own: read it only.
func (s *Set) Candidates(kid string) []Key {
	for i := range s.named {
		if s.named[i].id == kid {
			return s.named[i : i+1 : i+1]
		}
	}
	return s.unnamed
}

// Uses reports whether any key of the set is of that algorithm.
func (s *Set) Uses(algorithm Algorithm) bool {
	for _, keys := range [][]Key{s.named, s.unnamed} {
		for i := range keys {
			if keys[i].algorithm == algorithm {
				return true
			}
		}
	}
	return false
}
