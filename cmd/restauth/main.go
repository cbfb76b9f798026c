// Command restauth is a login server for a user table that already exists.
//
//	restauth serve --demo          a throwaway database to try it on
//	restauth serve                 an embedded database of its own
//	restauth serve                 the table of RESTAUTH_USERS=mysql://…, where that is set
//	restauth user add NAME         adds a user to the embedded database
//
// Settings are flags or environment variables, RESTAUTH_ and the flag's name;
// `restauth serve --help` lists them. Secrets come from the environment or a
// file only. What a person asked for goes to standard output, logs and errors
// to standard error. The exit code is 0 when all went well, 1 when something
// failed, 2 when the command line or a setting is wrong. So is a command line
// without a command: its short help goes to standard error, because a service
// that was started so by mistake must not look as if it had done its work.
// doctor ends with 3 or 4 for what it found.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/restauth/restauth/cmd/restauth/internal/cgroup"
	"github.com/restauth/restauth/cmd/restauth/internal/runtimetune"
)

// world is all that the command touches outside of itself. Tests run several
// commands in one process, each in a world of its own.
type world struct {
	args           []string // without the program's name
	env            []string // as os.Environ has it
	stdin          io.Reader
	stdout, stderr io.Writer
	signals        <-chan os.Signal                  // SIGINT and SIGTERM
	hangups        chan os.Signal                    // SIGHUP, which serve asks for where it has a file to open or look at again
	cores          int                               // processors that this process may use, whatever a quota leaves of them
	limits         func() cgroup.Limits              // of the container; nil: there are none
	periods        func(group string) (uint64, bool) // of a limit so far; nil: not known
	standBack      func()                            // lets other processes go first, from now on; nil: it cannot
	child          []string                          // arguments with which this program comes to hash; none: it cannot
}

func main() {
	os.Exit(profiled(func() int { return run(context.Background(), thisProcess()) }))
}

// thisProcess is the world as the program finds it.
func thisProcess() world {
	// Two deep: the second signal ends a shutdown that the first began.
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	return world{
		args:      os.Args[1:],
		env:       os.Environ(),
		stdin:     os.Stdin,
		stdout:    os.Stdout,
		stderr:    os.Stderr,
		signals:   signals,
		hangups:   make(chan os.Signal, 1),
		cores:     cores(),
		limits:    func() cgroup.Limits { return cgroup.Read(os.DirFS("/")) },
		periods:   func(group string) (uint64, bool) { return cgroup.Periods(os.DirFS("/"), group) },
		standBack: runtimetune.StandBack,
		child:     []string{childCommand},
	}
}

// cores is how many processors there are for this process, or that GOMAXPROCS allows.
// Without that variable Go's own number is less under a container's quota, which may
// change.
func cores() int {
	if os.Getenv("GOMAXPROCS") != "" {
		return runtime.GOMAXPROCS(0)
	}
	return runtime.NumCPU()
}
