package store

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/restauth/restauth/impl/account"
)

// The kinds of Open's and Check's errors, for errors.Is. Their texts are whole
// sentences for the operator and hold no secret.
var (
	// ErrConfig: the Config cannot work, whatever the database holds.
	ErrConfig = errors.New("invalid user database settings")
	// ErrUnknownDatabase: the server has no database of that name.
	ErrUnknownDatabase = errors.New("unknown database")
	// ErrAccessDenied: the server refuses the database user.
	ErrAccessDenied = errors.New("access denied")
	// ErrNoGrant: the database user may not read the table or a column.
	ErrNoGrant = errors.New("missing grant")
	// ErrTableMissing: the database has no such table.
	ErrTableMissing = errors.New("table missing")
	// ErrColumnMissing: the table has no such column.
	ErrColumnMissing = errors.New("column missing")
	// ErrColumnType: a column has a type that cannot serve.
	ErrColumnType = errors.New("unsuitable column type")
	// ErrUnmade: Config.LookOnly is set, and the SQLite file is not there or not
	// finished yet. Open without it makes it.
	ErrUnmade = errors.New("database file not made yet")
	// ErrFile: the SQLite file cannot be opened, or is none, or is not to be
	// trusted.
	ErrFile = errors.New("unusable database file")
	// ErrUnsupported: the server, or how it wants to authenticate, is none that
	// can be used.
	ErrUnsupported = errors.New("unsupported server")
	// ErrNoTLS: the server cannot speak the TLS the URL asks for.
	ErrNoTLS = errors.New("server without TLS")
	// ErrCertificate: the server's certificate is not trusted.
	ErrCertificate = errors.New("untrusted certificate")

	// ErrReadOnlyUsers is what Directory's methods and Secret return where the
	// user table is someone else's.
	ErrReadOnlyUsers = errors.New("restauth only reads this user table; add and change its users where they were made")
)

// setupError is a sentence of some kind. It stands until somebody puts right
// what it says, unless its kind is account.ErrUnavailable.
type setupError struct {
	kind error
	text string
}

func (e *setupError) Error() string { return e.text }
func (e *setupError) Unwrap() error { return e.kind }

// Is is for errors.Is.
func (e *setupError) Is(target error) bool {
	return target == account.ErrUnusable && !errors.Is(e.kind, account.ErrUnavailable)
}

func setup(kind error, format string, args ...any) error {
	return &setupError{kind, fmt.Sprintf(format, args...)}
}

// Fault names what is wrong, so that one fault can be told from another: whoever
// meets it, and however much the sentence says. It is "" where no more is known
// than that the database did not answer.
func Fault(err error) string {
	sentence := (*setupError)(nil)
	if !errors.As(err, &sentence) {
		return ""
	}
	for _, kind := range []error{ErrNoGrant, ErrTableMissing, ErrColumnMissing} { // Check has more to say of these
		if errors.Is(sentence, kind) {
			return kind.Error()
		}
	}
	return sentence.text
}

// setting names a setting in both of its spellings.
func setting(flag string) string {
	return "--" + flag + " or RESTAUTH_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// mostSaid is how many characters of what a server says are repeated.
const mostSaid = 300

// said is what another program said, fit for a message: of one line and bounded,
// and nothing in it moves the cursor of whoever reads it.
func said(text string) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.ToValidUTF8(text, "\uFFFD") {
		if n++; n > mostSaid {
			b.WriteString("...")
			break
		}
		if !unicode.IsPrint(r) {
			r = '\uFFFD'
		}
		b.WriteRune(r)
	}
	return b.String()
}
