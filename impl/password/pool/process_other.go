//go:build !linux

package pool

import (
	"errors"
	"os"
	"time"
)

// Only Linux has a priority that makes a process of its own worth it.
const canStartChildren = false

var errNoChildren = errors.New("pool: there are no hashing processes on this system")

// ServeChild is the main function of a hashing process, of which there are none
// on this system. It returns an error.
func ServeChild([]string) error { return errNoChildren }

type process struct {
	conns []*os.File
	done  chan struct{}
}

func startProcess([]string, int, int, ...string) (*process, error) { return nil, errNoChildren }
func (*process) wait() error                                       { return errNoChildren }
func (*process) kill()                                             {}
func (*process) hold(bool)                                         {}
func ownTime() time.Duration                                       { return 0 }
func (*process) cpuTime() time.Duration                            { return 0 }
