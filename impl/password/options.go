package password

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// The bare forms that [Options.BareForms] may name: what says nothing of how it was made.
const (
	BareText   = "text"
	BareMD5    = "md5"
	BareSHA1   = "sha1"
	BareSHA256 = "sha256"
	BareSHA512 = "sha512"
)

// BareForms returns all of them.
func BareForms() []string { return []string{BareText, BareMD5, BareSHA1, BareSHA256, BareSHA512} }

// SaltPosition is where the salt of a column of its own stands.
type SaltPosition int

// The positions. Without one there is no such column.
const (
	SaltNone SaltPosition = iota
	SaltBefore
	SaltAfter
)

// Options say what the application beside did to passwords that the stored hash does not
// tell. The zero Options read what says by itself how it was made. Printing them shows
// no secret.
type Options struct {
	// BareForms are read where a row has nothing but text or a digest in hex: such a
	// hash is weak, and could be anything else.
	BareForms []string
	// SaltPosition is where a bare digest has the salt that stands in another column.
	SaltPosition SaltPosition
	// Pepper stands behind the password of each $2a$, $2b$ and $2y$: Devise's
	// config.pepper.
	Pepper []byte
	// FlaskSecuritySalt is Flask-Security's SECURITY_PASSWORD_SALT: the key of what it
	// gives passlib to hash, in the forms that passlib writes.
	FlaskSecuritySalt []byte
	// BcryptLongPasswords is Flask-Bcrypt's BCRYPT_HANDLE_LONG_PASSWORDS: what each
	// $2a$, $2b$ and $2y$ has hashed is the password's SHA-256 in hex.
	BcryptLongPasswords bool
}

// Check returns an error unless the options can go together.
func (o Options) Check() error {
	for _, name := range o.BareForms {
		if !slices.Contains(BareForms(), name) {
			return fmt.Errorf("there is no bare form %q; there are %s", name, strings.Join(BareForms(), ", "))
		}
	}
	ways := 0
	for _, is := range []bool{len(o.Pepper) > 0, len(o.FlaskSecuritySalt) > 0, o.BcryptLongPasswords} {
		if is {
			ways++
		}
	}
	if ways > 1 {
		return fmt.Errorf("of a pepper, Flask-Security's salt and long passwords for bcrypt an application has one: a hash does not tell which it is of")
	}
	return nil
}

// Format implements [fmt.Formatter]: a pepper or a salt must not reach a log by way of a
// stray %v.
func (o Options) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "bare %v, salt position %d, pepper %v, Flask-Security's salt %v, long passwords %v",
		o.BareForms, o.SaltPosition, len(o.Pepper) > 0, len(o.FlaskSecuritySalt) > 0, o.BcryptLongPasswords)
}

// Parse reads a stored hash. It does no hashing, accepts only what the method's
// own writer would have written, and returns [ErrMalformed], [ErrUnsupported],
// [ErrTooCostly] or [ErrNotEnabled], wrapped with the reason. Salt is what stands in the
// salt's own column, "" for nothing; forms that have their salt with them ignore it.
//
// Werkzeug also read some strings that no release writes, such as
// "pbkdf2:sha256$salt$hex" without a count. What they mean changed with each
// release's default (1,000 in 0.9, 1,000,000 in 3.1), so they are malformed here.
func (o Options) Parse(stored, salt string) (Hash, error) {
	h, _, err := o.read(stored, salt)
	return h, err
}

// Spellings returns what a typed password may have been when it was hashed, one at least,
// and how many does not depend on any hash. Flask-Security's forms put passwords into
// Unicode's form NFKD (SECURITY_PASSWORD_NORMALIZE_FORM), its hash_password does not.
func (o Options) Spellings(typed string) []string {
	if len(o.FlaskSecuritySalt) > 0 {
		if form := norm.NFKD.String(typed); form != typed {
			return []string{form, typed}
		}
	}
	return []string{typed}
}

// Describe names what a stored hash is, such as "Django pbkdf2_sha256", as far as it can
// be told, beside the error that Parse returns.
func (o Options) Describe(stored, salt string) (form string, err error) {
	_, form, err = o.read(stored, salt)
	return form, err
}

func (o Options) read(stored, salt string) (Hash, string, error) {
	encoded := unquoted(stored)
	// Only a clear password may be long, and it costs nothing to check.
	if rest, ok := strings.CutPrefix(encoded, "plain$"); ok {
		h, err := parsePlain(rest)
		return h, "Werkzeug plain", err
	}
	if len(encoded) > MaxEncoded {
		return Hash{}, "", malformed("longer than 1024 bytes")
	}
	if f, body, ok := formOf(encoded); ok {
		h, err := f.parse(o, f.id, body)
		return o.prehashed(h, f), f.name, err
	}
	if rest, ok := strings.CutPrefix(encoded, "*"); ok && len(rest) == mysqlSize {
		h, err := parseMySQL(rest)
		return h, "MySQL", err
	}
	if h, is, err := o.parseBare(encoded, salt); is {
		return h, "bare digest", err
	}
	if h, is, err := parseIdentity(encoded); is {
		return h, "ASP.NET Identity", err
	}
	if o.allows(BareText) && !looksWerkzeug(encoded) {
		h, err := parseText(stored)
		return h, "bare text", err
	}
	if strings.HasPrefix(encoded, "$") || strings.HasPrefix(encoded, "{") {
		return Hash{}, "", unknownMethod(encoded)
	}
	h, err := parseWerkzeug(encoded)
	return h, "Werkzeug", err
}

// unquoted takes the b and the quotes off that Python prints bytes with: applications
// that stored str() of bytes have them in their tables.
func unquoted(stored string) string {
	rest, ok := strings.CutPrefix(stored, "b'")
	if !ok {
		return stored
	}
	if inner, ok := strings.CutSuffix(rest, "'"); ok && !strings.ContainsAny(inner, `'\`) {
		return inner
	}
	return stored
}

// unknownMethod is for $id$… and {id}… that are in no table of this package.
func unknownMethod(encoded string) error {
	if strings.HasPrefix(encoded, "$$") || encoded == "$" {
		return malformed("no method")
	}
	return fmt.Errorf("%w: the method that it begins with is not known here", ErrUnsupported)
}
