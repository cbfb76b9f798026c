package main

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"

	"github.com/restauth/restauth/impl/keys"
	"github.com/restauth/restauth/impl/password"
	"github.com/restauth/restauth/impl/token"
	"github.com/restauth/restauth/impl/userid"
)

const (
	// rounds is what Werkzeug 0.16 wrote, and so what legacy tables are full of.
	pbkdf2Rounds = 150_000
	// passwords is how many different ones there are: user i has number i modulo
	// that. More than the connections that log in at once, so that no two of
	// them share a password or a salt.
	passwords = 64
)

// people are the users of every table: ids from 1, names made from the id.
type people struct {
	secret string
	keys   *keys.Ring
	tokens *token.Service
	plain  [passwords]string
	pbkdf2 [passwords]string // stored hashes
	argon2 [passwords]string
}

func newPeople() (*people, error) {
	p := &people{secret: random()}
	var err error
	if p.keys, err = keys.Single([]byte(p.secret)); err != nil {
		return nil, fmt.Errorf("make a keyring: %w", err)
	}
	// All tokens are minted at once and have to last for the whole run.
	p.tokens, err = token.New(token.Config{Keys: p.keys, Lifetime: time.Hour})
	if err != nil {
		return nil, fmt.Errorf("set up tokens: %w", err)
	}
	var (
		wg      sync.WaitGroup
		failed  [passwords]error
		workers = runtime.NumCPU() // argon2id takes memory as well as time
	)
	for w := range workers {
		wg.Go(func() {
			for i := w; i < passwords; i += workers {
				failed[i] = p.hash(i)
			}
		})
	}
	wg.Wait()
	for _, err := range failed {
		if err != nil {
			return nil, fmt.Errorf("make a hash: %w", err)
		}
	}
	return p, nil
}

func (p *people) hash(i int) error {
	p.plain[i] = "a password " + random()[:16]
	salt := random()[:8]
	key, err := pbkdf2.Key(sha256.New, p.plain[i], []byte(salt), pbkdf2Rounds, sha256.Size)
	if err != nil {
		return err
	}
	p.pbkdf2[i] = fmt.Sprintf("pbkdf2:sha256:%d$%s$%s", pbkdf2Rounds, salt, hex.EncodeToString(key))
	p.argon2[i], err = password.New(p.plain[i], rand.Reader)
	return err
}

// name of the user with that id, in the order of the ids.
func name(id int) string { return fmt.Sprintf("user%07d", id) }

// spread returns n ids from 1 to users, evenly apart.
func spread(n, users int) []int {
	ids := make([]int, n)
	for i := range ids {
		ids[i] = 1 + i*users/n
	}
	return ids
}

// guarded are GET /rest-auth with tokens of those users, under the scheme that
// Flask-JWT's clients send and all of the servers take.
func (p *people) guarded(ids []int) ([][]byte, error) {
	all := make([][]byte, 0, len(ids))
	for _, id := range ids {
		minted, err := p.tokens.Mint(userid.Number(int64(id)))
		if err != nil {
			return nil, fmt.Errorf("mint a token: %w", err)
		}
		all = append(all, []byte("GET /rest-auth HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: JWT "+minted.Compact+"\r\n\r\n"))
	}
	return all, nil
}

// logins are POST /auth of those users with their right passwords. Flask-JWT
// and gin-jwt read the same body.
func (p *people) logins(ids []int) [][]byte {
	all := make([][]byte, 0, len(ids))
	for _, id := range ids {
		all = append(all, loginRequest(name(id), p.plain[id%passwords]))
	}
	return all
}

// loginRequest is a whole POST /auth.
func loginRequest(username, password string) []byte {
	body, _ := json.Marshal(map[string]string{"username": username, "password": password}) // strings always marshal
	return fmt.Appendf(nil,
		"POST /auth HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

func random() string {
	var b [32]byte
	_, _ = io.ReadFull(rand.Reader, b[:]) // never fails: it ends the process instead
	return hex.EncodeToString(b[:])
}
