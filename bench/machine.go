package main

import (
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// machine is what the figures were taken on.
type machine struct {
	cpu      string
	cores    int
	memory   string
	kernel   string
	golang   string
	date     string
	commit   string
	peers    string
	noise    float64 // share of the cores in use before the start
	others   float64 // share of the cores that others used during the run
	took     time.Duration
	settings []string

	unmeasured []string // what could not be, and why
}

// describe says what the run was made on.
func (b *bench) describe(noise float64, took time.Duration) (machine, error) {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return machine{}, fmt.Errorf("uname: %w", err)
	}
	m := machine{
		cpu: field("/proc/cpuinfo", "model name"), cores: runtime.NumCPU(), memory: memory(),
		kernel: unix.ByteSliceToString(name.Release[:]), golang: runtime.Version(),
		date: b.started.Format(time.DateOnly), peers: b.versions(), noise: noise, took: took, settings: b.opts.serve,
		unmeasured: b.unmeasured,
	}
	if out, err := exec.Command("git", "-C", b.root, "describe", "--always", "--dirty").Output(); err == nil {
		m.commit = strings.TrimSpace(string(out))
	}
	ours, err := cpuSeconds()
	if err != nil {
		return m, err
	}
	all, err := machineSeconds()
	if err != nil {
		return m, err
	}
	others := (all - b.busyAtStart) - (ours - b.oursAtStart)
	m.others = max(0, others/(time.Since(b.started).Seconds()*float64(m.cores)))
	return m, nil
}

// versions names the peers.
func (b *bench) versions() string {
	var all []string
	if info, err := buildinfo.ReadFile(b.program("gin")); err == nil {
		for _, dependency := range info.Deps {
			switch dependency.Path {
			case "github.com/appleboy/gin-jwt/v2":
				all = append(all, "gin-jwt "+dependency.Version)
			case "github.com/gin-gonic/gin":
				all = append(all, "gin "+dependency.Version)
			}
		}
	}
	if b.python != "" {
		out, err := exec.Command(b.python, "-c", "import platform; print(platform.python_version())").Output()
		if err == nil {
			all = append(all, "Flask-JWT 0.3.2 on CPython "+strings.TrimSpace(string(out))+", gunicorn "+gunicornWords)
		}
	}
	return strings.Join(append(all, b.databaseVersion), "; ")
}

// machineSeconds is the processor time that everything on the machine has used.
func machineSeconds() (float64, error) {
	content, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	line, _, _ := strings.Cut(string(content), "\n")
	fields := strings.Fields(line) // cpu user nice system idle iowait irq softirq steal …
	if len(fields) < 9 {
		return 0, errors.New("/proc/stat begins with an unknown line")
	}
	total := 0
	// Interrupts are left out: those of our own traffic count for no process.
	for _, i := range []int{1, 2, 3, 8} {
		ticks, err := strconv.Atoi(fields[i])
		if err != nil {
			return 0, fmt.Errorf("read /proc/stat: %w", err)
		}
		total += ticks
	}
	return float64(total) / ticksPerSecond, nil
}

// busy is the share of the cores that is in use while nothing is measured.
func busy(d time.Duration) (float64, error) {
	before, err := machineSeconds()
	if err != nil {
		return 0, err
	}
	start := time.Now()
	time.Sleep(d)
	after, err := machineSeconds()
	return (after - before) / time.Since(start).Seconds() / float64(runtime.NumCPU()), err
}

// field is the first value of that name in a file of /proc.
func field(file, name string) string {
	content, err := os.ReadFile(file)
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(content)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func memory() string {
	kib, err := strconv.Atoi(strings.TrimSuffix(field("/proc/meminfo", "MemTotal"), " kB"))
	if err != nil {
		return "unknown"
	}
	return fmt.Sprintf("%.0f GiB", float64(kib)/(1<<20))
}

// raiseFileLimit makes room for that many open files, here and in the servers,
// and returns how many there is room for.
func raiseFileLimit(want int) int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	if limit.Cur < uint64(want) {
		raised := unix.Rlimit{Cur: uint64(want), Max: max(limit.Max, uint64(want))}
		if unix.Setrlimit(unix.RLIMIT_NOFILE, &raised) != nil { // not allowed above Max
			raised = unix.Rlimit{Cur: limit.Max, Max: limit.Max}
			_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &raised)
		}
		limit = raised
	}
	return int(min(limit.Cur, uint64(want)))
}

// sleep waits unless ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
