package state_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/state"
	"github.com/restauth/restauth/impl/userid"
	"github.com/restauth/restauth/impl/users"
)

// made returns a file of restauth's own with the user roy, mode 0644, and its
// bytes.
func made(t *testing.T) (file string, before []byte) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "users.db")
	s, err := state.OpenEmbedded(t.Context(), config("sqlite:"+file))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Add(t.Context(), "roy", "hash"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	return file, content(t, file)
}

// untouched: neither the file nor its mode has changed, and nothing is beside it.
func untouched(t *testing.T, file string, before []byte) {
	t.Helper()
	if !bytes.Equal(content(t, file), before) {
		t.Error("the file has changed")
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("the file's mode is %v, %v, want 0644", info.Mode(), err)
	}
	if beside, err := filepath.Glob(file + "?*"); err != nil || len(beside) > 0 {
		t.Errorf("left beside the file: %v, %v", beside, err)
	}
}

// TestSQLiteSecondTable: a table of another name is not made beside the one that
// is there, unless that is wanted.
func TestSQLiteSecondTable(t *testing.T) {
	file, before := made(t)
	_, err := state.OpenEmbedded(t.Context(), state.EmbeddedConfig{Config: users.Config{URL: "sqlite:" + file, Table: "users"}})
	if !errors.Is(err, users.ErrTableMissing) {
		t.Fatalf("Open() with another table = %v, want ErrTableMissing", err)
	}
	for _, want := range []string{"table `users` not found", "(it has user)", "--users-table or RESTAUTH_USERS_TABLE", "--new-table"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("Open() with another table = %q, want %q in it", err, want)
		}
	}
	untouched(t, file, before)

	// Names of tables are the same in either case.
	same := open(t, state.EmbeddedConfig{Config: users.Config{URL: "sqlite:" + file, Table: "USER"}})
	if found, err := same.FindByUsername(t.Context(), "roy"); err != nil || found.ID != userid.Number(1) {
		t.Errorf("by the table's name in capitals: %v, %v", found, err)
	}

	second := open(t, state.EmbeddedConfig{Config: users.Config{URL: "sqlite:" + file, Table: "users"}, NewTable: true})
	if all, err := second.List(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("the new table has %v, %v, want nobody", all, err)
	}
	if _, err := second.Add(t.Context(), "eve", "hash"); err != nil {
		t.Fatal(err)
	}
	// Once it is there, nothing more has to be said.
	again := open(t, state.EmbeddedConfig{Config: users.Config{URL: "sqlite:" + file, Table: "users"}})
	if all, err := again.List(t.Context()); err != nil || len(all) != 1 || all[0].Username != "eve" {
		t.Errorf("the second table has %v, %v, want eve", all, err)
	}
	if all, err := same.List(t.Context()); err != nil || len(all) != 1 || all[0].Username != "roy" {
		t.Errorf("the first table has %v, %v, want roy", all, err)
	}
}

// TestSQLiteMissingTableIsNamed: in a file of someone else's too.
func TestSQLiteMissingTableIsNamed(t *testing.T) {
	other, raw := foreignFile(t)
	if _, err := raw.Exec("DROP TABLE IF EXISTS user; CREATE TABLE accounts (id INTEGER PRIMARY KEY, username TEXT, password TEXT)"); err != nil {
		t.Fatal(err)
	}
	err := open(t, config("sqlite:"+other)).Check(t.Context())
	if !errors.Is(err, users.ErrTableMissing) || !strings.Contains(err.Error(), "(it has accounts)") {
		t.Errorf("Check() = %v, want ErrTableMissing and the table that is there", err)
	}
}

// TestSQLiteLookOnly: whoever only looks changes nothing, and learns what is not
// made yet.
func TestSQLiteLookOnly(t *testing.T) {
	folder := t.TempDir()
	missing, empty, noFolder := filepath.Join(folder, "missing.db"), filepath.Join(folder, "empty.db"), filepath.Join(folder, "none", "users.db")
	if err := os.WriteFile(empty, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]error{missing: database.ErrUnmade, empty: database.ErrUnmade, noFolder: database.ErrFile, folder: database.ErrFile} {
		if s, err := state.OpenEmbedded(t.Context(), state.EmbeddedConfig{Config: users.Config{URL: "sqlite:" + file}, LookOnly: true}); !errors.Is(err, want) {
			t.Errorf("Open(%s) = %v, %v, want %v", file, s, err, want)
		}
	}
	if _, err := os.Stat(missing); err == nil {
		t.Error("looking made the file")
	}
	untouched(t, empty, nil)

	file, before := made(t)
	if _, err := state.OpenEmbedded(t.Context(), state.EmbeddedConfig{Config: users.Config{URL: "sqlite:" + file, Table: "users"}, LookOnly: true}); !errors.Is(err, users.ErrTableMissing) {
		t.Errorf("Open() with another table = %v, want ErrTableMissing", err)
	}
	s, err := state.OpenEmbedded(t.Context(), state.EmbeddedConfig{Config: users.Config{URL: "sqlite:" + file}, LookOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("Check() = %v", err)
	}
	if _, err := s.Add(t.Context(), "eve", "hash"); !errors.Is(err, state.ErrReadOnlyUsers) {
		t.Errorf("Add() = %v, want ErrReadOnlyUsers", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	untouched(t, file, before)
}
