package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// auditLines are the lines of the log that are events.
func (s *testServer) auditLines() string {
	var lines strings.Builder
	for line := range strings.Lines(s.log.String()) {
		if strings.Contains(line, `"event":"`) {
			lines.WriteString(line)
		}
	}
	return lines.String()
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// attempt logs in and returns the status.
func (s *testServer) attempt(username, password string) int {
	s.t.Helper()
	status, _ := s.do("POST", "/auth", `{"username":"`+username+`","password":"`+password+`"}`, "")
	return status
}

// TestAuditFile: the file has the events of the log, and nothing else, and is its
// owner's alone; SIGHUP opens it anew.
func TestAuditFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "audit.log")
	s := startServer(t, "--demo", "--audit-file", file)
	for _, c := range []struct {
		username, password string
		status             int
	}{{"roy", "roy", 200}, {"roy", "Roy", 401}, {"moss", "roy", 401}} {
		if got := s.attempt(c.username, c.password); got != c.status {
			t.Errorf("login of %s = %d, want %d", c.username, got, c.status)
		}
	}
	eventually(t, "four events in the file", func() bool { return strings.Count(read(t, file), "\n") == 4 })
	if info, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("the file's mode: %v, %v", info.Mode(), err)
	}
	if err := os.Rename(file, file+".1"); err != nil {
		t.Fatal(err)
	}
	s.attempt("jen", "x") // into the file that has another name now
	s.hangups <- syscall.SIGHUP
	eventually(t, "a new file", func() bool { _, err := os.Stat(file); return err == nil })
	s.attempt("roy", "x")
	if code := s.Stop(os.Interrupt); code != 0 {
		t.Errorf("exit code %d:\n%s", code, s.log)
	}
	old, fresh := read(t, file+".1"), read(t, file)
	if diff := cmp.Diff(s.auditLines(), old+fresh); diff != "" {
		t.Errorf("the files do not have the log's events (-log +files):\n%s", diff)
	}
	for i, want := range []string{
		`"msg":"starting","event":"start","outcome":"success","reason":"started","version":`,
		`"event":"login","outcome":"success","reason":"verified","address":"127.0.0.1","request_id":`,
		`"event":"login","outcome":"failure","reason":"wrong_password","address":"127.0.0.1","request_id":`,
		`"event":"login","outcome":"failure","reason":"unknown_user","address":"127.0.0.1","request_id":`,
		`"username":"jen"}`,
	} {
		if lines := strings.Split(old, "\n"); len(lines) != 6 || !strings.Contains(lines[i], want) {
			t.Fatalf("line %d of the first file is not %s:\n%s", i, want, old)
		}
	}
	if strings.Count(fresh, "\n") != 1 || !strings.Contains(fresh, `"user_id":1,"username":"roy"}`) {
		t.Errorf("the second file:\n%s", fresh)
	}
}

// TestAuditWithoutLog: the file has what a log that only warns leaves out, and not what
// a setting leaves out.
func TestAuditWithoutLog(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "audit.log")
	s := launch(t, "--demo", "--audit-file", file, "--log-level", "warn", "--no-audit-unknown-names")
	eventually(t, "the server", func() bool { return strings.Contains(s.stdout.String(), "http://") })
	_, rest, _ := strings.Cut(s.stdout.String(), "http://")
	s.URL = "http://" + strings.FieldsFunc(rest, func(r rune) bool { return r == '/' || r == ' ' || r == '\n' })[0]
	if got := s.attempt("correct horse", "x"); got != 401 {
		t.Errorf("login = %d", got)
	}
	s.Stop(os.Interrupt)
	if text := read(t, file); s.auditLines() != "" || !strings.Contains(text, `"reason":"unknown_user"`) || strings.Contains(text, "horse") {
		t.Errorf("the log:\n%sthe file:\n%s", s.log, text)
	}
}

// TestAuditFileThatCannotBe is said at the start, and nothing is served.
func TestAuditFileThatCannotBe(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, says := range map[string]string{
		folder:                               "is no file that lines can be added to",
		os.DevNull:                           "is no file that lines can be added to",
		filepath.Join(folder, "no", "a.log"): "check the path",
	} {
		s := launch(t, "--demo", "--audit-file", name)
		select {
		case <-s.exited:
		case <-time.After(patience):
			t.Fatalf("serve goes on with --audit-file %s", name)
		}
		if s.code != exitUsage || !strings.Contains(s.log.String(), "--audit-file: ") || !strings.Contains(s.log.String(), says) {
			t.Errorf("with --audit-file %s exit code %d:\n%s", name, s.code, s.log)
		}
	}
}

// TestHangup: a real SIGHUP opens the audit file anew, and ends a server that has none.
func TestHangup(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "audit.log")
	s := startBinary(t, folder, "serve", "--listen", "127.0.0.1:0", "--drain-delay", "0s", "--log-format", "json", "--audit-file", file)
	if err := os.Rename(file, file+".1"); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a new file", func() bool { _, err := os.Stat(file); return err == nil })
	s.attempt("roy", "x")
	s.terminate()
	if !strings.Contains(read(t, file), `"reason":"unknown_user"`) {
		t.Errorf("the new file:\n%s", read(t, file))
	}
	none := startBinary(t, folder, "serve", "--listen", "127.0.0.1:0", "--drain-delay", "0s", "--log-format", "json")
	if err := none.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if err := none.cmd.Wait(); err == nil {
		t.Error("SIGHUP left a server without an audit file as if it had done its work")
	}
}
