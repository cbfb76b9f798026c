package database_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/database"
)

// TestSQLiteKeepsNoOpenFile: a mode that cannot be changed is not put up with.
func TestSQLiteKeepsNoOpenFile(t *testing.T) {
	t.Parallel()
	// A file of the kernel's, which not even root may change.
	if err := database.Restrict("/proc/self/status"); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("Restrict() = %v, want fs.ErrPermission", err)
	}
}

// anothers is a file in which another program has made a table.
func anothers(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "app.db")
	db, err := sql.Open("sqlite", "file://"+file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE user (id INTEGER NOT NULL PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestSQLiteSlowerThanAnother: tables that another program makes in the file
// after it was found empty are left as they are.
func TestSQLiteSlowerThanAnother(t *testing.T) {
	t.Parallel()
	file := anothers(t)
	if err := os.Chmod(file, 0o664); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := database.Create(t.Context(), file, nil); err == nil || !strings.Contains(err.Error(), "another program") {
		t.Errorf("Create() = %v, want another program's file refused", err)
	}
	after, _ := os.ReadFile(file)
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o664 || !bytes.Equal(after, before) {
		t.Errorf("the file has changed, or its mode: %v, %v", info, err)
	}
	if left, err := filepath.Glob(file + "*"); err != nil || len(left) != 1 {
		t.Errorf("files afterwards: %v, %v, want only the database", left, err)
	}
}

// TestSQLiteOpensTooSlowly: what is said is the file, the bound and what to do; who gave
// up is told no more than that.
func TestSQLiteOpensTooSlowly(t *testing.T) {
	t.Parallel()
	file := anothers(t)
	cfg := database.Config{URL: "sqlite:" + file}
	_, err := database.OpenSQLiteWithin(t.Context(), cfg, nil, time.Nanosecond)
	if !errors.Is(err, account.ErrUnavailable) || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "it did not open within 1ns") {
		t.Errorf("too slowly: %v, want ErrUnavailable with file and bound", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := database.OpenSQLite(ended, cfg, nil); !errors.Is(err, context.Canceled) || errors.Is(err, account.ErrUnavailable) {
		t.Errorf("ended by the caller: %v, want context.Canceled", err)
	}
}
