// Command with-databases runs a command with a MariaDB and a MySQL server that
// its tests share, and ends both servers after it:
//
//	go run ./internal/dbtest/with-databases -- go test ./...
//
// It exports RESTAUTH_TEST_MARIADB and RESTAUTH_TEST_MYSQL, the admin URLs, and
// exits with the command's code. A variable that is set already is left alone:
// that server is used and none is started.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/restauth/restauth/internal/dbtest"
)

func main() {
	args := os.Args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "usage: with-databases -- COMMAND [ARGUMENT...]")
		os.Exit(2)
	}
	code, err := run(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "with-databases: %v\n", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func run(args []string) (code int, err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()

	started := saying("starting the databases")
	servers, err := launch(ctx)
	started()
	defer func() {
		for _, server := range servers {
			err = errors.Join(err, server.Close())
		}
	}()
	if err != nil {
		return 1, err
	}

	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	for _, server := range servers {
		cmd.Env = append(cmd.Environ(), server.Kind().Env()+"="+server.AdminURL())
	}
	err = cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.Exited() {
		return exit.ExitCode(), nil // it has said what is wrong itself
	}
	return 0, err
}

// saying prints every 15 seconds what goes on, until the returned function is
// called, and then how long that took.
func saying(what string) (stop func()) {
	begin := time.Now()
	ticker := time.NewTicker(15 * time.Second)
	done := make(chan struct{})
	say := func() { fmt.Printf("%s: %.1fs\n", what, time.Since(begin).Seconds()) }
	go func() {
		for {
			select {
			case <-ticker.C:
				say()
			case <-done:
				return
			}
		}
	}()
	return func() {
		ticker.Stop()
		close(done)
		say()
	}
}

// launch starts both servers at the same time. On an error the servers that did
// start are returned too, to be closed.
func launch(ctx context.Context) ([]*dbtest.Server, error) {
	var (
		wg      sync.WaitGroup
		mu      sync.Mutex
		servers []*dbtest.Server
		failed  error
	)
	for _, kind := range []dbtest.Kind{dbtest.KindMariaDB, dbtest.KindMySQL} {
		if os.Getenv(kind.Env()) != "" {
			continue
		}
		wg.Go(func() {
			server, err := dbtest.Launch(ctx, kind)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = errors.Join(failed, err)
				return
			}
			servers = append(servers, server)
		})
	}
	wg.Wait()
	return servers, failed
}
