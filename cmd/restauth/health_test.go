package main

import (
	"context"
	"debug/buildinfo"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/restauth/restauth/internal/dbtest"
)

// health runs the command and returns its exit code and what it says.
func health(args ...string) (code int, out, complaint string) {
	stdout, stderr := new(buffer), new(buffer)
	code = run(context.Background(), world{args: append([]string{"health"}, args...), stdout: stdout, stderr: stderr})
	return code, stdout.String(), stderr.String()
}

// TestHealth asks the server as its own settings say, whatever it listens on.
func TestHealth(t *testing.T) {
	flags, _ := secured(t)
	for name, with := range map[string][]string{"plain": nil, "TLS": flags} {
		t.Run(name, func(t *testing.T) {
			for _, listen := range []string{"127.0.0.1:0", "0.0.0.0:0", "[::]:0", ":0", "localhost:0"} {
				s := startServer(t, append([]string{"--listen", listen, "--users", "sqlite::memory:"}, with...)...)
				_, port, err := net.SplitHostPort(s.URL[strings.LastIndex(s.URL, "/")+1:])
				if err != nil {
					t.Fatal(err)
				}
				at := append([]string{"--listen", strings.TrimSuffix(listen, "0") + port}, with...)
				eventually(t, "it is ready", func() bool { code, _, _ := health(at...); return code == exitOK })
				if code, out, complaint := health(at...); code != exitOK || out != "ready\n" || complaint != "" {
					t.Errorf("%s: health = %d, %q, %q, want 0, ready", listen, code, out, complaint)
				}
				s.Stop(os.Interrupt)
				if code, out, complaint := health(at...); code != exitFailed || out != "" || !strings.Contains(complaint, "nobody listens at") {
					t.Errorf("%s, stopped: health = %d, %q, %q, want 1, nobody listens", listen, code, out, complaint)
				}
			}
		})
	}
}

// TestHealthNotReady: a server whose database is away is not ready, and one that hangs is
// not waited for.
func TestHealthNotReady(t *testing.T) {
	s := startServer(t, "RESTAUTH_SECRET_KEY=0123456789abcdef0123456789abcdef", "--users", "mysql://nobody@127.0.0.1:1/none")
	if code, _, complaint := health("--listen", strings.TrimPrefix(s.URL, "http://")); code != exitFailed || !strings.Contains(complaint, "answers 503 Service Unavailable; the server's log says why") {
		t.Errorf("health = %d, %q, want 1, 503", code, complaint)
	}
	if code, _, complaint := health("--listen", "127.0.0.1:0"); code != exitUsage || !strings.Contains(complaint, "takes another port at each start") {
		t.Errorf("port 0: health = %d, %q, want 2", code, complaint)
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	if code, _, complaint := health("--listen", silent.Addr().String()); code != exitFailed || !strings.Contains(complaint, "no answer from") {
		t.Errorf("no answer: health = %d, %q, want 1", code, complaint)
	}
}

// TestLicenses: the built program has a notice of each module that it says it is made of,
// in that version.
func TestLicenses(t *testing.T) {
	program := dbtest.Restauth(t)
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	text, err := exec.Command(program, "licenses").Output()
	if err != nil {
		t.Fatal(err)
	}
	if len(info.Deps) < 10 {
		t.Errorf("the program names %d modules, want more", len(info.Deps))
	}
	for _, module := range info.Deps {
		if want := "\n" + module.Path + " " + module.Version + "\n"; !strings.Contains(string(text), want) {
			t.Errorf("there is no notice of %s %s; run make licenses", module.Path, module.Version)
		}
	}
	for _, want := range []string{"The Go standard library and runtime", "Copyright 2009 The Go Authors.", "SmartBear Software", "Mozilla Public License", "DOMPurify", "zxcvbn"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the notices do not have %q", want)
		}
	}
}
