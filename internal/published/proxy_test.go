package published

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

const (
	root = "../.."
	// version is one that no release has.
	version = "v1.999.0"
	server  = "github.com/restauth/restauth"
	client  = server + "/clients/go"
)

// world is a module proxy that has this tree as a release, and a module cache of its
// own, for what is in the machine's under that version may be another tree. Its other
// modules come from the machine's cache, and from its proxy when they are not there.
type world struct {
	once sync.Once
	dir  string
	err  error
}

var shared world

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.dir != "" {
		if err := os.RemoveAll(shared.dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// run runs the go command in dir as somebody who has none of this tree.
func run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	shared.once.Do(func() { shared.dir, shared.err = publish() })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(),
		"GOMODCACHE="+filepath.Join(shared.dir, "cache"),
		"GOPROXY="+strings.Join([]string{
			"file://" + filepath.ToSlash(filepath.Join(shared.dir, "proxy")),
			"file://" + goEnv(t, "GOMODCACHE") + "/cache/download",
			goEnv(t, "GOPROXY"),
		}, ","),
		// The checksum database knows nothing of this release. What is in the
		// machine's cache was checked when it came there.
		"GOSUMDB=off", "GOPRIVATE=", "GONOPROXY=none", "GOWORK=off",
		// Without the folders in what is compiled, the build cache serves the next run too.
		"GOFLAGS=-modcacherw -trimpath", "CGO_ENABLED=0", // as `make build` has it
		"GOBIN="+filepath.Join(shared.dir, "bin"),
	)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %q: %v\n%s%s", args, err, out, stderr.String())
	}
	return string(out)
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	if err != nil {
		t.Fatalf("go env %s: %v", name, err)
	}
	return strings.TrimSpace(string(out))
}

// publish lays out the proxy (go.dev/ref/mod, serving modules directly from a proxy).
func publish() (string, error) {
	dir, err := os.MkdirTemp("", "published-")
	if err != nil {
		return "", err
	}
	files, err := sources()
	if err != nil {
		return dir, err
	}
	for path, below := range map[string]string{server: "", client: "clients/go/"} {
		if err := release(filepath.Join(dir, "proxy"), path, below, files); err != nil {
			return dir, fmt.Errorf("publish %s: %w", path, err)
		}
	}
	return dir, nil
}

// sources are the files of the tree as a commit of all would have them.
func sources() ([]string, error) {
	out, err := exec.Command("git", "-C", root, "ls-files", "--cached", "--others", "--exclude-standard", "-z").Output()
	if err != nil {
		return nil, fmt.Errorf("list the tree's files: %w", err)
	}
	var files []string
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		_, err := os.Lstat(filepath.Join(root, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted, and not yet committed
		}
		if err != nil {
			return nil, err
		}
		files = append(files, name)
	}
	return files, nil
}

// release writes one module's version. zip.Create leaves out what is of a module
// further below, as the go command does.
func release(proxy, path, below string, files []string) error {
	var members []zip.File
	for _, name := range files {
		if inside, ok := strings.CutPrefix(name, below); ok {
			members = append(members, member{inside, filepath.Join(root, name)})
		}
	}
	var archive bytes.Buffer
	if err := zip.Create(&archive, module.Version{Path: path, Version: version}, members); err != nil {
		return err
	}
	mod, err := os.ReadFile(filepath.Join(root, below, "go.mod"))
	if err != nil {
		return err
	}
	dir := filepath.Join(proxy, path, "@v")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for name, content := range map[string][]byte{
		"list":            []byte(version + "\n"),
		version + ".info": []byte(`{"Version":"` + version + `","Time":"2026-01-01T00:00:00Z"}`),
		version + ".mod":  mod,
		version + ".zip":  archive.Bytes(),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// member is a file of a module's archive.
type member struct{ inside, name string }

func (m member) Path() string                 { return m.inside }
func (m member) Lstat() (fs.FileInfo, error)  { return os.Lstat(m.name) }
func (m member) Open() (io.ReadCloser, error) { return os.Open(m.name) }
