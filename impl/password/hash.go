// Package password reads, checks and makes stored password hashes.
//
// A user table that restauth takes over holds whatever its applications wrote
// over the years. The package understands every form that Werkzeug ever wrote,
//
//	pbkdf2:sha256:150000$salt$hex      Werkzeug 0.9 to 3.x
//	scrypt:32768:8:1$salt$hex          Werkzeug 2.3 to 3.x
//	sha256$salt$hex                    Werkzeug 0.x to 2.3, HMAC keyed with the salt
//	md5$$hex                           unsalted digests, read by Werkzeug before 2.3
//	plain$$password                    Werkzeug 0.x to 2.3
//
// PHC strings and bcrypt, and those of Django, passlib, crypt(3), phpass, WordPress,
// Drupal, Spring, LDAP, MySQL and ASP.NET: each is a line of the table in forms.go. What an
// application did that its hashes do not tell, [Options] say.
//
// A stored hash is hostile input: whoever can write a row could ask for 2⁴⁰
// rounds. [Parse] therefore checks form, lengths and cost before any work is
// done, and only what it returned can be verified:
//
//	h, err := options.Parse(record.PasswordHash, record.Salt)
//	if err != nil {
//		h = decoy // unknown or poisoned: the same work, no match
//	}
//	ok := h.Verify(typed)
//
// Who hashes when is not its business: a server verifies through package gate, which
// bounds what hashing takes of the machine, on the threads of package pool.
package password

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"
)

// Hash is a stored hash that passed [Parse]. Its method, parameters, salt and
// digest are within bounds. The zero Hash matches nothing. A Hash is immutable
// and safe for concurrent use; printing one shows its method only.
type Hash struct {
	scheme scheme
	salt   []byte
	digest []byte
	decoy  bool
	pre    *prehash // what becomes of the password first; nil for nothing
	pad    *Hash    // verified too where the password is wrong
}

// scheme is a way of hashing with its parameters, salt and digest apart.
type scheme interface {
	// method names the scheme and its parameters, form the scheme alone.
	method() string
	form() string
	// memory is what one verification allocates, in bytes.
	memory() int64
	// takes is about what one verification takes of a core.
	takes() time.Duration
	// weak reports whether a stolen hash gives its password away cheaply.
	weak() bool
	// fits reports whether salt and digest of so many bytes can be of it.
	fits(salt, digest int) bool
	// verify hashes password and compares in constant time. How long it takes
	// does not depend on what is in salt or digest.
	verify(password string, salt, digest []byte) bool
}

// Verify reports whether password is the one that was hashed. It compares in
// constant time, never panics, and costs the same whether the password is
// right or wrong, but for what is Padded.
//
// A password that contains U+0000 matches nothing: HMAC pads short keys with
// zeros (RFC 2104 section 2), so PBKDF2 and scrypt cannot tell "roy" from
// "roy\x00". With bcrypt, which reads only 72 bytes, a longer password matches
// nothing either.
func (h Hash) Verify(password string) bool {
	if h.VerifyAlone(password) {
		return true
	}
	if h.pad != nil {
		h.pad.Verify(password)
	}
	return false
}

// VerifyAlone is Verify without the pad, for whoever goes on with that.
func (h Hash) VerifyAlone(password string) bool {
	if h.scheme == nil {
		return false
	}
	// The work comes first, so that a refused password takes as long as a
	// wrong one.
	return h.Accepts(h.scheme.verify(h.Prepare(password), h.salt, h.digest), password)
}

// Accepts says what a digest that matches is worth: nothing for a decoy, nor for a
// password with U+0000 or one that was not read to its end. It is for whoever has a
// digest compared elsewhere, where a decoy cannot be told from a hash.
func (h Hash) Accepts(match bool, password string) bool {
	return match && !h.decoy && !containsNUL(password) && h.pre.reads(password)
}

// Method names the scheme and its cost, such as "pbkdf2:sha256:150000",
// "scrypt:32768:8:1", "argon2id:m=19456,t=2,p=1", "bcrypt:10", "hmac:sha256"
// (a salted digest), "digest:md5" (an unsalted one) or "plain". What becomes of the
// password first stands before a plus, as in "wordpress+bcrypt:10". It carries no
// secret and is "" for the zero Hash.
func (h Hash) Method() string {
	if h.scheme == nil {
		return ""
	}
	return h.pre.before() + h.scheme.method()
}

// Weak reports whether the password is stored in the clear or as a single
// round of a digest, salted or not.
func (h Hash) Weak() bool {
	return h.scheme != nil && h.scheme.weak()
}

// Memory returns how many bytes one verification allocates, so that a caller
// can bound how many run at once. The few kilobytes that PBKDF2, bcrypt and
// the digests need count as 0.
func (h Hash) Memory() int64 {
	if h.scheme == nil {
		return 0
	}
	if h.pad != nil {
		return max(h.scheme.memory(), h.pad.Memory())
	}
	return h.scheme.memory()
}

// Decoy returns a hash whose verification costs what verifying h costs and
// never succeeds. Verified where there is no hash to verify, it makes an
// unknown user cost as much time as a known one. It holds nothing of h but
// method, parameters and lengths. The decoy of the zero Hash is [Default].
func (h Hash) Decoy() Hash {
	if h.scheme == nil {
		return Default()
	}
	d := decoy(h.scheme, len(h.salt), len(h.digest))
	d.pre = h.pre
	return d
}

// Default returns the decoy of what [New] makes, for a table that has no hash
// to take one from.
func Default() Hash {
	return decoy(defaultArgon2(), newSaltSize, newKeySize)
}

// decoy fills salt and digest with a character that every scheme allows there,
// at the end of bcrypt's digest too, where only every fourth is one.
func decoy(s scheme, saltSize, digestSize int) Hash {
	return Hash{
		scheme: s,
		salt:   bytes.Repeat([]byte{'O'}, saltSize),
		digest: bytes.Repeat([]byte{'O'}, digestSize),
		decoy:  true,
	}
}

// Format implements [fmt.Formatter]. Whatever the verb, it writes the method:
// a salt or digest must not reach a log by way of a stray %v or %d.
func (h Hash) Format(f fmt.State, _ rune) {
	// A fmt.State keeps its own errors; there is nobody to report to here.
	_, _ = io.WriteString(f, h.Method())
}

func containsNUL(s string) bool {
	return strings.IndexByte(s, 0) >= 0
}
