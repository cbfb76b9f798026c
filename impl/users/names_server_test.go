package users_test

import (
	"bytes"
	"database/sql"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/userid"
	"github.com/restauth/restauth/impl/users"
	"github.com/restauth/restauth/internal/dbtest"
)

// named is a table on each engine with names in columns that are told, and what is logged.
func namedTables(t *testing.T, mysql, sqlite string, cfg users.Config, rows []string, test func(t *testing.T, s *users.Store, engine string, log *bytes.Buffer)) {
	t.Helper()
	run := func(t *testing.T, url, engine string) {
		var log bytes.Buffer
		cfg := cfg
		cfg.URL, cfg.Logger = url, slog.New(slog.NewTextHandler(&log, nil))
		s := open(t, cfg)
		if err := s.Check(t.Context()); err != nil {
			t.Fatalf("Check() = %v", err)
		}
		test(t, s, engine, &log)
	}
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			admin := fresh(t)
			dbtest.Exec(t, admin, append([]string{mysql}, rows...)...)
			run(t, admin, name)
		})
	}
	if sqlite == "" {
		return
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		var db *sql.DB
		file, db := foreignFile(t)
		mustExec(t, db, append([]string{"DROP TABLE user", sqlite}, rows...)...)
		run(t, "sqlite:"+file, "sqlite")
	})
}

// TestSeveralNames: the exact bytes in the first column win, then in the second, then the
// one user that any of them takes for equal; two are nobody.
func TestSeveralNames(t *testing.T) {
	const table = "CREATE TABLE `user` (id int PRIMARY KEY, username varchar(60), email varchar(60), password varchar(60))"
	cfg := users.Config{UsernameColumns: []string{"username", "email"}}
	rows := []string{
		"INSERT INTO `user` VALUES (1, 'roy', 'roy@example.com', 'h1'), (2, 'moss', 'moss@example.com', 'h2')",
		"INSERT INTO `user` VALUES (3, 'jen', 'shared@example.com', 'h3'), (4, 'richmond', 'shared@example.com', 'h4')",
		"INSERT INTO `user` VALUES (5, 'moss@example.com', 'denholm@example.com', 'h5')", // moss's address for a name
		"INSERT INTO `user` VALUES (6, NULL, 'nameless@example.com', 'h6'), (7, 'addressless', NULL, 'h7')",
		"INSERT INTO `user` VALUES (8, 'twice', 'twice', 'h8'), (10, 'double', 'a@x', 'h10'), (9, 'double', 'b@x', 'h9')",
		"INSERT INTO `user` VALUES (11, 'Case', 'c1@example.com', 'h11'), (12, 'c2', 'CASE', 'h12'), (13, 'Lone', 'lone2', 'h13')",
		"INSERT INTO `user` VALUES (14, 'own', 'c14', 'h14'), (15, 'c15', 'own', 'h15'), (16, 'c16', 'own', 'h16')",
	}
	namedTables(t, table+" DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci", table, cfg, rows, func(t *testing.T, s *users.Store, engine string, log *bytes.Buffer) {
		want := map[string]int64{
			"roy": 1, "roy@example.com": 1, "moss": 2, "jen": 3, "richmond": 4,
			"shared@example.com":   0, // two users have it
			"moss@example.com":     5, // as a name, which comes first
			"denholm@example.com":  5,
			"nameless@example.com": 6, "addressless": 7, "twice": 8, "double": 9, "a@x": 10,
			"Case": 11, "CASE": 12, "Lone": 13, "own": 14, "": 0, "NULL": 0, "nobody": 0, "nöbody": 0,
		}
		insensitive := map[string]int64{"ROY": 1, "Roy@Example.com": 1, "case": 0, "LONE": 13, "MOSS@EXAMPLE.COM": 0, "Twice": 8}
		for username, id := range insensitive {
			if engine == "sqlite" { // which compares bytes
				id = 0
			}
			want[username] = id
		}
		for username, id := range want {
			record, err := s.FindByUsername(t.Context(), username)
			if id == 0 {
				nobody(t, s, username)
				continue
			}
			if err != nil || record.ID != userid.Number(id) {
				t.Errorf("FindByUsername(%s) = %v, %v, want %d", username, record, err, id)
				continue
			}
			// The same name, whichever way somebody came.
			if user, err := s.FindByID(t.Context(), record.ID); err != nil || user != record.User || user.Username == "" {
				t.Errorf("FindByID(%d) = %v, %v, and by the name %s it is %v", id, user, err, username, record.User)
			}
		}
		for _, warned := range []string{
			"equal to what somebody typed; by that nobody can log in\" id=4 other_id=3", "is another user's as well, who cannot log in by it; the column that is named first decides\" id=5 other_id=2",
			"the column that is named first decides\" id=9 other_id=10", "the column that is named first decides\" id=14 other_id=16",
		} {
			if strings.Count(log.String(), warned) != 1 {
				t.Errorf("want once %q in\n%s", warned, log)
			}
		}
	})
}

