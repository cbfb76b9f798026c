package pool

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const canStartChildren = true

// process is this program, started once more to hash.
type process struct {
	cmd   *exec.Cmd
	conns []*os.File // one for each slot
	done  chan struct{}
}

// startProcess starts it. The caller is a goroutine that has nothing else to do
// until wait has returned: the kernel ends the child with the thread that
// started it.
func startProcess(args []string, slots, niceness int, env ...string) (*process, error) {
	runtime.LockOSThread()
	p := &process{done: make(chan struct{})}
	// Not by name: that may be another version by now, or nothing.
	p.cmd = exec.Command("/proc/self/exe", append(args[:len(args):len(args)], strconv.Itoa(slots), strconv.Itoa(niceness))...) //nolint:gosec,noctx // this program; it ends with its sockets
	p.cmd.Args[0] = os.Args[0]
	p.cmd.Env = append(childEnv(os.Environ()), env...)
	p.cmd.Dir = "/"
	p.cmd.Stderr = os.Stderr
	// A group of its own: Ctrl-C at a terminal is for the gate's process to answer.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	err := p.connect(slots)
	if err == nil {
		err = p.cmd.Start()
	}
	for _, theirs := range p.cmd.ExtraFiles {
		_ = theirs.Close() // The child has it, or nobody needs it.
	}
	if err != nil {
		p.closeAll()
		runtime.UnlockOSThread()
		return nil, fmt.Errorf("pool: start a hashing process: %w", err)
	}
	return p, nil
}

// childEnv leaves what changes how Go hashes, such as FIPS mode, and how its race detector
// reports, and nothing else: there may be secrets in it.
func childEnv(env []string) []string {
	kept := []string{}
	for _, variable := range env {
		if strings.HasPrefix(variable, "GODEBUG=") || strings.HasPrefix(variable, "GORACE=") {
			kept = append(kept, variable)
		}
	}
	return kept
}

func (p *process) connect(slots int) error {
	for range slots {
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("make a socket: %w", err)
		}
		// Only this side is for Go's poller.
		if err := unix.SetNonblock(pair[0], true); err != nil {
			return fmt.Errorf("set up a socket: %w", err)
		}
		p.conns = append(p.conns, os.NewFile(uintptr(pair[0]), "hashing process"))
		p.cmd.ExtraFiles = append(p.cmd.ExtraFiles, os.NewFile(uintptr(pair[1]), "gate"))
	}
	return nil
}

func (p *process) closeAll() {
	for _, conn := range p.conns {
		_ = conn.Close() // There is nobody at the other end.
	}
}

// wait returns when the process has ended, and always an error that says how.
func (p *process) wait() error {
	defer runtime.UnlockOSThread()
	defer close(p.done)
	if err := p.cmd.Wait(); err != nil {
		return err
	}
	return ErrEnded
}

func (p *process) kill() { _ = p.cmd.Process.Kill() } // an error says that it has ended

// hold stops the process, or lets it go on where it was stopped.
func (p *process) hold(stop bool) {
	signal := syscall.SIGCONT
	if stop {
		signal = syscall.SIGSTOP
	}
	_ = p.cmd.Process.Signal(signal) // an error says that it has ended
}

// ownTime is how much processor time this process has had.
func ownTime() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t) // every Linux has it
	return time.Duration(t.Nano())
}

// cpuTime is how much processor time the process has had, 0 when it has ended.
func (p *process) cpuTime() time.Duration {
	// clock_getcpuclockid(3): the bits are CPUCLOCK_SCHED of a process.
	var t unix.Timespec
	if unix.ClockGettime(int32(^p.cmd.Process.Pid)<<3|2, &t) != nil { //nolint:gosec // a pid is far below 2^28
		return 0
	}
	return time.Duration(t.Nano())
}
