package database_test

import (
	"bytes"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

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

// TestSQLiteSlowerThanAnother: tables that another program makes in the file
// after it was found empty are left as they are.
func TestSQLiteSlowerThanAnother(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "app.db")
	db, err := sql.Open("sqlite", "file://"+file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE user (id INTEGER NOT NULL PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Close(), os.Chmod(file, 0o664)); err != nil {
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
