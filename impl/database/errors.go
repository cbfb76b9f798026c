package database

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/restauth/restauth/impl/account"
)

// The kinds of errors that a database is opened with, for errors.Is. Their texts are whole
// sentences for the operator and hold no secret.
var (
	// ErrConfig: the Config cannot work, whatever the database holds.
	ErrConfig = errors.New("invalid user database settings")
	// ErrUnknownDatabase: the server has no database of that name.
	ErrUnknownDatabase = errors.New("unknown database")
	// ErrAccessDenied: the server refuses the database user.
	ErrAccessDenied = errors.New("access denied")
	// ErrNoGrant: the database user may not do to a table or a column what is asked.
	ErrNoGrant = errors.New("missing grant")
	// ErrUnmade: Config.LookOnly is set, and the SQLite file is not there or not
	// finished yet. Opening it without makes it.
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

// Sentence is an error of that kind whose text is a whole sentence for the operator:
// what is wrong, and what to do.
func Sentence(kind error, format string, args ...any) error {
	return &setupError{kind, fmt.Sprintf(format, args...)}
}

// IsSentence reports whether err says already what is to be said.
func IsSentence(err error) bool { return errors.As(err, new(*setupError)) }

// as gives a sentence about the users' URL the words of another's. The settings of
// every database are alike but for their names.
func (c Config) as(err error) error {
	sentence := (*setupError)(nil)
	if c.setting() == users || !errors.As(err, &sentence) {
		return err
	}
	return &setupError{sentence.kind, c.words().Replace(sentence.text)}
}

func (c Config) words() *strings.Replacer {
	to := c.setting()
	return strings.NewReplacer("the users URL", "the "+to+" URL", "--"+users, "--"+to,
		"RESTAUTH_"+strings.ToUpper(users), "RESTAUTH_"+strings.ToUpper(to))
}

// users is the setting that messages name unless Config says another.
const users = "users"

// Fault names what is wrong, so that one fault can be told from another. It is ""
// where no more is known than that the database did not answer.
func Fault(err error) string {
	sentence := (*setupError)(nil)
	if !errors.As(err, &sentence) {
		return ""
	}
	return sentence.text
}

// Setting names a setting in both of its spellings.
func Setting(flag string) string {
	return "--" + flag + " or RESTAUTH_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// mostSaid is how many characters of what a server says are repeated.
const mostSaid = 300

// Said is what another program said, fit for a message: of one line and bounded,
// and nothing in it moves the cursor of whoever reads it.
func Said(text string) string {
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
