package state_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/state"
	"github.com/restauth/restauth/impl/users"
)

// another is a user of this machine that no test runs as.
const another = 4242

// everybodys makes a folder as /tmp is.
func everybodys(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "everybodys")
	if err := errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, fs.ModeSticky|0o777)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// plant writes a file that belongs to another user. Only root can: for others
// package custody's own test chooses the owners.
func plant(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := errors.Join(os.WriteFile(name, content, 0o600), os.Chmod(name, 0o666), os.Lchown(name, another, another)); err != nil {
		t.Fatal(err)
	}
}

// TestSQLitePlanted: what another user has put into a folder of everybody's, for
// restauth to find, is not used, and no byte of a secret gets into it.
func TestSQLitePlanted(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Log("not root, who alone can give files away: custody's own test has these cases with owners of its choice")
		return
	}
	whole, nobodys := finished(t), emptyWAL(t)
	for name, prepare := range map[string]func(dir, file string){
		"an empty file":        func(_, file string) { plant(t, file, nil) },
		"a file of restauth":   func(_, file string) { plant(t, file, whole) },
		"a database of nobody": func(_, file string) { plant(t, file, nobodys) },
		"a link": func(dir, file string) {
			target := filepath.Join(dir, "target")
			plant(t, target, nil)
			if err := errors.Join(os.Lchown(target, 0, 0), os.Symlink("target", file), os.Lchown(file, another, another)); err != nil {
				t.Fatal(err)
			}
		},
		"a journal":         func(_, file string) { plant(t, file+"-journal", journal(0)) },
		"a write-ahead log": func(_, file string) { plant(t, file+"-wal", nil) },
		"shared memory":     func(_, file string) { plant(t, file+"-shm", nil) },
		"a link as the log": func(dir, file string) {
			if err := os.Symlink(filepath.Join(dir, "elsewhere"), file+"-wal"); err != nil {
				t.Fatal(err)
			}
		},
		"a folder": func(_, file string) {
			if err := errors.Join(os.Mkdir(filepath.Dir(file), 0o755), os.Lchown(filepath.Dir(file), another, another)); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := everybodys(t)
			file := filepath.Join(dir, "users.db")
			if name == "a folder" {
				file = filepath.Join(dir, "folder", "users.db")
			}
			prepare(dir, file)
			before := tree(t, dir)
			s, err := state.OpenEmbedded(t.Context(), config("sqlite:"+file))
			if err == nil {
				_ = s.Close()
			}
			if !errors.Is(err, database.ErrFile) || !strings.Contains(err.Error(), "belongs to another user") && !strings.Contains(err.Error(), "not a regular file") {
				t.Errorf("Open() = %v, want ErrFile and whose it is", err)
			}
			if after := tree(t, dir); after != before {
				t.Errorf("the folder has changed:\n%s\nbefore:\n%s", after, before)
			}
		})
	}
}

// tree is all that a folder holds, with modes and sizes.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		if info.IsDir() {
			fmt.Fprintln(&all, path, info.Mode())
		} else {
			fmt.Fprintln(&all, path, info.Mode(), info.Size())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// TestSQLitePlantedLater: the same under a running store, whose next connection
// would play a journal back.
func TestSQLitePlantedLater(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Log("not root, who alone can give files away")
		return
	}
	file := filepath.Join(everybodys(t), "users.db")
	s := open(t, config("sqlite:"+file))
	if _, err := s.Add(t.Context(), "roy", "hash"); err != nil { // not yet a connection that reads
		t.Fatal(err)
	}
	plant(t, file+"-journal", journal(0))
	err := s.Ready(t.Context())
	if !errors.Is(err, account.ErrUnavailable) || !errors.Is(err, account.ErrUnusable) || !strings.Contains(err.Error(), "users.db-journal belongs to another user (uid 4242)") {
		t.Errorf("Ready() = %v, want ErrUnusable and whose file it is", err)
	}
	if err := os.Remove(file + "-journal"); err != nil {
		t.Fatal(err)
	}
	available(t, s, "removed")
}

// TestSQLiteWarnsOfHands: what may be meant so is used, with a word about it.
func TestSQLiteWarnsOfHands(t *testing.T) {
	t.Parallel()
	ours := filepath.Join(t.TempDir(), "users.db")
	everybody := filepath.Join(everybodys(t), "users.db")
	for file, want := range map[string]string{ours: "", everybody: "in a folder of everybody's"} {
		warned(t, file, want)
	}
	if os.Geteuid() != 0 {
		return
	}
	volume := t.TempDir() // as a container sees a folder of its host
	file := filepath.Join(volume, "users.db")
	plant(t, file, nil)
	if err := os.Lchown(volume, another, another); err != nil {
		t.Fatal(err)
	}
	warned(t, file, "in another user's hands")

	// An application's own file in its own folder, which its group may write: its
	// users can be read, but restauth keeps no secret there.
	app, db := foreignFile(t)
	if err := errors.Join(db.Close(), os.Lchown(app, another, another), os.Lchown(filepath.Dir(app), another, another), os.Chmod(filepath.Dir(app), 0o775)); err != nil {
		t.Fatal(err)
	}
	warned(t, app, "in another user's hands")
	if _, err := state.OpenEmbedded(t.Context(), state.EmbeddedConfig{Config: users.Config{URL: "sqlite:" + filepath.Join(filepath.Dir(app), "users.db")}}); err != nil {
		t.Errorf("a file of our own in an application's folder: %v", err)
	}
	plant(t, filepath.Join(filepath.Dir(app), "empty.db"), nil)
	if _, err := state.OpenEmbedded(t.Context(), state.EmbeddedConfig{Config: users.Config{URL: "sqlite:" + filepath.Join(filepath.Dir(app), "empty.db")}}); !errors.Is(err, database.ErrFile) {
		t.Errorf("an empty file of the application's = %v, want ErrFile", err)
	}
}

func warned(t *testing.T, file, want string) {
	t.Helper()
	var log bytes.Buffer
	s := open(t, state.EmbeddedConfig{Config: users.Config{URL: "sqlite:" + file, Logger: slog.New(slog.NewTextHandler(&log, nil))}})
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("%s: Check() = %v", file, err)
	}
	if (log.Len() == 0) != (want == "") || !strings.Contains(log.String(), want) {
		t.Errorf("%s: logged %q, want %q", file, &log, want)
	}
}
