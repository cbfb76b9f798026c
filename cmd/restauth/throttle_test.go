package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/restauth/restauth/internal/dbtest"
	"github.com/restauth/restauth/internal/flaskjwt"
)

// command runs a command in the test's process and returns what it printed.
func command(t *testing.T, env []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs buffer
	code = run(t.Context(), world{args: args, env: env, stdin: strings.NewReader(""), stdout: &out, stderr: &errs})
	return out.String(), errs.String(), code
}

const wrongLogin = `{"username":%q,"password":"wrong %d"}`

// wrong logs in n times with passwords that are wrong, each another, and returns how
// many of the answers were 401 and how many 429.
func (s *testServer) wrong(name string, n int) (evaluated, refused int) {
	s.t.Helper()
	for i := range n {
		status, answer, header := s.send("POST", "/auth", fmt.Sprintf(wrongLogin, name, i), "")
		switch status {
		case 401:
			evaluated++
		case 429:
			refused++
			if header.Get("Retry-After") == "" || !strings.Contains(answer, "Too many failed logins. Try again later.") {
				s.t.Errorf("429 with Retry-After %q: %s", header.Get("Retry-After"), answer)
			}
		default:
			s.t.Fatalf("a wrong login = %d %s", status, answer)
		}
	}
	return evaluated, refused
}

// TestThrottle: guesses at a user and at a name that is nobody's are refused alike, the
// operator sees both, and clears one.
func TestThrottle(t *testing.T) {
	t.Parallel()
	key := "RESTAUTH_SECRET_KEY=0123456789abcdef0123456789abcdef"
	users := "sqlite:" + filepath.Join(t.TempDir(), "restauth.db")
	s := startServer(t, key, "--users", users)
	if out, errs, code := runWith(t, "correct horse battery staple\n", "user", "add", "r\u00f6y", "--users", users); code != 0 {
		t.Fatalf("user add ends with %d: %s%s", code, out, errs)
	}
	for _, name := range []string{"r\u00f6y", "nobody"} {
		if evaluated, refused := s.wrong(name, 15); evaluated != 10 || refused != 5 {
			t.Errorf("of 15 guesses at %s %d are evaluated and %d refused, want 10 and 5", name, evaluated, refused)
		}
	}
	if status, answer := s.do("POST", "/auth", `{"username":"röy","password":"correct horse battery staple"}`, ""); status != 429 {
		t.Errorf("the right password from a stranger = %d %s, want 429", status, answer)
	}
	list := func(args ...string) string {
		out, errs, code := command(t, []string{key}, append([]string{"throttle", args[0], "--users", users}, args[1:]...)...)
		if code != 0 || errs != "" {
			t.Fatalf("throttle %v ends with %d: %s", args, code, errs)
		}
		return out
	}
	const row = `(?m)^%s\t10 failed\tlast 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ\trefused until 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$`
	eventually(t, "both are listed", func() bool {
		out := list("list")
		return regexp.MustCompile(fmt.Sprintf(row, "user 1, röy")).MatchString(out) && regexp.MustCompile(fmt.Sprintf(row, "nobody's name [0-9a-f]{32}")).MatchString(out)
	})
	eventually(t, "the address is listed among all", func() bool {
		return regexp.MustCompile(`(?m)^address 127\.0\.0\.1\t20 failed\tlast \S+\tnot refused$`).MatchString(list("list", "--all"))
	})
	if out := list("list"); strings.Contains(out, "address") {
		t.Errorf("throttle list = %s, want no address: it need not wait", out)
	}
	var listed []map[string]any
	if err := json.Unmarshal([]byte(list("show", "röy", "--json")), &listed); err != nil || len(listed) != 1 || listed[0]["kind"] != "account" ||
		listed[0]["user_id"] != "1" || listed[0]["username"] != "röy" || listed[0]["failed"] != 10.0 || listed[0]["refused_until"] == nil {
		t.Errorf("throttle show --json = %v, %v", listed, err)
	}
	if out := list("show", "NOBODY"); !strings.HasPrefix(out, "nobody's name ") {
		t.Errorf("throttle show = %s", out)
	}
	trail := filepath.Join(t.TempDir(), "audit")
	if out := list("clear", "röy", "--audit-file", trail); out != "forgot 10 failed logins of röy; servers know within seconds\n" {
		t.Errorf("throttle clear = %s", out)
	}
	eventually(t, "the user may log in again", func() bool {
		status, _ := s.do("POST", "/auth", `{"username":"röy","password":"correct horse battery staple"}`, "")
		return status == 200
	})
	if _, refused := s.wrong("nobody", 1); refused != 1 {
		t.Error("the other name was cleared too")
	}
	if out := list("clear", "--address", "127.0.0.1", "--audit-file", trail); !strings.HasPrefix(out, "forgot ") {
		t.Errorf("throttle clear --address = %s", out)
	}
	recorded, err := os.ReadFile(trail)
	if lines := strings.Split(string(recorded), "\n"); err != nil || len(lines) != 3 ||
		!strings.Contains(lines[0], `"event":"throttle_clear"`) || !strings.Contains(lines[0], `"username":"röy"`) || !strings.Contains(lines[1], `"address":"127.0.0.1"`) {
		t.Errorf("the audit file holds %s, %v, want what was cleared", recorded, err)
	}
}

// TestThrottleOff: what is switched off refuses nothing.
func TestThrottleOff(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--demo", "--no-throttle")
	if evaluated, _ := s.wrong("roy", 40); evaluated != 40 {
		t.Errorf("%d of 40 guesses are evaluated, want all", evaluated)
	}
	s.login("roy", "roy")
}

// TestThrottleReplicas: servers that share a state on a database server count together,
// and a new one knows what was counted before it began.
func TestThrottleReplicas(t *testing.T) {
	for name, fresh := range map[string]func(testing.TB) string{"mariadb": dbtest.MariaDB, "mysql": dbtest.MySQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			table, own := legacy(t, fresh(t)), fresh(t)
			evaluated := 0
			for range 3 {
				s := startLegacy(t, table, "--state", own, "--migrate")
				passed, _ := s.wrong("ROY", 6)
				evaluated += passed
			}
			if evaluated > 12 || evaluated < 10 {
				t.Errorf("%d guesses are evaluated at three servers, want 10 and at most one more for each but the first", evaluated)
			}
			env := []string{"RESTAUTH_SECRET_KEY=" + flaskjwt.Secret}
			if out, errs, code := command(t, env, "throttle", "show", "roy", "--users", table, "--state", own); code != 0 || !strings.Contains(out, "refused until") {
				t.Errorf("throttle show ends with %d: %s%s", code, out, errs)
			}
		})
	}
}

func runWith(t *testing.T, input string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs buffer
	code = run(t.Context(), world{args: args, stdin: strings.NewReader(input), stdout: &out, stderr: &errs})
	return out.String(), errs.String(), code
}
