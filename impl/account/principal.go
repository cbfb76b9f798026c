package account

import (
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/restauth/restauth/impl/keys"
	"github.com/restauth/restauth/impl/token"
)

// Principal is somebody who is known: Verify makes one of credentials, and Identify
// makes the same one of a token that Issue gave for it. What features know of a caller
// (a session, roles, since when tokens are valid) becomes a field here; person has the
// part that the database tells, and is remembered as long as its answer is good.
type Principal struct {
	// Subject is what tokens and other services call the user: the id in words,
	// the sub of RFC 7519 section 4.1.2. It is never "".
	Subject string
	// User is the row, as it was read last.
	User User
	// Method is how the user proved to be it.
	Method Method
	// AuthenticatedAt is when, in whole seconds and UTC, as tokens count time.
	// Identify has it from the token's iat, which is that second, or the next one
	// where it ended between Verify and Issue; zero where the token has none.
	AuthenticatedAt time.Time
	// Fingerprint tells whether the password is still the one that was verified.
	// Identify does not read the stored hash and leaves it zero.
	Fingerprint Fingerprint
	// Claims are what of the row Issue writes into a token. Identify leaves them out: a
	// row may say something else by now than when its token was made.
	Claims token.Extra
}

// Method is a way to authenticate, as RFC 8176 section 2 names it (amr).
type Method string

// MethodPassword is a password verified against the stored hash. A token that does
// not say how its user got it, and none does, is held for one that took no more.
const MethodPassword Method = "pwd"

// Credentials are what somebody who wants to log in says. They are a secret.
type Credentials struct {
	Username string
	Password string `json:"-"`
	// Address is the client's, an opaque key under which its logins are counted.
	Address string
	// DeviceToken is what IssueDevice gave after an earlier login, "" for none. One that
	// is not good is none.
	DeviceToken string `json:"-"`
}

// Format writes that these are credentials, whatever the verb.
func (Credentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "credentials") }

// LogValue is Format's word, for package slog.
func (Credentials) LogValue() slog.Value { return slog.StringValue("credentials") }

// Fingerprint stands for a user's stored hash where the hash itself must not be kept:
// HMAC-SHA-256 of the user's id and the hash, under a key that comes of the keyring's
// root. It changes when the hash does, also when the same password is hashed anew; two
// users have different ones though their hashes are the same. Without the key nobody can
// test a guess by it. The zero value is none: no hash was read.
type Fingerprint [sha256.Size]byte

// fingerprintPurpose is the label of the key, and part of each Fingerprint.
const fingerprintPurpose = "fingerprint of a stored password hash"

// newFingerprint returns what makes fingerprints. The key is in there alone.
func newFingerprint(ring *keys.Ring) (func(Record) Fingerprint, error) {
	macs, err := newUserMACs(ring, fingerprintPurpose)
	if err != nil {
		return nil, err
	}
	return func(record Record) Fingerprint {
		return macs.sum(record.ID, record.PasswordHash)
	}, nil
}

// person is what of a Principal the user's row tells.
type person struct {
	user    User
	subject string
}

func personOf(user User) person {
	return person{user: user, subject: user.ID.String()}
}

// verified is the Principal of whoever the password of a record was verified for.
func (s *Service) verified(record Record) Principal {
	p := personOf(record.User)
	return Principal{
		Subject: p.subject, User: p.user, Method: MethodPassword,
		AuthenticatedAt: s.now().UTC().Truncate(time.Second),
		Fingerprint:     s.fingerprint(record),
		Claims:          token.Extra(record.Claims.Members),
	}
}

// identified is the Principal of whoever a token stands for.
func (p *person) identified(claims *token.Claims) Principal {
	return Principal{
		Subject: p.subject, User: p.user, Method: MethodPassword, AuthenticatedAt: claims.IssuedAt,
	}
}
