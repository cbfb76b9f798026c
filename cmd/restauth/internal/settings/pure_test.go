package settings

import (
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
)

// all is every setting of every command.
type all struct {
	Serve
	Policy
}

// Validate is called by kong after parsing.
func (s *all) Validate() error {
	if err := s.Serve.Validate(); err != nil {
		return err
	}
	return s.Policy.Validate()
}

func parse(args ...string) (all, error) {
	var read all
	parser, err := kong.New(&read, kong.Vars{"users": DefaultUsers, "listen": DefaultListen})
	if err != nil {
		return read, err
	}
	_, err = parser.Parse(args)
	return read, err
}

// process is what reading settings could change of the process, or leave open.
type process struct {
	Threads, GC, Goroutines int
	Memory                  int64
	Env, Files, Open        []string
	Folder                  string
}

func look(t *testing.T) process {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	p := process{
		Threads: runtime.GOMAXPROCS(0), GC: debug.SetGCPercent(100), Memory: debug.SetMemoryLimit(-1),
		Goroutines: runtime.NumGoroutine(), Env: os.Environ(), Files: names(t, "."), Folder: folder,
	}
	debug.SetGCPercent(p.GC)
	slices.Sort(p.Env)
	if _, err := os.Stat("/proc/self/fd"); err == nil {
		for _, fd := range names(t, "/proc/self/fd") {
			if to, err := os.Readlink("/proc/self/fd/" + fd); err == nil { // else it was for the list
				p.Open = append(p.Open, to)
			}
		}
		slices.Sort(p.Open)
	}
	return p
}

func names(t *testing.T, folder string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		all = append(all, entry.Name())
	}
	return all
}

// TestReadingAndChecking opens nothing, starts nothing and changes nothing in the
// process, whether the settings are good or not. A file that they name need not be
// there, and a host that they name is not asked.
func TestReadingAndChecking(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Cleanup(func() { debug.SetMemoryLimit(math.MaxInt64) })
	debug.SetMemoryLimit(1 << 40) // not what anybody would set
	for command, good := range map[string]bool{
		"": true,
		"--login-threads 7 --login-memory 512 --listen :1 --log-level debug":                          true,
		"--secret-key-file missing --users-password-file missing --users mysql://roy@db.invalid/shop": true,
		"--users sqlite:new.db --public-url https://login.invalid/app --trusted-proxies 10.0.0.0/8":   true,
		"--login-threads -1":              false,
		"--listen db.invalid:http":        false,
		"--users=":                        false,
		"--min-password-length 7":         false,
		"--trusted-proxies proxy.invalid": false,
	} {
		before := look(t)
		read, err := parse(strings.Fields(command)...)
		if (err == nil) != good {
			t.Errorf("%q: %v, want it good: %v", command, err, good)
		}
		if err == nil {
			for range 3 {
				err = read.Validate()
			}
		}
		_, _, _, _ = read.Threads(3), read.RedactedURL(), read.NamesFile(), read.PasswordInURL()
		if (err == nil) != good {
			t.Errorf("%q: checked once more: %v, want it good: %v", command, err, good)
		}
		after := look(t)
		after.Goroutines = max(after.Goroutines, before.Goroutines) // one of before may have ended meanwhile
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("reading %q changed the process (-before +after):\n%s", command, diff)
		}
	}
}

// TestEveryBoundIsChecked, whichever part has it: a part that Serve.Validate
// forgets would be taken unchecked.
func TestEveryBoundIsChecked(t *testing.T) {
	parser, err := kong.New(new(all), kong.Vars{"users": DefaultUsers, "listen": DefaultListen})
	if err != nil {
		t.Fatal(err)
	}
	bounded := 0
	for _, flag := range parser.Model.Flags {
		least, most, is := strings.Cut(flag.Tag.Get("range"), "..")
		if !is {
			continue
		}
		bounded++
		for bound, beyond := range map[string]int64{least: -1, most: 1} {
			n, _ := Amount(bound)
			value := fmt.Sprint(n + beyond)
			if strings.Trim(bound, "0123456789") != "" {
				value += "ns"
			}
			if _, err := parse("--" + flag.Name + "=" + value); err == nil || !strings.Contains(err.Error(), "--"+flag.Name+" is ") {
				t.Errorf("--%s=%s: %v, want it refused: beyond %s", flag.Name, value, err, bound)
			}
		}
	}
	if bounded < 10 {
		t.Errorf("%d settings with bounds found, want those of all times and numbers", bounded)
	}
}

// TestNoFileIsRead: the files of this package name nothing that could. depguard says
// the same of the imports; a test says it of who runs only these.
func TestNoFileIsRead(t *testing.T) {
	read := 0
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		read++
		for _, call := range []string{`"os"`, `"runtime`, `"context"`, `"net/http"`, "/impl", "net.Listen", "net.Dial", "net.Lookup", "go func", "func init"} {
			if strings.Contains(string(text), call) {
				t.Errorf("%s has %s", path, call)
			}
		}
		return nil
	})
	if err != nil || read < 5 {
		t.Errorf("%d files read, %v", read, err)
	}
}
