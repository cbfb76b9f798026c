package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/restauth/restauth/internal/dbtest"
)

// TestMain makes the test binary answer to the name restauth too, so that
// scripts and benchmarks run the command in a process of its own: what main does, and a
// search for secrets in all that it said.
func TestMain(m *testing.M) {
	testscript.Main(withProgram{dbtest.Wrap(m)}, map[string]func(){"restauth": watched, attackerCommand: attacker})
}

// built is the program as `go build` makes it, without the race detector. Who asks
// first makes it.
var built = new(program)

type program struct {
	once   sync.Once
	folder string // "" when nobody asked
	err    error
}

func (b *program) make() (string, error) {
	b.once.Do(func() {
		if b.folder, b.err = os.MkdirTemp("", "restauth-program-"); b.err != nil {
			return
		}
		if out, err := exec.Command("go", "build", "-o", b.path(), ".").CombinedOutput(); err != nil {
			b.err = fmt.Errorf("go build: %w\n%s", err, out)
		}
	})
	return b.path(), b.err
}

func (b *program) path() string { return filepath.Join(b.folder, "restauth") }

// withProgram removes it when all tests have run.
type withProgram struct{ dbtest.Runner }

func (w withProgram) Run() int {
	defer func() {
		if built.folder != "" {
			os.RemoveAll(built.folder)
		}
	}()
	return w.Runner.Run()
}
