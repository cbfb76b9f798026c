// Package canary finds secrets where none may be: in logs, audit lines, metrics, errors
// and whatever else a program under test says. It is for tests only.
//
// A test harness keeps each secret that it hands to a server or gets from it, and has
// everything searched that the server said:
//
//	nest := canary.New()
//	client.Transport = nest.Transport(client.Transport) // keeps passwords and tokens
//	nest.Keep("the database's password", password)
//	t.Cleanup(func() { nest.Check(t, "the log", log.String()) })
//
// Whatever looks like a token or a stored hash is found too, without having been kept.
package canary

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// shortest is the length in bytes from which on a secret can be told from other text:
// the tutorial's password is its user's name.
const shortest = 8

// Nest holds secrets. It is safe for concurrent use; New makes one.
type Nest struct {
	mu      sync.Mutex
	secrets map[string]string // what each form of one is
	told    []string          // what the server has said in refusals
}

// New returns an empty Nest.
func New() *Nest { return &Nest{secrets: make(map[string]string)} }

// Keep has a secret looked for, in each form in which it may be written down. One that
// is too short to be told from other text is passed over.
func (n *Nest) Keep(what, secret string) {
	if len(secret) < shortest {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, form := range forms(secret) {
		if _, known := n.secrets[form]; !known {
			n.secrets[form] = what
		}
	}
}

// Common says that a text is no secret, whoever keeps it: a name that is somewhere typed
// for a password as well, or a word of the program's own.
func (n *Nest) Common(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, form := range forms(text) {
		n.secrets[form] = ""
	}
}

// forms are a secret as it is, and as JSON, Go, URLs, base64 and hexadecimal write it.
func forms(secret string) []string {
	quoted, err := json.Marshal(secret)
	if err != nil {
		quoted = []byte(`""`)
	}
	all := []string{
		secret, string(quoted[1 : len(quoted)-1]), strings.Trim(strconv.Quote(secret), `"`), strings.Trim(strconv.QuoteToASCII(secret), `"`),
		url.QueryEscape(secret), url.PathEscape(secret), hex.EncodeToString([]byte(secret)),
		base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// shapes are what tokens and stored hashes look like.
func shapes() map[string]*regexp.Regexp {
	return map[string]*regexp.Regexp{
		"a token":                regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}`),
		"a stored hash":          regexp.MustCompile(`(?:pbkdf2:\w+(?::\d+)?|scrypt:\d+:\d+:\d+|\b(?:md5|sha\d+))\$[^$\s"]*\$[0-9a-f]{16,}`),
		"a hash in PHC's form":   regexp.MustCompile(`\$argon2\w*\$v=`),
		"a hash of bcrypt's":     regexp.MustCompile(`\$2[abxy]\$\d\d\$`),
		"a hash of crypt's":      regexp.MustCompile(`\$(?:1|apr1|5|6|y|P|H|S)\$[./A-Za-z0-9$=]{12,}`),
		"a hash of Django's":     regexp.MustCompile(`\$?(?:pbkdf2[_-]sha\d+|scrypt|bcrypt[_-]sha256)\$[^$\s"]*\$[A-Za-z0-9+/.$=]{16,}`),
		"a hash of LDAP's":       regexp.MustCompile(`\{S?(?:SHA|MD5)\d*\}[A-Za-z0-9+/=]{20,}`),
		"a hash of MySQL's":      regexp.MustCompile(`\*[0-9A-F]{40}\b`),
		"64 hexadecimal digits":  regexp.MustCompile(`\b[0-9a-f]{64,}\b`),
		"a password in a URL":    regexp.MustCompile(`\bmysql://[^\s/"@:]+:[^\s/"@]+@`),
		"an Authorization value": regexp.MustCompile(`(?i)authorization["':\s]+(?:bearer|jwt)\s+\S{8,}`),
	}
}

// example is how help and messages say what a URL looks like.
const example = "mysql://user:password@"

// contracts is the token that the contract shows, which `restauth openapi` prints.
const contracts = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHAiOjE4MDAwMDAzMDAsImlhdCI6MTgwMDAwMDAwMCwiaWRlbnRpdHkiOjEsImp0aSI6IkdmN1ROd1lQdXNBTmhlNHBxT0FwX0EiLCJuYmYiOjE4MDAwMDAwMDAsInN1YiI6IjEifQ.sEsbh8mU5l6ZcP0bR6eGkyGIJoVFjzhUGVFyMd62yxA"

// Find says what of a text must not be there.
func (n *Nest) Find(text string) (found []string) {
	text = strings.ReplaceAll(strings.ReplaceAll(text, example, ""), contracts, "")
	for what, shape := range shapes() {
		for _, at := range shape.FindAllStringIndex(text, -1) {
			if like := text[at[0]:at[1]]; strings.Trim(like, like[:1]) != "" { // not one letter over and over
				found = append(found, what+": "+around(text, at[0], at[1]))
				break
			}
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for form, what := range n.secrets {
		if at := strings.Index(text, form); at >= 0 && what != "" {
			found = append(found, what+": "+around(text, at, at+len(form)))
		}
	}
	slices.Sort(found)
	return found
}

// around is a place in a text with its surroundings.
func around(text string, from, to int) string {
	from, to = max(from-80, 0), min(to+40, len(text))
	return fmt.Sprintf("%q", text[from:to])
}

// Check fails the test if a secret is in the text.
func (n *Nest) Check(t testing.TB, where, text string) {
	t.Helper()
	for _, what := range n.Find(text) {
		t.Errorf("canary: %s has %s", where, what)
	}
}

// CheckRefusals is Check for what a server said in its refusals to who came over a
// Transport.
func (n *Nest) CheckRefusals(t testing.TB) {
	t.Helper()
	n.mu.Lock()
	told := strings.Join(n.told, "\n")
	n.mu.Unlock()
	n.Check(t, "an answer that refuses something", told)
}
