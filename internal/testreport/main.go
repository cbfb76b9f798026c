// Command testreport runs `go test` and says where it is:
//
//	go run ./internal/testreport -race -timeout 15m ./...
//	go run ./internal/testreport -modules ". clients/go" -first ./impl -race -timeout 15m ./...
//
// The arguments are go test's, which runs in each module's folder; in this one when none
// is named. The first module's tests run beside those of the others, which take turns;
// packages of it that take long can be named to come first, lest one is left to end alone.
// Each package has a line as it ends, a failing test
// its whole output, and a silence of a quarter of a minute a line about what runs.
// At the end stand how many packages and tests there were, what was left out and
// why, and what failed. The exit code is go test's.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// quiet is the longest silence before a line about what runs.
const quiet = 15 * time.Second

func main() {
	code, err := run(os.Args[1:], os.Stdout)
	if err != nil {
		fmt.Fprintf(os.Stderr, "testreport: %v\n", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func run(args []string, out io.Writer) (code int, err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	modules, first := []string{"."}, []string(nil)
	for len(args) > 1 && (args[0] == "-modules" || args[0] == "-first") {
		if args[0] == "-modules" {
			modules = strings.Fields(args[1])
		} else {
			first = strings.Fields(args[1])
		}
		args = args[2:]
	}
	r := newReport(out, module(), time.Now)
	code, err = testModules(ctx, modules, first, args, r)
	// A stream that tells of a failure is believed, whatever the exit code.
	if r.finish(code == 0 && err == nil && len(modules) > 0) {
		return code, err
	}
	return max(code, 1), err
}

// testModules runs go test in the first module and, one after the other, in the rest.
func testModules(ctx context.Context, modules, first, args []string, r *report) (code int, err error) {
	if len(modules) == 0 {
		return 0, nil
	}
	var others sync.WaitGroup
	var othersCode int
	var othersErr error
	others.Go(func() {
		for _, dir := range modules[1:] {
			failed, testErr := goTest(ctx, dir, args, r)
			othersCode, othersErr = max(othersCode, failed), errors.Join(othersErr, testErr)
			if ctx.Err() != nil {
				return
			}
		}
	})
	last := max(len(args)-1, 0) // go test runs packages in the order in which it is told of them
	code, err = goTest(ctx, modules[0], slices.Concat(args[:last], first, args[last:]), r)
	others.Wait()
	return max(code, othersCode), errors.Join(err, othersErr)
}

// goTest runs go test in dir and reports it. The exit code is go test's.
func goTest(ctx context.Context, dir string, args []string, r *report) (code int, err error) {
	goCommand := os.Getenv("GO") // as in the Makefile
	if goCommand == "" {
		goCommand = "go"
	}
	cmd := exec.CommandContext(ctx, goCommand, append([]string{"test", "-json"}, args...)...)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return 1, err
	}
	if err := cmd.Start(); err != nil {
		return 1, err
	}
	readErr := follow(r, stdout)
	err = cmd.Wait()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.Exited() {
		code, err = exit.ExitCode(), nil // what failed is said in the report
	}
	return code, errors.Join(err, readErr)
}

// follow reports each line of the stream as it comes.
func follow(r *report, stream io.Reader) error {
	lines := make(chan []byte)
	var err error
	go func() {
		defer close(lines)
		reader := bufio.NewReader(stream)
		for {
			var line []byte
			if line, err = reader.ReadBytes('\n'); len(line) > 0 {
				lines <- line
			}
			if err != nil {
				return
			}
		}
	}()
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				if errors.Is(err, io.EOF) {
					return nil
				}
				return fmt.Errorf("read what go test says: %w", err)
			}
			r.line(line)
		case <-second.C:
			r.beat()
		}
	}
}

// module is the path that all packages here begin with.
func module() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	return info.Main.Path
}
