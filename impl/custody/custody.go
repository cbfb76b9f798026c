// Package custody tells in whose hands a file is: who beside this process's user
// and root could have put it where it is, could put another in its place, or could
// change the folders and links on the way there.
//
// It walks the path from the root as the system does, through symbolic links, and
// judges each step by the folder that it is in. Everything that it finds to be in
// good hands stays so while nothing but its owner and root may move it: that is
// the case in folders that only these may write, and in those with the sticky bit,
// such as /tmp, where everybody may make entries and only their owners remove
// them. So a name that was looked at may be opened afterwards; no race decides
// about what it means.
//
//	held, err := custody.Look("/tmp/restauth.db")
//	if err == nil && held.Planted != "" { ... } // somebody else's, in a folder of everybody's
//
// Where a system has no owners in the sense of POSIX, everything is in good hands.
package custody

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Held says in whose hands a file is. What is wrong are sentences for the
// operator, "" where nothing is.
type Held struct {
	// Path is the file without any link in it.
	Path string
	// Planted: something on the way belongs to another user and stands in a folder
	// that others can write, whose owner did not make it. Nobody should use it.
	Planted string
	// Shared: as Planted, but it belongs to the folder's owner. An application's
	// folder may be like that; nothing secret is put there.
	Shared string
	// Others: something on the way belongs to another user, in a folder that
	// nobody else can write. Whoever made it so meant it, as with a volume; but
	// that user can do there as he likes.
	Others string
	// Exposed: the file is in a folder in which every user of the machine may make
	// files beside it.
	Exposed string
}

// mostLinks is Linux's own bound, path_resolution(7).
const mostLinks = 40

// Look walks to a file, which need not be there yet. Its errors are the system's.
func Look(name string) (Held, error) {
	whole, err := filepath.Abs(name)
	if err != nil {
		return Held{}, err
	}
	w := walk{uid: os.Geteuid(), lstat: os.Lstat, owner: owner}
	return w.to(whole)
}

// walk is on its way. Its functions are the system's, but in tests.
type walk struct {
	uid   int
	lstat func(string) (fs.FileInfo, error)
	owner func(fs.FileInfo) (uid int, known bool)

	held   Held
	folder fs.FileInfo // where it stands
	links  int
}

func (w *walk) to(name string) (Held, error) {
	at, rest := w.root(name)
	if err := w.enter(at); err != nil {
		return Held{}, err
	}
	for len(rest) > 0 && w.held.Path == "" {
		step := rest[0]
		rest = rest[1:]
		var err error
		switch step {
		case "", ".":
		case "..":
			at = filepath.Dir(at)
			err = w.enter(at)
		default:
			at, rest, err = w.step(at, step, rest)
		}
		if err != nil {
			return Held{}, err
		}
	}
	if w.held.Path == "" { // it is a folder
		w.held.Path = at
	}
	return w.held, nil
}

// enter goes into a folder without judging it.
func (w *walk) enter(at string) (err error) {
	w.folder, err = w.lstat(at)
	return err
}

// step goes on to an entry of the folder that the walk is in, and returns where it
// is then and what is left of the way.
func (w *walk) step(at, name string, rest []string) (string, []string, error) {
	next := filepath.Join(at, name)
	entry, err := w.lstat(next)
	missing := errors.Is(err, fs.ErrNotExist) && len(rest) == 0
	if err != nil && !missing {
		return "", nil, err
	}
	if missing {
		w.arrive(at, next)
		return at, nil, nil
	}
	w.judge(at, next, entry)
	switch {
	case entry.Mode()&fs.ModeSymlink != 0 && !kernels(next):
		target, err := w.follow(next)
		if err != nil {
			return "", nil, err
		}
		if filepath.IsAbs(target) {
			at, _ = w.root(target)
			err = w.enter(at)
		}
		return at, append(strings.Split(filepath.ToSlash(target), "/"), rest...), err
	case len(rest) > 0:
		w.folder = entry
		return next, rest, nil
	default:
		w.arrive(at, next)
		return at, nil, nil
	}
}

// arrive notes that the file is name, in the folder that the walk is in.
func (w *walk) arrive(at, name string) {
	w.expose(at)
	w.held.Path = name
}

// root is where an absolute path begins, and its steps.
func (w *walk) root(name string) (string, []string) {
	volume := filepath.VolumeName(name)
	return volume + string(filepath.Separator), strings.Split(filepath.ToSlash(name[len(volume):]), "/")
}

// kernels: what a link in /proc/PID/fd says is no path; the kernel itself opens
// what a process has open already, such as its standard input.
func kernels(link string) bool {
	return strings.HasPrefix(link, "/proc/") && filepath.Base(filepath.Dir(link)) == "fd"
}

func (w *walk) follow(link string) (string, error) {
	if w.links++; w.links > mostLinks {
		return "", fmt.Errorf("%s: too many symbolic links", link)
	}
	return os.Readlink(link)
}

// judge notes what is wrong with an entry of the folder that the walk is in.
func (w *walk) judge(at, name string, entry fs.FileInfo) {
	uid, known := w.owner(entry)
	folderUID, _ := w.owner(w.folder)
	what := kind(entry)
	switch {
	case !known:
	case w.trusts(uid) && w.trusts(folderUID):
	case w.trusts(uid):
		note(&w.held.Others, "the folder %s belongs to another user (uid %d), who can put another %s in the place of %s", at, folderUID, what, name)
	case w.folder.Mode().Perm()&0o022 == 0:
		note(&w.held.Others, "the %s %s belongs to another user (uid %d), who can change and read what is there", what, name, uid)
	case uid == folderUID:
		note(&w.held.Shared, "the %s %s belongs to another user (uid %d), and others can write its folder", what, name, uid)
	default:
		note(&w.held.Planted, "the %s %s belongs to another user (uid %d), who may have put it there for you to find: others can write its folder", what, name, uid)
	}
}

// expose notes that everybody may write the folder that the file is in.
func (w *walk) expose(at string) {
	if _, known := w.owner(w.folder); !known {
		return
	}
	mode := w.folder.Mode()
	switch {
	case mode.Perm()&0o002 == 0:
	case mode&fs.ModeSticky != 0:
		note(&w.held.Exposed, "every user of this machine can put files into the folder %s", at)
	default:
		note(&w.held.Exposed, "every user of this machine can replace what is in the folder %s", at)
	}
}

func (w *walk) trusts(uid int) bool { return uid == w.uid || uid == 0 }

func kind(entry fs.FileInfo) string {
	switch {
	case entry.IsDir():
		return "folder"
	case entry.Mode()&fs.ModeSymlink != 0:
		return "symbolic link"
	default:
		return "file"
	}
}

// note keeps the first thing that is wrong, which is nearest to the root.
func note(into *string, format string, args ...any) {
	if *into == "" {
		*into = fmt.Sprintf(format, args...)
	}
}
