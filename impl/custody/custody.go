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
	var err error
	if w.folder, err = w.lstat(at); err != nil {
		return Held{}, err
	}
	for len(rest) > 0 {
		step := rest[0]
		rest = rest[1:]
		switch step {
		case "", ".":
			continue
		case "..":
			at = filepath.Dir(at)
			if w.folder, err = w.lstat(at); err != nil {
				return Held{}, err
			}
			continue
		}
		next := filepath.Join(at, step)
		entry, err := w.lstat(next)
		if errors.Is(err, fs.ErrNotExist) && len(rest) == 0 {
			w.expose(at)
			w.held.Path = next
			return w.held, nil
		}
		if err != nil {
			return Held{}, err
		}
		w.judge(at, next, entry)
		switch mode := entry.Mode(); {
		case mode&fs.ModeSymlink != 0 && !kernels(next):
			var steps []string
			if at, steps, err = w.through(at, next); err != nil {
				return Held{}, err
			}
			rest = append(steps, rest...)
		case len(rest) > 0:
			at, w.folder = next, entry
		default:
			w.expose(at)
			w.held.Path = next
		}
	}
	if w.held.Path == "" {
		w.held.Path = at
	}
	return w.held, nil
}

// through goes on behind a link that stands in at: from where, and by which steps.
func (w *walk) through(at, link string) (from string, steps []string, err error) {
	target, err := w.follow(link)
	if err != nil {
		return "", nil, err
	}
	if filepath.IsAbs(target) {
		at, _ = w.root(target)
		if w.folder, err = w.lstat(at); err != nil {
			return "", nil, err
		}
	}
	return at, strings.Split(filepath.ToSlash(target), "/"), nil
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