// TestNamesOfOneUserInSeveralSets: columns of different character sets and collations are
// each asked in their own way.
func TestNamesInSeveralSets(t *testing.T) {
	namedTables(t, "CREATE TABLE `user` (id int PRIMARY KEY, username varchar(60) CHARACTER SET latin1, email varchar(60) CHARACTER SET ascii COLLATE ascii_bin, nick varbinary(60), password varchar(60)) DEFAULT CHARSET=utf8mb4",
		"", users.Config{UsernameColumns: []string{"username", "email", "nick"}},
		[]string{"INSERT INTO `user` VALUES (1, 'jöe', 'joe@example.com', 'ユーザー', 'h1'), (2, NULL, NULL, '😀', 'h2')"},
		func(t *testing.T, s *users.Store, _ string, _ *bytes.Buffer) {
			for username, want := range map[string]account.User{
				"jöe": {ID: userid.Number(1), Username: "jöe"}, "joe@example.com": {ID: userid.Number(1), Username: "jöe"}, "ユーザー": {ID: userid.Number(1), Username: "jöe"},
				"😀": {ID: userid.Number(2), Username: "😀"},
			} {
				record, err := s.FindByUsername(t.Context(), username)
				if err != nil || record.User != want {
					t.Errorf("FindByUsername(%s) = %v, %v, want %v", username, record.User, err, want)
				}
			}
			for _, username := range []string{"JOE@EXAMPLE.COM", "😁", "ж"} {
				nobody(t, s, username)
			}
		})
}

// TestForms: a name that is composed in one place and decomposed in the other is the same,
// where nothing else has it.
func TestForms(t *testing.T) {
	rows := []string{"INSERT INTO `user` VALUES (1, 'jos\u00e9', 'h1'), (2, 'rene\u0301', 'h2'), (3, 'zo\u00eb', 'h3'), (4, 'zoe\u0308', 'h4'), (5, '\ud55c', 'h5')"}
	rows[0] = strings.ReplaceAll(rows[0], "\\ud55c", "\ud55c")
	namedTables(t, "CREATE TABLE `user` (id int, username varchar(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, password varchar(60))",
		"CREATE TABLE user (id INTEGER, username TEXT, password TEXT)", users.Config{}, rows,
		func(t *testing.T, s *users.Store, _ string, log *bytes.Buffer) {
			for range 2 {
				for username, id := range map[string]int64{
					"jose\u0301": 1, "jos\u00e9": 1, "ren\u00e9": 2, "rene\u0301": 2, "zo\u00eb": 3, "zoe\u0308": 4, "\u1112\u1161\u11ab": 5,
				} {
					if record, err := s.FindByUsername(t.Context(), username); err != nil || record.ID != userid.Number(id) {
						t.Errorf("FindByUsername(%+q) = %v, %v, want %d", username, record, err, id)
					}
				}
				for _, username := range []string{"jose", "rene", "JOS\u00c9", "jose\u0300", "\ufb01"} {
					nobody(t, s, username)
				}
			}
			var told []string
			for line := range strings.Lines(log.String()) {
				if !strings.Contains(line, "level=INFO") || !strings.Contains(line, "composed or decomposed") {
					t.Errorf("an unexpected line: %s", line)
				}
				told = append(told, line[strings.LastIndex(line, " id="):])
			}
			slices.Sort(told)
			if got := strings.Join(told, ""); got != " id=1\n id=2\n id=5\n" {
				t.Errorf("logged once each: %q", got)
			}
		})
}

