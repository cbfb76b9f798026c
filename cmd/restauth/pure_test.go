package main

import (
	"math"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// process is what a program can change of itself.
type process struct {
	Threads    int
	GC         int
	Memory     int64
	Env, Files []string
	Folder     string
	Interrupts bool // ignored
}

func look(t *testing.T) process {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	p := process{
		Threads: runtime.GOMAXPROCS(0), Memory: debug.SetMemoryLimit(-1), Env: os.Environ(), Folder: folder,
		Interrupts: signal.Ignored(os.Interrupt),
	}
	p.GC = debug.SetGCPercent(100)
	debug.SetGCPercent(p.GC)
	slices.Sort(p.Env)
	for _, entry := range entries {
		p.Files = append(p.Files, entry.Name())
	}
	return p
}

// TestReadingSettingsChangesNothing: only serve may change the process, and only
// once it serves.
func TestReadingSettingsChangesNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Cleanup(func() { debug.SetMemoryLimit(math.MaxInt64) })
	debug.SetMemoryLimit(1 << 40) // not what anybody would set
	secret := "RESTAUTH_SECRET_KEY=" + strings.Repeat("k", 32)
	for _, command := range []string{
		"config check", "config check --login-threads 7 --login-memory 512", "config check --connect", "config check --demo --no-such",
		"version", "completion bash", "serve --help", "serve --leeway soon", "serve --users-timeout 0s", "user list", "",
	} {
		before := look(t)
		var out, log buffer
		run(t.Context(), world{
			args: strings.Fields(command), env: []string{secret}, stdin: strings.NewReader(""),
			stdout: &out, stderr: &log, cores: 3,
		})
		if diff := cmp.Diff(before, look(t)); diff != "" {
			t.Errorf("restauth %s changed the process (-before +after):\n%s%s%s", command, diff, &out, &log)
		}
	}
}
