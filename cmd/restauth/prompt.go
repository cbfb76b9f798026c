package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/restauth/restauth/cmd/restauth/internal/settings"
	"github.com/restauth/restauth/impl/account"
)

// maxLineBytes is more than any password or answer that would be taken.
const maxLineBytes = 8 * account.MaxPasswordLength

var errInterrupted = errors.New("interrupted; nothing was changed")

// askPassword asks twice without echo when a person is at the terminal, else
// takes the first line of standard input, white space included.
func askPassword(ctx context.Context, w world, username string) (string, error) {
	file, ok := w.stdin.(*os.File)
	if !ok || !isTerminal(file) {
		line, err := readLine(w.stdin)
		if errors.Is(err, io.EOF) {
			return "", errors.New("there is no password on standard input; its first line is taken")
		}
		return line, err
	}
	first, err := readHidden(ctx, w, file, fmt.Sprintf("Password for %s: ", printable(username)))
	if err != nil {
		return "", err
	}
	second, err := readHidden(ctx, w, file, "The same again: ")
	if err != nil {
		return "", err
	}
	if first != second {
		return "", errors.New("the two passwords differ; nothing was changed")
	}
	return first, nil
}

// readHidden reads a line from the terminal without echo, and gives the terminal
// back as it was, also when a signal comes first: the shell after us needs echo.
// The read is then left behind, so it must not be that which turns echo off and
// on, as term.ReadPassword does: it might do so after it was given back.
func readHidden(ctx context.Context, w world, file *os.File, prompt string) (line string, err error) {
	if ctx.Err() != nil {
		return "", errInterrupted
	}
	fd := int(file.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("look at the terminal: %w", err)
	}
	defer func() {
		if restoreErr := term.Restore(fd, before); restoreErr != nil {
			err = errors.Join(err, fmt.Errorf("turn the terminal's echo on: %w", restoreErr))
		}
	}()
	if err := hideInput(fd); err != nil {
		return "", fmt.Errorf("turn the terminal's echo off: %w", err)
	}
	fmt.Fprint(w.stderr, prompt)
	type result struct {
		line string
		err  error
	}
	read := make(chan result, 1)
	go func() {
		line, err := readLine(file)
		read <- result{line, err}
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(w.stderr)
		return "", errInterrupted
	case r := <-read:
		fmt.Fprintln(w.stderr)
		if errors.Is(r.err, io.EOF) {
			return "", errInterrupted
		}
		return r.line, r.err
	}
}

// confirm returns nil when the answer on the terminal is yes. Without one it
// does not guess what a script wants.
func confirm(ctx context.Context, w world, question string) error {
	if !isTerminal(w.stdin) {
		return settings.Usagef("there is no terminal to ask at; use --yes")
	}
	fmt.Fprint(w.stderr, question)
	answer := make(chan string, 1)
	go func() {
		line, _ := readLine(w.stdin) // no answer is a no
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case <-ctx.Done():
		return errInterrupted
	case line := <-answer:
		if line == "y" || line == "yes" {
			return nil
		}
		return errors.New("not confirmed; nothing was changed")
	}
}

// isTerminal reports whether a person sits at the other end of the stream.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// readLine returns the first line without its end, io.EOF when there is none.
func readLine(in io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(in, maxLineBytes)).ReadString('\n')
	if err != nil && (!errors.Is(err, io.EOF) || line == "") {
		return "", err
	}
	line, found := strings.CutSuffix(line, "\n")
	if found {
		line = strings.TrimSuffix(line, "\r")
	}
	return line, nil
}
