package dbtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// process is a running server. err is set before done is closed.
type process struct {
	os   *os.Process
	done chan struct{}
	err  error
}

func (p *process) signal(sig syscall.Signal) error { return p.os.Signal(sig) }

// ended reports that the server has ended.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// spawn starts cmd with its output in a file.
//
// The kernel sends the parent death signal when the *thread* that started the
// child ends, so one goroutine keeps its thread from the start to the end of
// the child.
func spawn(cmd *exec.Cmd, logFile string) (*process, error) {
	log, err := os.Create(logFile)
	if err != nil {
		return nil, fmt.Errorf("make its log: %w", err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	dieWithParent(cmd)

	p := &process{done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer log.Close()
		err := cmd.Start()
		p.os = cmd.Process
		started <- err
		if err != nil {
			return
		}
		p.err = cmd.Wait()
		if p.err == nil {
			p.err = fmt.Errorf("exit status 0")
		}
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// run runs cmd to its end.
func run(ctx context.Context, cmd *exec.Cmd, logFile string) error {
	p, err := spawn(cmd, logFile)
	if err != nil {
		return err
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		_ = p.signal(syscall.SIGKILL)
		<-p.done
		return ctx.Err()
	}
	if !cmd.ProcessState.Success() {
		return p.err
	}
	return nil
}
