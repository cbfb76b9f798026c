package main

import (
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestFirstUserLine types the line that the first start prints, as it stands
// there but for the name, in a shell that knows nothing of the server's
// environment.
func TestFirstUserLine(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "it's my users.db")
	s := startServer(t,
		"RESTAUTH_USERS=sqlite:"+file, "RESTAUTH_USERS_ID_COLUMN=uid", "RESTAUTH_SECRET_KEY=hunter2-hunter2-hunter2-hunter2-x",
		"--users-table", "people", "--users-password-column", "pass word", "--users-timeout", "2s")
	out := s.stdout.String()
	_, line, found := strings.Cut(out, "\n    restauth user add NAME")
	line, _, _ = strings.Cut(line, "\n")
	if !found || strings.Contains(out, "in the same folder") {
		t.Fatalf("no line for the first user, or one that depends on the folder:\n%s", out)
	}
	for _, not := range []string{"hunter2", "--users-timeout", "--users-username-column"} {
		if strings.Contains(out, not) {
			t.Errorf("what is printed holds %q:\n%s", not, out)
		}
	}
	add := exec.Command("sh", "-euc", "restauth user add ann"+line)
	add.Dir, add.Stdin = t.TempDir(), strings.NewReader("correct horse battery staple\n")
	if said, err := add.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", line, err, said)
	}
	s.login("ann", "correct horse battery staple")
}

// TestRootOfARunningServer: a browser comes to the page, and with --no-docs is
// not sent where nothing is.
func TestRootOfARunningServer(t *testing.T) {
	t.Parallel()
	for flag, want := range map[string]string{"--docs=on": "text/html; charset=utf-8", "--docs=off": "application/linkset+json"} {
		s := startServer(t, "--demo", flag)
		req, err := http.NewRequest(http.MethodGet, s.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
		resp, err := http.DefaultClient.Do(req) // which goes where it is sent
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := resp.Header.Get("Content-Type"); resp.StatusCode != 200 || got != want {
			t.Errorf("%s: a browser comes to %s, %d %s, want %s", flag, resp.Request.URL, resp.StatusCode, got, want)
		}
	}
}

// TestProbesInTheLog: those that go well only for who debugs.
func TestProbesInTheLog(t *testing.T) {
	t.Parallel()
	for level, want := range map[string]int{"info": 0, "debug": 2} {
		for _, format := range []string{"json", "text"} {
			s := launch(t, "--demo", "--log-level", level, "--log-format", format)
			eventually(t, "it listens", func() bool { return strings.Contains(s.log.String(), "listening") })
			_, address, _ := strings.Cut(s.stdout.String(), "listening on ")
			s.URL, _, _ = strings.Cut(address, " ")
			for _, path := range []string{"/livez", "/readyz", "/nowhere"} {
				s.do("GET", path, "", "")
			}
			eventually(t, "the last request is logged", func() bool { return strings.Contains(s.log.String(), "/nowhere") })
			if got := strings.Count(s.log.String(), "/livez") + strings.Count(s.log.String(), "/readyz"); got != want {
				t.Errorf("at level %s as %s: %d lines of probes, want %d:\n%s", level, format, got, want, s.log)
			}
		}
	}
}
