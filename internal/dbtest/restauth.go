package dbtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// programEnv names the program that all packages' tests run, which `make test` builds once.
const programEnv = "RESTAUTH_TEST_PROGRAM"

// Restauth returns the path of the program as `make build` makes it, without the race
// detector. It is built once for a package's tests unless RESTAUTH_TEST_PROGRAM names it;
// the Runner of Wrap removes it.
func Restauth(t testing.TB) string {
	t.Helper()
	path, err := restauth.path()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var restauth built

// built is the program, once someone has asked for it.
type built struct {
	once   sync.Once
	folder string // "" when nobody asked, or when it was built by others
	file   string
	err    error
}

func (b *built) path() (string, error) {
	b.once.Do(func() {
		if b.file = os.Getenv(programEnv); b.file != "" {
			return
		}
		if b.folder, b.err = os.MkdirTemp("", "restauth-program-"); b.err != nil {
			return
		}
		b.file = filepath.Join(b.folder, "restauth")
		build := exec.Command("go", "build", "-trimpath", "-o", b.file, "github.com/restauth/restauth/cmd/restauth")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			b.err = fmt.Errorf("go build: %w\n%s", err, out)
		}
	})
	return b.file, b.err
}

func (b *built) remove() {
	if b.folder != "" {
		os.RemoveAll(b.folder)
	}
}
