package users_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/userid"
	"github.com/restauth/restauth/impl/users"
)

// TestReportsRows: a row that keeps somebody from logging in is warned of once,
// however often and in whatever spelling it is tried, and no name or hash is told
// that need not be.
func TestReportsRows(t *testing.T) {
	looseConfig(t, looseTable, func(t *testing.T, cfg users.Config, db *sql.DB) {
		mustExec(t, db,
			"INSERT INTO user VALUES (1, 'roy', 'hash-x'), (2, NULL, 'hash-x'), (0, 'zero', NULL)",
			"INSERT INTO user VALUES (9223372036854775808, 'big', 'hash-x'), (18446744073709551615, 'bigger', 'hash-x')",
			"INSERT INTO user VALUES (NULL, 'nobody\u009b', 'hash-x')",
			"INSERT INTO user VALUES (7, 'twice', 'hash-7'), (5, 'twice', 'hash-5'), (6, 'twice', 'hash-6')",
			"INSERT INTO user VALUES (NULL, 'half', 'hash-x'), (8, 'half', 'hash-x')",
			"INSERT INTO user VALUES (10, 'Anna', 'hash-x'), (11, 'ANNA', 'hash-x')")
		var log bytes.Buffer
		cfg.Logger = slog.New(slog.NewJSONHandler(&log, nil))
		s := open(t, cfg)
		for range 3 {
			for _, whole := range []string{"roy", "zero"} {
				if _, err := s.FindByUsername(t.Context(), whole); err != nil {
					t.Errorf("FindByUsername(%s) = %v", whole, err)
				}
			}
			for _, broken := range []string{"nobody\u009b", "half", "anna", "nobody at all"} {
				nobody(t, s, broken)
			}
			someone(t, s, "twice", account.Record{User: account.User{ID: userid.Number(5), Username: "twice"}, PasswordHash: "hash-5"})
		}
		const (
			key     = "a row's key is none that a token can carry"
			same    = "several rows have exactly the same user name"
			similar = "several users have names that are equal to what somebody typed"
		)
		want := []string{key + " id=NULL username=nobody\ufffd", key + " id=NULL username=half",
			same + " id=NULL other_id=8 username=half", same + " id=5 other_id=6"}
		if strings.HasSuffix(t.Name(), "/sqlite") { // which compares bytes, and keeps such numbers as fractions
			nobody(t, s, "big")
			nobody(t, s, "bigger")
			want = append(want, key+" id=9223372036854775808", key+" id=18446744073709551616")
		} else {
			want = append(want, similar+" id=10 other_id=11")
		}
		got := warnings(t, log.String())
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("warnings (-want +got):\n%s", diff)
		}
		if strings.Contains(log.String(), "hash-") {
			t.Errorf("a hash is logged:\n%s", &log)
		}
	})
}

// warnings are a log's lines: the message to its first comma or semicolon, and
// what is named beside it.
func warnings(t *testing.T, log string) []string {
	t.Helper()
	var all []string
	for line := range strings.Lines(log) {
		var entry struct {
			Level, Msg, ID string
			Other          string `json:"other_id"`
			Username       string
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Level != "WARN" {
			t.Fatalf("%q: %v", line, err)
		}
		end := strings.IndexAny(entry.Msg, ",;")
		text := entry.Msg[:max(end, 0)] + " id=" + entry.ID
		if entry.Other != "" {
			text += " other_id=" + entry.Other
		}
		if entry.Username != "" {
			text += " username=" + entry.Username
		}
		all = append(all, text)
	}
	return all
}

// TestReportsAreBounded: a table full of broken rows fills neither the memory nor
// the log.
func TestReportsAreBounded(t *testing.T) {
	var log bytes.Buffer
	if n := users.Reported(slog.New(slog.NewJSONHandler(&log, nil)), 12_000); n != 10_000 {
		t.Errorf("%d rows are remembered, want 10000", n)
	}
	if n := strings.Count(log.String(), "\n"); n != 10_000 {
		t.Errorf("%d warnings, want 10000", n)
	}
}
