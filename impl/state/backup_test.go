package state_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/restauth/restauth/impl/database"
)

// TestBackup copies a database while others write to it: the copy is whole, nobody
// else can read it, and it serves as a database of its own.
func TestBackup(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "restauth.db")
	s := open(t, config("sqlite:"+file))
	want := secret(t, file)
	stop := make(chan struct{})
	var writing sync.WaitGroup
	for writer := range 3 {
		writing.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				// Both rows or neither: a copy of a moment has as many of each.
				if _, err := s.Add(t.Context(), fmt.Sprint("user", writer, "-", i), "hash"); err != nil {
					t.Errorf("Add() during a backup = %v", err)
					return
				}
			}
		})
	}
	// Another process's view: opened by itself, as the command does.
	other := open(t, config("sqlite:"+file))
	var copies []string
	for i := range 5 {
		copies = append(copies, filepath.Join(t.TempDir(), fmt.Sprint("copy '", i, "?.db")))
		if err := other.State().Backup(t.Context(), copies[i]); err != nil {
			t.Fatalf("Backup() = %v", err)
		}
	}
	close(stop)
	writing.Wait()
	for _, copied := range copies {
		info, err := os.Stat(copied)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode of the copy: %v, %v, want 0600", info, err)
		}
		c := open(t, config("sqlite:"+copied))
		var sound string
		if err := c.Raw().QueryRow("PRAGMA integrity_check").Scan(&sound); err != nil || sound != "ok" {
			t.Errorf("integrity_check = %q, %v", sound, err)
		}
		if err := c.Check(t.Context()); err != nil {
			t.Errorf("Check() of a copy = %v", err)
		}
		if got := secret(t, copied); got != want {
			t.Error("the copy has another secret")
		}
		before, err := c.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		// An id that was given before the copy is not given again.
		added, err := c.Add(t.Context(), "new", "hash")
		if err != nil || added.ID <= int64(len(before)) {
			t.Errorf("Add() to a copy of %d users = %v, %v", len(before), added, err)
		}
	}
}

// TestBackupRefuses: nothing is overwritten, and nothing half is left.
func TestBackupRefuses(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := openState(t, "sqlite:"+filepath.Join(folder, "state.db"))
	there := filepath.Join(folder, "there")
	if err := os.WriteFile(there, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{there: "is there already", filepath.Join(folder, "state.db"): "is there already", filepath.Join(folder, "none", "copy.db"): "no such file"} {
		if err := s.Backup(t.Context(), file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Backup(%s) = %v, want %q", file, err, want)
		}
	}
	if content, err := os.ReadFile(there); err != nil || string(content) != "precious" {
		t.Errorf("the file that was there: %q, %v", content, err)
	}
	if err := openState(t, "sqlite::memory:").Backup(t.Context(), filepath.Join(folder, "memory.db")); !errors.Is(err, database.ErrFile) {
		t.Errorf("Backup() of a database in memory = %v, want ErrFile", err)
	}
	if _, err := os.Stat(filepath.Join(folder, "memory.db")); err == nil {
		t.Error("a backup that failed has left a file")
	}
	for name, fresh := range servers {
		if testing.Short() {
			break
		}
		if err := openState(t, fresh(t)).Backup(t.Context(), filepath.Join(folder, name)); err == nil || !strings.Contains(err.Error(), "mariadb-dump") {
			t.Errorf("Backup() of %s = %v, want what to use", name, err)
		}
	}
}
