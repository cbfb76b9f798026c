package restauthtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
)

const (
	server  = "github.com/restauth/restauth" // the module
	command = server + "/cmd/restauth"
	client  = server + "/clients/go" // the module this package is of
)

// module is what `go list -m -json -e` says of one.
type module struct {
	Path    string
	Version string // "" where it is a main module
	Dir     string // "" where its sources are not needed, so not there
	Replace *module
	Error   *moduleError
}

type moduleError struct{ Err string }

// folder is where the module's sources are when they are no release's, else "".
func (m module) folder() string {
	switch {
	case m.Replace != nil && m.Replace.Version == "":
		return m.Replace.Dir
	case m.Replace == nil && m.Version == "":
		return m.Dir
	}
	return ""
}

// version is the release that the module's sources are of.
func (m module) version() string {
	if m.Replace != nil {
		return m.Replace.Version
	}
	return m.Version
}

// build makes the binary restauth in dir: of a clone where the module under test
// has this package or the server from one, else of a release.
func build(ctx context.Context, dir string) error {
	// Of the server's module there is nothing where the module under test does not
	// require it; then this package's own says where to look.
	used, err := listed(ctx, server)
	if err != nil {
		return err
	}
	folder, version := used.folder(), used.version()
	if used.Error != nil {
		if used, err = listed(ctx, client); err != nil {
			return err
		}
		if used.Error != nil {
			return fmt.Errorf("restauthtest: %s", used.Error.Err)
		}
		folder, version = used.folder(), release(used.version())
		if folder != "" {
			folder = filepath.Join(folder, "..", "..")
		}
	}
	switch {
	case folder != "":
	case used.Replace != nil && used.Replace.Path != used.Path:
		return fmt.Errorf("restauthtest: %s is replaced by %s, which the server cannot be installed from: replace it by a folder",
			used.Path, used.Replace.Path)
	default:
		// This leaves the module under test alone, and goes by the checksum database.
		return run(ctx, "", []string{"GOBIN=" + dir}, "install", command+"@"+version)
	}
	if _, err := os.Stat(filepath.Join(folder, "cmd", "restauth")); err != nil {
		return fmt.Errorf("restauthtest: %s is no clone of restauth, to build the server of: %w", folder, err)
	}
	return run(ctx, folder, nil, "build", "-o", filepath.Join(dir, "restauth"), "./cmd/restauth")
}

// listed asks the go command which version of a module the module under test has.
func listed(ctx context.Context, path string) (module, error) {
	// In a module that vendors, -mod=readonly also tells of what is not vendored.
	cmd := exec.CommandContext(ctx, "go", "list", "-mod=readonly", "-m", "-e", "-json", path) //nolint:gosec // path is one of two constants
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	m := module{Path: path}
	switch {
	case err != nil:
	case len(out) == 0: // as it says of a module that is in no graph when that cannot be loaded
		m.Error = &moduleError{Err: "go list -m " + path + " knows no such module"}
	default:
		err = json.Unmarshal(out, &m)
	}
	if err != nil {
		return module{}, fmt.Errorf("restauthtest: go list -m %s: %w\n%s", path, err, stderr.String())
	}
	return m, nil
}

// pseudo is a version that names a commit (go.dev/ref/mod, pseudo-versions).
var pseudo = regexp.MustCompile(`[-.]\d{14}-([0-9a-f]{12})$`)

// release is the version of the server that belongs to one of the client: both are
// tagged with the same, and commits are the same.
func release(version string) string {
	if commit := pseudo.FindStringSubmatch(version); commit != nil {
		return commit[1]
	}
	return version
}

// run runs the go command in a folder, in a module and no workspace.
func run(ctx context.Context, dir string, env []string, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // constants, folders and versions that the go command gave
	cmd.Dir, cmd.Env = dir, append(os.Environ(), append(env, "GOWORK=off")...)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return fmt.Errorf("restauthtest: build the server: go %q: %w\n%s", args, err, out)
	case err != nil:
		return fmt.Errorf("restauthtest: the go command cannot be run: %w", err)
	}
	return nil
}
