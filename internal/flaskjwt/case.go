// Package flaskjwt replays what a running Flask-JWT application answered, so
// that a test can hold a server against it.
//
// testdata/http.json was recorded from Flask-JWT 0.3.2 (Flask 1.1.1, Werkzeug
// 0.16.1, PyJWT 1.4.2) over MariaDB 10.11 holding testdata/users.sql. A test
// loads [UsersSQL] into its database, starts its server with [Secret], and
// then, for each of [Cases], sends [Case.Request] and fails on whatever
// [Case.Check] returns:
//
//	for _, c := range flaskjwt.Cases(t) {
//		t.Run(c.Name, func(t *testing.T) {
//			for _, d := range flaskjwt.Replay(t.Context(), client, url, c) {
//				t.Error(d)
//			}
//		})
//	}
//
// Tokens are minted here by hand, with crypto/hmac alone: a mistake in the
// server's own token code cannot hide by being on both sides of the test.
package flaskjwt

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// Secret is the SECRET_KEY the recorded application ran with.
const Secret = "secret-key"

// Greeting is what the guarded endpoint answers, as a JSON string.
const Greeting = "You are an authenticate person to see this message"

//go:embed testdata/http.json testdata/users.sql
var testdata embed.FS

// Case is one request and what the reference answered to it.
type Case struct {
	Name    string            `json:"name"`
	Method  string            `json:"method"`
	Path    string            `json:"path"` // may carry a query
	Headers map[string]string `json:"headers"`

	// Body is nil for no body; a JSON string holds the bytes to send, any
	// other value is sent as the JSON that it is.
	Body json.RawMessage `json:"body"`

	// Authorization is the header's value; nil leaves it to Token.
	Authorization *string `json:"authorization"`
	Scheme        string  `json:"scheme"` // what precedes Token, "JWT" when empty
	Token         *Token  `json:"token"`

	Response Response `json:"response"`
	Expect   *Expect  `json:"expect"` // stands in for Response where present
}

// Response is the reference's own answer.
type Response struct {
	Status          int             `json:"status"`
	ContentType     string          `json:"content_type"`
	WWWAuthenticate string          `json:"www_authenticate"`
	Allow           string          `json:"allow"`
	Body            json.RawMessage `json:"body"` // nil: not recorded
}

// Expect is what a successor is to answer instead of Response.
type Expect struct {
	Status  Statuses `json:"status"`
	AnyBody bool     `json:"any_body"`
}

// Statuses is one status or several, any of which will do.
type Statuses []int

// UnmarshalJSON takes a number or an array of numbers.
func (s *Statuses) UnmarshalJSON(data []byte) error {
	var one int
	if err := json.Unmarshal(data, &one); err == nil {
		*s = Statuses{one}
		return nil
	}
	var several []int
	if err := json.Unmarshal(data, &several); err != nil {
		return fmt.Errorf("expected status: %w", err)
	}
	*s = several
	return nil
}

// Cases returns all recorded cases, each of them checked: a test that runs
// Request and Check on them cannot fail because of the recording itself.
func Cases(t testing.TB) []Case {
	t.Helper()
	data, err := testdata.ReadFile("testdata/http.json")
	if err != nil {
		t.Fatalf("read recorded cases: %v", err)
	}
	cases, err := parse(data)
	if err != nil {
		t.Fatalf("recorded cases: %v", err)
	}
	return cases
}

// UsersSQL returns the statements, each on lines of its own and ended by a
// semicolon, that create and fill the table the cases were recorded over.
func UsersSQL(t testing.TB) string {
	t.Helper()
	data, err := testdata.ReadFile("testdata/users.sql")
	if err != nil {
		t.Fatalf("read recorded user table: %v", err)
	}
	return string(data)
}

// parse is strict about members, so that a rule which this package does not
// know is noticed rather than left out.
func parse(data []byte) ([]Case, error) {
	var file struct {
		About string `json:"about"`
		Cases []Case `json:"cases"`
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return nil, err
	}
	if len(file.Cases) == 0 {
		return nil, fmt.Errorf("no cases")
	}
	seen := make(map[string]bool, len(file.Cases))
	for _, c := range file.Cases {
		if seen[c.Name] {
			return nil, fmt.Errorf("%q stands twice", c.Name)
		}
		seen[c.Name] = true
		if err := c.validate(); err != nil {
			return nil, fmt.Errorf("%q: %w", c.Name, err)
		}
	}
	return file.Cases, nil
}

func (c Case) validate() error {
	switch {
	case c.Name == "" || c.Method == "" || !strings.HasPrefix(c.Path, "/"):
		return fmt.Errorf("name, method and path are needed")
	case c.Response.Status == 0:
		return fmt.Errorf("no recorded status")
	case c.Token != nil && c.Authorization != nil:
		return fmt.Errorf("both a token and an authorization header")
	case c.Expect != nil && len(c.Expect.Status) == 0:
		return fmt.Errorf("expects no status")
	case c.Token == nil:
		return nil
	}
	return c.Token.validate()
}
