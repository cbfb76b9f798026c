package main

import (
	"log/slog"
	"math"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/restauth/restauth/cmd/restauth/internal/cgroup"
	"github.com/restauth/restauth/cmd/restauth/internal/settings"
	"github.com/restauth/restauth/impl/password/pool"
)

// keepProcess puts back what contain changes of the test's process.
func keepProcess(t *testing.T) {
	t.Helper()
	threads, memory := runtime.GOMAXPROCS(0), debug.SetMemoryLimit(-1)
	t.Cleanup(func() {
		runtime.GOMAXPROCS(threads)
		debug.SetMemoryLimit(memory)
	})
}

// TestContain: threads and memory are as the container and the operator say.
func TestContain(t *testing.T) {
	const mib = 1 << 20
	for _, test := range []struct {
		name    string
		env     []string
		cores   int
		limits  cgroup.Limits
		hashing int
		threads int // GOMAXPROCS
		memory  int64
	}{
		{"no container", nil, 4, cgroup.Limits{}, 4, 8, math.MaxInt64},
		{"half a core", nil, 4, cgroup.Limits{CPU: .5, Period: time.Second, Group: "a"}, 1, 2, math.MaxInt64},
		{"one core", nil, 4, cgroup.Limits{CPU: 1}, 1, 2, math.MaxInt64},
		{"a core and a half", nil, 4, cgroup.Limits{CPU: 1.5}, 2, 2, math.MaxInt64},
		{"more cores than there are", nil, 4, cgroup.Limits{CPU: 8}, 4, 8, math.MaxInt64},
		{"half a core of one", nil, 1, cgroup.Limits{CPU: .5}, 1, 1, math.MaxInt64},
		{"memory", nil, 2, cgroup.Limits{Memory: 1000 * mib}, 2, 4, 900 * mib},
		{"GOMAXPROCS is set", []string{"GOMAXPROCS=3"}, 3, cgroup.Limits{CPU: 1}, 1, 3, math.MaxInt64},
		{"GOMEMLIMIT is set", []string{"GOMEMLIMIT=5GiB"}, 2, cgroup.Limits{Memory: 1000 * mib}, 2, 4, 5 << 30},
	} {
		t.Run(test.name, func(t *testing.T) {
			keepProcess(t)
			debug.SetMemoryLimit(math.MaxInt64)
			if len(test.env) > 0 && test.memory != math.MaxInt64 {
				debug.SetMemoryLimit(test.memory) // as Go does with the variable
			}
			w := world{env: test.env, cores: test.cores, limits: func() cgroup.Limits { return test.limits }}
			held := contain(w, new(settings.Logins).Threads, slog.New(slog.DiscardHandler))
			if held.hashing != test.hashing || runtime.GOMAXPROCS(0) != test.threads || debug.SetMemoryLimit(-1) != test.memory {
				t.Errorf("hashing on %d, GOMAXPROCS %d, GOMEMLIMIT %d, want %d, %d, %d",
					held.hashing, runtime.GOMAXPROCS(0), debug.SetMemoryLimit(-1), test.hashing, test.threads, test.memory)
			}
			if held.quota() != (pool.Quota{Cores: test.limits.CPU, Period: test.limits.Period, Group: test.limits.Group}) || held.memory() != test.limits.Memory {
				t.Errorf("quota %v, memory %d, want %+v", held.quota(), held.memory(), test.limits)
			}
		})
	}
}

// TestContainFollows limits that change while the server runs, and says so once.
func TestContainFollows(t *testing.T) {
	keepProcess(t)
	synctest.Test(t, func(t *testing.T) {
		var now atomic.Pointer[cgroup.Limits]
		now.Store(&cgroup.Limits{CPU: 1})
		var log buffer
		w := world{cores: 8, limits: func() cgroup.Limits { return *now.Load() }}
		held := contain(w, new(settings.Logins).Threads, slog.New(slog.NewTextHandler(&log, nil)))
		go held.follow(t.Context())
		for _, test := range []struct {
			limits  cgroup.Limits
			threads int
			memory  int64
			says    string
		}{
			{cgroup.Limits{CPU: 1}, 2, math.MaxInt64, ""},
			{cgroup.Limits{CPU: 4, Memory: 1000 << 20}, 4, 900 << 20, "cores=4 memory_mib=1000"},
			{cgroup.Limits{CPU: 4, Memory: 1000 << 20}, 4, 900 << 20, ""},
			{cgroup.Limits{}, 9, math.MaxInt64, "cores=0 memory_mib=0"},
		} {
			before := len(log.String())
			now.Store(&test.limits)
			time.Sleep(limitsEvery + time.Millisecond)
			synctest.Wait()
			if held.quota().Cores != test.limits.CPU || runtime.GOMAXPROCS(0) != test.threads || debug.SetMemoryLimit(-1) != test.memory {
				t.Errorf("with %+v: quota %v, GOMAXPROCS %d, GOMEMLIMIT %d, want %d, %d", test.limits,
					held.quota(), runtime.GOMAXPROCS(0), debug.SetMemoryLimit(-1), test.threads, test.memory)
			}
			got := log.String()[before:]
			if !strings.Contains(got, test.says) || strings.Count(got, "\n") != min(len(test.says), 1) {
				t.Errorf("with %+v the log says %q, want %q", test.limits, got, test.says)
			}
		}
	})
}
