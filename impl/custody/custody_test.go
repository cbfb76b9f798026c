package custody

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	us      = 1000
	another = 4242
	third   = 4343
)

// world is a tree of real files whose owners a test chooses, so that no test here
// needs to be root. What is above it belongs to root.
type world struct {
	t      *testing.T
	dir    string
	owners map[string]int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &world{t: t, dir: dir, owners: make(map[string]int)}
}

func (w *world) own(name string, uid int) string {
	path := filepath.Join(w.dir, name)
	w.owners[path] = uid
	return path
}

func (w *world) folder(name string, uid int, mode fs.FileMode) {
	w.t.Helper()
	path := w.own(name, uid)
	if err := errors.Join(os.MkdirAll(path, 0o700), os.Chmod(path, mode)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) file(name string, uid int) {
	w.t.Helper()
	if err := os.WriteFile(w.own(name, uid), nil, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) link(name string, uid int, target string) {
	w.t.Helper()
	if err := os.Symlink(target, w.own(name, uid)); err != nil {
		w.t.Fatal(err)
	}
}

// known is a file's info with its name, by which its owner is found.
type known struct {
	fs.FileInfo
	path string
}

func (w *world) look(name string) (Held, error) {
	walking := walk{
		uid: us,
		lstat: func(path string) (fs.FileInfo, error) {
			info, err := os.Lstat(path)
			return known{info, path}, err
		},
		owner: func(info fs.FileInfo) (int, bool) { return w.owners[info.(known).path], true },
	}
	return walking.to(filepath.Join(w.dir, name))
}

// TestLook has every way in which a file can be in somebody else's hands.
func TestLook(t *testing.T) {
	w := newWorld(t)
	const sticky = fs.ModeSticky | 0o777
	w.folder("tmp", 0, sticky)
	w.file("tmp/ours", us)
	w.file("tmp/roots", 0)
	w.file("tmp/planted", another)
	w.link("tmp/planted-link", another, "../home/ours")
	w.link("tmp/our-link", us, "../home/ours")
	w.folder("tmp/theirs", another, 0o755)
	w.file("tmp/theirs/ours", us)
	w.folder("tmp/ours.d", us, 0o700)
	w.file("tmp/ours.d/file", us)
	w.folder("home", us, 0o755)
	w.file("home/ours", us)
	w.file("home/volume", another)
	w.link("home/to-planted", us, "../tmp/planted")
	w.link("home/link-to-theirs", us, "../tmp/theirs")
	w.folder("open", us, 0o777)
	w.file("open/ours", us)
	w.file("open/theirs", another)
	w.folder("group", us, 0o775)
	w.file("group/ours", us)
	w.file("group/theirs", another)
	w.folder("app", another, 0o775)
	w.file("app/theirs", another)
	w.file("app/thirds", third)
	w.folder("mount", another, 0o755)
	w.file("mount/ours", us)
	w.file("mount/theirs", another)

	for _, c := range []struct{ name, planted, shared, others, exposed string }{
		{name: "home/ours"},
		{name: "home/new"},
		{name: "tmp/ours", exposed: "can put files into"},
		{name: "tmp/roots", exposed: "can put files into"},
		{name: "tmp/new", exposed: "can put files into"},
		{name: "tmp/ours.d/file"},
		{name: "tmp/ours.d/../../home/ours"},
		{name: "tmp/our-link"},
		{name: "tmp/planted", planted: "the file " + w.dir + "/tmp/planted belongs to another user (uid 4242)", exposed: "can put"},
		{name: "tmp/planted-link", planted: "the symbolic link "},
		{name: "tmp/theirs/ours", planted: "the folder ", others: "the folder "},
		{name: "tmp/theirs/new", planted: "the folder "},
		{name: "home/to-planted", planted: "the file ", exposed: "can put"},
		{name: "home/link-to-theirs/ours", planted: "the folder ", others: "the folder "},
		{name: "home/volume", others: "the file "},
		{name: "open/ours", exposed: "can replace"},
		{name: "open/theirs", planted: "the file ", exposed: "can replace"},
		{name: "group/ours"},
		{name: "group/theirs", planted: "the file "},
		{name: "app/theirs", others: "the folder ", shared: "the file "},
		{name: "app/thirds", others: "the folder ", planted: "the file "},
		{name: "mount/ours", others: "the folder "},
		{name: "mount/theirs", others: "the folder "},
	} {
		held, err := w.look(c.name)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for what, got := range map[string][2]string{
			"Planted": {held.Planted, c.planted}, "Shared": {held.Shared, c.shared},
			"Others": {held.Others, c.others}, "Exposed": {held.Exposed, c.exposed},
		} {
			if (got[0] == "") != (got[1] == "") || !strings.Contains(got[0], got[1]) {
				t.Errorf("%s: %s = %q, want %q", c.name, what, got[0], got[1])
			}
		}
	}
	if held, err := w.look("tmp/our-link"); err != nil || held.Path != filepath.Join(w.dir, "home/ours") {
		t.Errorf("Path through a link = %q, %v", held.Path, err)
	}
}

// TestLookFails where there is no way there.
func TestLookFails(t *testing.T) {
	w := newWorld(t)
	w.folder("d", us, 0o700)
	w.link("d/loop", us, "loop")
	w.file("d/file", us)
	for name, want := range map[string]error{"d/no/file": fs.ErrNotExist, "d/file/x": nil, "d/loop": nil} {
		held, err := w.look(name)
		if err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: %+v, %v, want an error", name, held, err)
		}
	}
}
