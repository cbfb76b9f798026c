// Package programs finds the programs that tests run beside databases and browsers: on
// the PATH, or where scripts/test-deps.sh has unpacked them. It is for tests only.
//
// A missing program fails the test. Only go test -short (make test-quick) leaves out
// what wants one; in CI that is refused.
package programs

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/restauth/restauth/internal/dbtest"
)

// Promtool returns a command that runs it.
func Promtool(t testing.TB, args ...string) *exec.Cmd { return prometheus(t, "promtool", args) }

// Prometheus returns a command that runs it.
func Prometheus(t testing.TB, args ...string) *exec.Cmd { return prometheus(t, "prometheus", args) }

func prometheus(t testing.TB, name string, args []string) *exec.Cmd {
	t.Helper()
	want(t, name)
	found, err := exec.LookPath(name)
	if err != nil {
		found = unpacked(t, "prometheus", "usr/bin/"+name)
	}
	command := exec.CommandContext(context.WithoutCancel(t.Context()), found, args...)
	// An older Go complains of what scripts/kernel.sh has ours do without.
	command.Env = slices.DeleteFunc(os.Environ(), func(variable string) bool { return strings.HasPrefix(variable, "GODEBUG=") })
	return command
}

// Fail2ban returns a command that runs one of its programs, and the folder with its
// configuration.
func Fail2ban(t testing.TB, name string, args ...string) (command *exec.Cmd, config string) {
	t.Helper()
	want(t, name)
	if found, err := exec.LookPath(name); err == nil {
		return exec.CommandContext(t.Context(), found, args...), "/etc/fail2ban"
	}
	script := unpacked(t, "fail2ban", "usr/bin/"+name)
	root := filepath.Join(filepath.Dir(script), "..", "..")
	command = exec.CommandContext(t.Context(), "python3", append([]string{script}, args...)...)
	command.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "PYTHONPATH="+filepath.Join(root, "usr/lib/python3/dist-packages"))
	return command, filepath.Join(root, "etc/fail2ban")
}

func unpacked(t testing.TB, folder, name string) string {
	t.Helper()
	for _, cache := range dbtest.Caches() {
		file := filepath.Join(cache, folder, name)
		if _, err := os.Stat(file); err == nil {
			return file
		}
	}
	t.Fatalf("%s not found: run scripts/test-deps.sh", filepath.Base(name))
	return ""
}

func want(t testing.TB, name string) {
	t.Helper()
	if !testing.Short() {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("-short leaves out what needs %s; with CI set nothing may be left out", name)
	}
	t.Skipf("-short: needs %s", name)
}