// TestLatin1Bytes: UTF-8 that was written into a latin1 column as it was is found, where
// nobody has the name as it is.
func TestLatin1Bytes(t *testing.T) {
	namedTables(t, "CREATE TABLE `user` (id int, username varchar(60) CHARACTER SET latin1, password varchar(60))", "", users.Config{},
		[]string{
			"INSERT INTO `user` VALUES (1, CONVERT(UNHEX('6A6F73C3A9') USING latin1), 'h1')",                                                                   // josé
			"INSERT INTO `user` VALUES (2, CONVERT(UNHEX('E383A6E383BCE382B6E383BC') USING latin1), 'h2'), (3, CONVERT(UNHEX('F09F9880') USING latin1), 'h3')", // ユーザー, 😀
			"INSERT INTO `user` VALUES (4, 'zoë', 'h4'), (5, CONVERT(UNHEX('7A6FC3AB') USING latin1), 'h5')",                                                   // both
			"INSERT INTO `user` VALUES (6, CONVERT(UNHEX('C3810D') USING latin1), 'h6')",                                                                       // a hole of Windows-1252
		},
		func(t *testing.T, s *users.Store, _ string, log *bytes.Buffer) {
			for range 2 {
				for username, id := range map[string]int64{"josé": 1, "jose\u0301": 1, "ユーザー": 2, "😀": 3, "zoë": 4, "Á\r": 6} {
					if record, err := s.FindByUsername(t.Context(), username); err != nil || record.ID != userid.Number(id) {
						t.Errorf("FindByUsername(%q) = %v, %v, want %d", username, record, err, id)
					}
				}
				for _, username := range []string{"jos", "JOSÉ", "😁", "ユーザ"} {
					nobody(t, s, username)
				}
			}
			if n := strings.Count(log.String(), "as the bytes of UTF-8"); n != 4 {
				t.Errorf("logged %d times, want once for each of four users:\n%s", n, log)
			}
		})
}

// TestPadding: the spaces of a CHAR are no part of a name, nor the zero bytes of a BINARY
// of a name or a hash.
func TestPadding(t *testing.T) {
	for name, column := range map[string]string{"char": "char(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", "binary": "binary(20)"} {
		t.Run(name, func(t *testing.T) {
			namedTables(t, "CREATE TABLE `user` (id int, username "+column+", password binary(40), KEY by_name (username))", "", users.Config{},
				[]string{"INSERT INTO `user` VALUES (1, 'roy', 'hash'), (2, 'jöe', 'hash'), (3, '12345678901234567890', 'hash')"},
				func(t *testing.T, s *users.Store, _ string, _ *bytes.Buffer) {
					for username, id := range map[string]int64{"roy": 1, "jöe": 2, "jo\u0308e": 2, "12345678901234567890": 3} {
						if record, err := s.FindByUsername(t.Context(), username); err != nil || record.ID != userid.Number(id) || record.PasswordHash != "hash" {
							t.Errorf("FindByUsername(%s) = %v, %v, want %d", username, record, err, id)
						}
					}
					for _, username := range []string{"ROY", "ro", "123456789012345678901", "12345678901234567890\x00", "roy\x00"} {
						nobody(t, s, username)
					}
					if user, err := s.FindByID(t.Context(), userid.Number(1)); err != nil || user.Username != "roy" {
						t.Errorf("FindByID(1) = %q, %v", user.Username, err)
					}
					if hashes, err := s.SampleHashes(t.Context(), 1); err != nil || !slices.Equal(hashes, []string{"hash"}) {
						t.Errorf("SampleHashes(1) = %q, %v", hashes, err)
					}
				})
		})
	}
}

// TestNameIsTheKey: a table whose key is the name of the user.
func TestNameIsTheKey(t *testing.T) {
	namedTables(t, "CREATE TABLE `user` (username varchar(60) PRIMARY KEY, password varchar(60)) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci",
		"CREATE TABLE user (username TEXT PRIMARY KEY, password TEXT)", users.Config{IDColumn: "username"},
		[]string{"INSERT INTO `user` VALUES ('roy', 'h1'), ('Moss', 'h2')"},
		func(t *testing.T, s *users.Store, engine string, _ *bytes.Buffer) {
			moss := account.User{ID: userid.Text("Moss"), Username: "Moss"}
			someone(t, s, "roy", account.Record{User: account.User{ID: userid.Text("roy"), Username: "roy"}, PasswordHash: "h1"})
			someone(t, s, "Moss", account.Record{User: moss, PasswordHash: "h2"})
			if engine != "sqlite" {
				someone(t, s, "moss", account.Record{User: moss, PasswordHash: "h2"}) // as the collation has it
			}
			if user, err := s.FindByID(t.Context(), moss.ID); err != nil || user != moss {
				t.Errorf("FindByID(Moss) = %v, %v", user, err)
			}
			if user, err := s.FindByID(t.Context(), userid.Text("moss")); err == nil {
				t.Errorf("FindByID(moss) = %v, though a token of that key is nobody's", user)
			}
		})
}
