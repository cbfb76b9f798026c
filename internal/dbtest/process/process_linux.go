package process

import (
	"errors"
	"fmt"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// dieWithParent has the kernel kill the server when this process dies, also by
// a panic, a test time-out or SIGKILL. A process group of its own keeps Ctrl-C
// from stopping the server before the tests are told.
func dieWithParent(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = new(syscall.SysProcAttr) // else it has another root, or user
	}
	cmd.SysProcAttr.Pdeathsig, cmd.SysProcAttr.Setpgid = syscall.SIGKILL, true
}

// AwaitStopped returns when the last thread has taken SIGSTOP; until then some
// still answer.
func (p *Process) AwaitStopped() error {
	var err error = unix.EINTR
	for errors.Is(err, unix.EINTR) {
		err = unix.Waitid(unix.P_PID, p.os.Pid, nil, unix.WSTOPPED|unix.WNOWAIT, nil)
	}
	if err != nil {
		return fmt.Errorf("wait for the server to freeze: %w", err)
	}
	return nil
}
