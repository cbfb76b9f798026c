package state_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/restauth/restauth/impl/account"
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
		if err != nil || idOf(added) <= int64(len(before)) {
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

// TestBackupNames: a name means a file of that name, also where SQLite would take it
// for a database in memory or for a URI.
func TestBackupNames(t *testing.T) {
	source := filepath.Join(t.TempDir(), "state.db")
	s := openState(t, "sqlite:"+source)
	folder := t.TempDir()
	t.Chdir(folder)
	for _, name := range []string{":memory:", "file:copy.db", "file:copy.db?mode=memory", "file::memory:", " ", "copy.db?mode=memory"} {
		if err := s.Backup(t.Context(), name); err != nil {
			t.Errorf("Backup(%q) = %v", name, err)
			continue
		}
		content, err := os.ReadFile(name)
		info, statErr := os.Stat(name)
		if err != nil || statErr != nil || info.Mode().Perm() != 0o600 || !strings.HasPrefix(string(content), "SQLite format 3") {
			t.Errorf("Backup(%q): %d bytes of mode %v, %v; want a database of mode 0600", name, len(content), info.Mode(), errors.Join(err, statErr))
		}
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	for _, place := range []string{folder, filepath.Dir(source)} {
		entries, err := os.ReadDir(place)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			if !strings.HasPrefix(entry.Name(), "state.db") {
				t.Errorf("a backup has left %s", entry.Name())
			}
		}
	}
}

// TestBackupReplaced: who may write the folder of a backup puts a file of their own in
// its place while it is made, and gets no byte of it.
func TestBackupReplaced(t *testing.T) {
	t.Parallel()
	s := openState(t, "sqlite:"+filepath.Join(t.TempDir(), "state.db"))
	folder := t.TempDir()
	if err := os.Chmod(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		file := filepath.Join(folder, fmt.Sprint("copy", i))
		done, theirs := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(theirs)
			for {
				select {
				case <-done:
					return
				default:
				}
				if os.Rename(file, file+".ours") == nil {
					_ = os.WriteFile(file, nil, 0o666)
					return
				}
			}
		}()
		err := s.Backup(t.Context(), file)
		close(done)
		<-theirs
		if content, _ := os.ReadFile(file); len(content) > 0 {
			if _, raced := os.Stat(file + ".ours"); raced == nil {
				t.Fatalf("Backup() = %v, and %d bytes are in a file of somebody else's", err, len(content))
			}
		}
	}
}

// TestBackupPlanted: a link that another user has put into a folder of everybody's is
// not followed.
func TestBackupPlanted(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Log("not root, who alone can give files away: custody's own test has these cases with owners of its choice")
		return
	}
	s := openState(t, "sqlite:"+filepath.Join(t.TempDir(), "state.db"))
	folder := everybodys(t)
	theirs := filepath.Join(t.TempDir(), "theirs")
	link := filepath.Join(folder, "backups")
	if err := errors.Join(os.Mkdir(theirs, 0o700), os.Symlink(theirs, link), os.Lchown(link, another, another)); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(t.Context(), filepath.Join(link, "copy.db")); !errors.Is(err, database.ErrFile) {
		t.Errorf("Backup() through another user's link = %v, want ErrFile", err)
	}
	if entries, err := os.ReadDir(theirs); err != nil || len(entries) > 0 {
		t.Errorf("the folder behind the link has %v, %v, want nothing", entries, err)
	}
}

// idOf is the number that an embedded user has.
func idOf(user account.User) int64 {
	n, _ := user.ID.Int64()
	return n
}
