package account_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/audit"
	"github.com/restauth/restauth/impl/password/gate"
	"github.com/restauth/restauth/impl/password/pool"
	"github.com/restauth/restauth/impl/token"
)

// unreadable is a table that fails with an error when names are looked up.
type unreadable struct {
	account.Users
	err error
}

func (u unreadable) FindByUsername(context.Context, string) (account.Record, error) {
	return account.Record{}, u.err
}

// TestLoginsAreRecorded: each login is one event that says how it ended and whom it was
// about, and what is wrong with a row is one more, once.
func TestLoginsAreRecorded(t *testing.T) {
	// The tutorial's row: password roy.
	const royHash = "pbkdf2:sha256:150000$k1Ud5dzh$d0347f416e89ea486b33c988c9be65730329b2dd6d712f73c9920103a006a82e"
	_, table, _ := open(t, true)
	rows := []struct{ name, hash string }{
		{"roy", royHash}, {"weak", digest}, {"null", ""}, {"poison", "pbkdf2:sha256:5$"}, {"foreign", "crypt$x$y"}, {"dear", "pbkdf2:sha256:999999999$salt$" + strings.Repeat("0", 64)},
		{"bare", "5f4dcc3b5aa765d61d8327deb882cf99"},
	}
	for _, row := range rows {
		if _, err := table.Add(t.Context(), row.name, row.hash); err != nil {
			t.Fatal(err)
		}
	}
	ring := single(t, "secret")
	tokens, err := token.New(token.Config{Keys: ring, Lifetime: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		username, password string
		strict             bool
		fault              error
		want               []string // event outcome reason user_id username method
	}{
		{"roy", "roy", false, nil, []string{"login success verified 1 roy "}},
		{"roy", "Roy", false, nil, []string{"login failure wrong_password 1 roy "}},
		{"nobody", "roy", false, nil, []string{"login failure unknown_user - nobody "}},
		{"weak", "correct horse", false, nil, []string{"stored_hash success weak_hash 2 weak hmac:sha1", "login success verified 2 weak "}},
		{"weak", "wrong", false, nil, []string{"login failure wrong_password 2 weak "}},
		{"weak", "correct horse", true, nil, []string{"stored_hash failure weak_hash_refused 2 weak hmac:sha1", "login failure unusable_hash 2 weak "}},
		{"null", "", false, nil, []string{"stored_hash failure no_password 3 null ", "login failure unusable_hash 3 null "}},
		{"poison", "x", false, nil, []string{"stored_hash failure malformed_hash 4 poison ", "login failure unusable_hash 4 poison "}},
		{"foreign", "x", false, nil, []string{"stored_hash failure unsupported_hash 5 foreign ", "login failure unusable_hash 5 foreign "}},
		{"dear", "x", false, nil, []string{"stored_hash failure costly_hash 6 dear ", "login failure unusable_hash 6 dear "}},
		{"bare", "password", false, nil, []string{"stored_hash failure hash_not_enabled 7 bare ", "login failure unusable_hash 7 bare "}},
		{"roy", "roy", false, errFault, []string{"login refused database_down - roy "}},
		{"roy", "roy", false, fmt.Errorf("%w: %w", account.ErrUnavailable, account.ErrUnusable), []string{"login refused database_unusable - roy "}},
		{"roy", "roy", false, fmt.Errorf("%w: %w", account.ErrUnavailable, context.Canceled), []string{"login refused client_gone - roy "}},
		{"roy", "roy", false, errors.New("anything"), []string{"login refused fault - roy "}},
	} {
		var log bytes.Buffer
		cfg := account.Config{
			Users: table, Tokens: tokens, Keys: ring, AllowWeakHashes: !c.strict, Logger: slog.New(slog.NewJSONHandler(&log, nil)),
		}
		if c.fault != nil {
			cfg.Users = unreadable{table, c.fault}
		}
		s, err := account.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			_, _ = s.Verify(t.Context(), account.Credentials{Username: c.username, Password: c.password})
		}
		s.Close()
		want := append(c.want, c.want[len(c.want)-1]) // the row is told about once
		if diff := cmp.Diff(want, events(t, log.String())); diff != "" {
			t.Errorf("Verify(%s, %s) twice, strict %v, %v (-want +got):\n%s", c.username, c.password, c.strict, c.fault, diff)
		}
		if c.password != "" && c.password != c.username && strings.Contains(log.String(), `"`+c.password+`"`) || strings.Contains(log.String(), "$") {
			t.Errorf("a password or hash is in the log:\n%s", &log)
		}
	}
}

func events(t *testing.T, log string) (all []string) {
	t.Helper()
	for line := range strings.Lines(log) {
		var e struct {
			Event, Outcome, Reason, Username, Method string
			UserID                                   *int64 `json:"user_id"`
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		id := "-"
		if e.UserID != nil {
			id = fmt.Sprint(*e.UserID)
		}
		all = append(all, strings.Join([]string{e.Event, e.Outcome, e.Reason, id, e.Username, e.Method}, " "))
	}
	return all
}

// TestRefusalsHaveReasons: what bounds hashing says which bound it was.
func TestRefusalsHaveReasons(t *testing.T) {
	for _, c := range []struct {
		err  error
		want audit.Reason
	}{
		{&gate.BusyError{}, audit.ReasonBusy},
		{&gate.BusyError{OneClient: true}, audit.ReasonBusyClient},
		{pool.ErrEnded, audit.ReasonHashingEnded},
		{context.Canceled, audit.ReasonClientGone},
	} {
		if got := account.RefusedFor(fmt.Errorf("verify the password: %w", c.err)); got != c.want {
			t.Errorf("a login that ends with %v is refused for %s, want %s", c.err, got, c.want)
		}
	}
}
