//go:build unix && !linux

package process

import (
	"os/exec"
	"syscall"
	"time"
)

// dieWithParent: only Linux can promise it. Elsewhere Main stops the servers,
// and a killed test binary leaves them behind.
func dieWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// AwaitStopped gives the threads time to take SIGSTOP.
func (p *Process) AwaitStopped() error {
	time.Sleep(200 * time.Millisecond)
	return nil
}
