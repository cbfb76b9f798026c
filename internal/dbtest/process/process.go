// Package process runs the servers that tests need. None outlives the process that
// started it, however that one ends.
package process

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// Process is a running server.
type Process struct {
	os   *os.Process
	done chan struct{}
	err  error // set before done is closed
}

// Signal sends it a signal.
func (p *Process) Signal(sig syscall.Signal) error { return p.os.Signal(sig) }

// Done is closed when the server has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Ended reports that the server has ended.
func (p *Process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Err says how the server ended, exit status 0 too. It waits for that.
func (p *Process) Err() error {
	<-p.done
	return p.err
}

// Start starts cmd with its output in a file. What enter does to the thread that
// starts it, such as entering a name space, is the server's too; nil does nothing.
//
// The kernel sends the parent death signal when the *thread* that started the
// child ends, so one goroutine keeps its thread from the start to the end of
// the child.
func Start(cmd *exec.Cmd, logFile string, enter func() error) (*Process, error) {
	log, err := os.Create(logFile)
	if err != nil {
		return nil, fmt.Errorf("make its log: %w", err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	dieWithParent(cmd)

	p := &Process{done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if enter == nil {
			defer runtime.UnlockOSThread() // else the thread is of no more use, and ends
		}
		defer log.Close()
		var err error
		if enter != nil {
			err = enter()
		}
		if err == nil {
			err = cmd.Start()
		}
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

// Run runs cmd to its end, otherwise as Start. When the context ends first, so
// does cmd.
func Run(ctx context.Context, cmd *exec.Cmd, logFile string, enter func() error) error {
	p, err := Start(cmd, logFile, enter)
	if err != nil {
		return err
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		_ = p.Signal(syscall.SIGKILL)
		<-p.done
		return ctx.Err()
	}
	if !cmd.ProcessState.Success() {
		return p.err
	}
	return nil
}
