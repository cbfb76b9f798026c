package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a running server with its output in a file.
type process struct {
	name string
	cmd  *exec.Cmd
	log  string
	done chan struct{}
	err  error // set before done is closed
}

// spawn starts a program that dies with this one. The kernel binds that to the
// thread that started it, so one goroutine keeps its thread until the end.
func spawn(name, log string, cmd *exec.Cmd) (*process, error) {
	// O_APPEND: the log is emptied between rounds while it is written to.
	out, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make the log of %s: %w", name, err)
	}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	p := &process{name: name, cmd: cmd, log: log, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer out.Close()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		p.err = cmd.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return p, nil
}

// stop ends the server and waits for it.
func (p *process) stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
		return nil
	case <-time.After(10 * time.Second):
	}
	_ = p.cmd.Process.Kill()
	<-p.done
	return fmt.Errorf("%s did not end within 10 s of SIGTERM\n%s", p.name, p.tail())
}

// await calls probe until it succeeds, the server ends or half a minute is over.
func (p *process) await(ctx context.Context, probe func() error) error {
	limit := time.After(30 * time.Second)
	for {
		err := probe()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.done:
			return fmt.Errorf("%s ended by itself: %w\n%s", p.name, errEnded, p.tail())
		case <-limit:
			return fmt.Errorf("%s does not answer: %w\n%s", p.name, err, p.tail())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

var errEnded = errors.New("exit")

// tail is the end of the log.
func (p *process) tail() string {
	content, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(content[max(0, len(content)-2000):])
}

// stat is what /proc says of a process.
type stat struct {
	pid, parent int
	ticks       int // processor time of it and of its children that ended
	ended       int // of those children only
	pages       int // resident
}

// ticksPerSecond is USER_HZ, 100 on every Linux that Go runs on.
const ticksPerSecond = 100

// tree is the process and all its descendants.
func tree(root int) ([]stat, error) {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	var all []stat
	for _, dir := range dirs {
		if s, ok := readStat(dir); ok { // else it has just ended
			all = append(all, s)
		}
	}
	members := []int{root}
	for i := 0; i < len(members); i++ {
		for _, s := range all {
			if s.parent == members[i] {
				members = append(members, s.pid)
			}
		}
	}
	return slices.DeleteFunc(all, func(s stat) bool { return !slices.Contains(members, s.pid) }), nil
}

// readStat reads /proc/PID/stat; see proc_pid_stat(5).
func readStat(dir string) (s stat, ok bool) {
	line, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return s, false
	}
	// The name stands in parentheses and may hold anything.
	end := bytes.LastIndexByte(line, ')')
	fields := strings.Fields(string(line[end+1:]))
	if end < 0 || len(fields) < 22 {
		return s, false
	}
	number := func(field int) int {
		n, err := strconv.Atoi(fields[field-3])
		ok = ok && err == nil
		return n
	}
	ok = true
	s.pid, err = strconv.Atoi(filepath.Base(dir))
	s.parent = number(4)
	s.ticks = number(14) + number(15) + number(16) + number(17)
	s.ended = number(16) + number(17)
	s.pages = number(24)
	return s, ok && err == nil
}

// resident is the memory of a process and its descendants in MiB. Pages that
// forked workers share are counted for each, as RSS does.
func resident(root int) (float64, error) {
	members, err := tree(root)
	if err != nil || len(members) == 0 {
		return 0, fmt.Errorf("process %d cannot be read in /proc: %w", root, errors.Join(err, errEnded))
	}
	return mebibytes(members), nil
}

func mebibytes(members []stat) float64 {
	pages := 0
	for _, s := range members {
		pages += s.pages
	}
	return float64(pages*os.Getpagesize()) / (1 << 20)
}

// proportional is the memory of processes in MiB, in which a page that n of them have
// counts an nth for each: PSS, see proc_pid_smaps(5). Only members share pages of a
// server's program, so that is each page once.
func proportional(members []stat) (float64, error) {
	kilobytes := 0
	for _, s := range members {
		text, err := os.ReadFile("/proc/" + strconv.Itoa(s.pid) + "/smaps_rollup")
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // It has just ended.
		}
		if err != nil {
			return 0, err
		}
		for line := range strings.Lines(string(text)) {
			if size, ok := strings.CutPrefix(line, "Pss:"); ok {
				n, err := strconv.Atoi(strings.Fields(size)[0])
				if err != nil {
					return 0, fmt.Errorf("read the memory of process %d: %w", s.pid, err)
				}
				kilobytes += n
			}
		}
	}
	return float64(kilobytes) / (1 << 10), nil
}

// refresh reads the same processes again; those that ended are left out.
func refresh(members []stat) []stat {
	var now []stat
	for _, member := range members {
		if s, ok := readStat("/proc/" + strconv.Itoa(member.pid)); ok {
			now = append(now, s)
		}
	}
	return now
}

// cpuSeconds is the processor time that this program and everything that it
// started have used: servers, databases and the load generator.
func cpuSeconds() (float64, error) {
	members, err := tree(os.Getpid())
	if err != nil {
		return 0, err
	}
	ticks := 0
	for _, s := range members {
		ticks += s.ticks
	}
	return float64(ticks) / ticksPerSecond, nil
}
