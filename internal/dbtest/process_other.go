//go:build unix && !linux

package dbtest

import (
	"os/exec"
	"syscall"
	"time"
)

// dieWithParent: only Linux can promise it. Elsewhere Main stops the servers,
// and a killed test binary leaves them behind.
func dieWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// awaitStopped gives the threads time to take SIGSTOP.
func (p *process) awaitStopped() error {
	time.Sleep(200 * time.Millisecond)
	return nil
}
