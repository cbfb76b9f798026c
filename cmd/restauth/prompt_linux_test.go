package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const typed = "correct horse battery staple"

// terminal is a pseudo-terminal: what a test writes to person, the program
// reads from program as typed.
type terminal struct{ person, program *os.File }

func openTerminal(t *testing.T) terminal {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { person.Close() })
	fd := int(person.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatalf("unlock the pseudo-terminal: %v", err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatalf("name the pseudo-terminal: %v", err)
	}
	program, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	return terminal{person, program}
}

func (p terminal) echoes(t *testing.T) bool {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(p.program.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

// enter types a line once the program hides what is typed, as a person would.
func (p terminal) enter(t *testing.T, shown *buffer, prompt, line string) {
	t.Helper()
	eventually(t, "it prompts and hides", func() bool {
		return strings.HasSuffix(shown.String(), prompt) && !p.echoes(t)
	})
	if _, err := p.person.WriteString(line + "\n"); err != nil {
		t.Fatal(err)
	}
}

func TestPasswordIsNotShown(t *testing.T) {
	p, shown := openTerminal(t), new(buffer)
	type result struct {
		password string
		err      error
	}
	asked := make(chan result, 1)
	go func() {
		password, err := askPassword(t.Context(), world{stdin: p.program, stderr: shown}, "roy")
		asked <- result{password, err}
	}()
	p.enter(t, shown, "Password for roy: ", typed)
	p.enter(t, shown, "The same again: ", typed)
	if got := <-asked; got.err != nil || got.password != typed {
		t.Errorf("askPassword = %q, %v, want %q", got.password, got.err, typed)
	}
	if !p.echoes(t) {
		t.Error("the terminal is left without echo")
	}
	// Whatever the terminal itself has shown comes before this mark.
	if _, err := p.program.WriteString("END\n"); err != nil {
		t.Fatal(err)
	}
	screen, err := bufio.NewReader(p.person).ReadString('D')
	if err != nil {
		t.Fatal(err)
	}
	if seen := shown.String() + screen; strings.Contains(seen, "horse") {
		t.Errorf("the password is on the screen: %q", seen)
	}
}

// TestInterruptedPrompt: Ctrl-C at the prompt, at any moment or before it, must
// not leave a shell that does not show what is typed.
func TestInterruptedPrompt(t *testing.T) {
	tests := map[string]func(p terminal, shown *buffer, interrupt func()){
		"before it":          nil,
		"at once":            func(_ terminal, _ *buffer, interrupt func()) { interrupt() },
		"at a random moment": func(_ terminal, _ *buffer, interrupt func()) { time.Sleep(rand.N(300 * time.Microsecond)); interrupt() },
		"when echo turns off": func(p terminal, _ *buffer, interrupt func()) {
			eventually(t, "it hides", func() bool { return !p.echoes(t) })
			interrupt()
		},
		"when it has asked": func(p terminal, shown *buffer, interrupt func()) {
			eventually(t, "it prompts and hides", func() bool { return shown.String() != "" && !p.echoes(t) })
			interrupt()
		},
	}
	for name, meanwhile := range tests {
		t.Run(name, func(t *testing.T) {
			for range 50 {
				p, shown := openTerminal(t), new(buffer)
				ctx, interrupt := context.WithCancel(t.Context())
				defer interrupt()
				failed := make(chan error, 1)
				if meanwhile == nil {
					interrupt()
				}
				go func() {
					_, err := askPassword(ctx, world{stdin: p.program, stderr: shown}, "roy")
					failed <- err
				}()
				if meanwhile != nil {
					meanwhile(p, shown, interrupt)
				}
				if err := <-failed; !errors.Is(err, errInterrupted) {
					t.Fatalf("error = %v, want %v", err, errInterrupted)
				}
				if !p.echoes(t) {
					t.Fatal("the terminal is left without echo")
				}
				if meanwhile == nil && shown.String() != "" {
					t.Errorf("it asks all the same: %q", shown)
				}
				// The read that is left behind ends, and leaves the terminal alone.
				if _, err := p.person.WriteString("\n"); err != nil {
					t.Fatal(err)
				}
				p.program.Close()
			}
		})
	}
}
