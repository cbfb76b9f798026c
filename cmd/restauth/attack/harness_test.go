//go:build attack && linux

package attack

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/restauth/restauth/internal/canary"
	"github.com/restauth/restauth/internal/dbtest"
	"github.com/restauth/restauth/internal/dbtest/process"
)

// patience is how long is waited for what takes milliseconds on an idle machine.
const patience = 2 * time.Minute

// figures are what was measured. They outlive single tests, so that they stand together
// at the end.
var figures struct {
	mu    sync.Mutex
	lines []string
}

// figure notes what was measured beside what it has to be, and fails the test where it
// is not.
func figure(t *testing.T, what, target, measured string, ok bool) {
	t.Helper()
	verdict := "ok"
	if !ok {
		verdict = "FAILED"
		t.Errorf("%s: %s, want %s", what, measured, target)
	}
	figures.mu.Lock()
	defer figures.mu.Unlock()
	figures.lines = append(figures.lines, fmt.Sprintf("%-74s %-14s %-34s %s", what, target, measured, verdict))
}

// typed is the nth password that somebody guesses. All begin alike, so that one search
// finds them all.
func typed(n int) string { return fmt.Sprint("canary-guess-", n) }

// nest holds what no server may say.
var nest = sync.OnceValue(func() *canary.Nest {
	n := canary.New()
	n.Keep("a guess", typed(0)[:len(typed(0))-1])
	n.Keep("the secret key", secretKey)
	return n
})

const secretKey = "the-secret-key-of-all-who-are-attacked"

// searched is how much of what the servers said was searched for secrets, and how many
// places had one.
var searched struct {
	mu           sync.Mutex
	bytes, found int
}

func search(t *testing.T, where, text string) {
	t.Helper()
	nest().Check(t, where, text)
	searched.mu.Lock()
	defer searched.mu.Unlock()
	searched.bytes += len(text)
	searched.found += len(nest().Find(text))
}

// printing prints the figures after the tests.
type printing struct{ dbtest.Runner }

func (p printing) Run() int {
	code := p.Runner.Run()
	if searched.bytes > 0 {
		verdict := "ok"
		if searched.found > 0 {
			verdict = "FAILED"
		}
		figures.lines = append(figures.lines, fmt.Sprintf("%-74s %-14s %-34s %s", "7  secrets in what the servers said: log, audit, metrics", "0",
			fmt.Sprintf("%d in %.1f MB", searched.found, float64(searched.bytes)/1e6), verdict))
	}
	fmt.Printf("\n%-74s %-14s %s\n", "figure", "has to be", "is")
	slices.Sort(figures.lines) // They begin with the figure's number.
	for _, line := range figures.lines {
		fmt.Println(line)
	}
	return code
}

func TestMain(m *testing.M) { os.Exit(dbtest.Wrap(printing{m}).Run()) }

// royHash is the tutorial's: password roy.
const royHash = "pbkdf2:sha256:150000$k1Ud5dzh$d0347f416e89ea486b33c988c9be65730329b2dd6d712f73c9920103a006a82e"

// userTable is a table with so many users, user0, user1, ..., whose password is roy.
func userTable(t *testing.T, users int) string {
	t.Helper()
	table := dbtest.MariaDB(t)
	statements := []string{"CREATE TABLE `user` (id INT AUTO_INCREMENT PRIMARY KEY, username VARCHAR(64), password VARCHAR(255), UNIQUE KEY (username)) DEFAULT CHARSET=utf8mb4"}
	for first := 0; first < users; first += 500 {
		var rows []string
		for i := first; i < min(users, first+500); i++ {
			rows = append(rows, fmt.Sprintf("('user%d', '%s')", i, royHash))
		}
		statements = append(statements, "INSERT INTO `user` (username, password) VALUES "+strings.Join(rows, ", "))
	}
	dbtest.Exec(t, table, statements...)
	return table
}

// serve runs a server until the test ends and returns its URL.
func serve(t *testing.T, users, state string) string {
	t.Helper()
	folder := t.TempDir()
	log, audit := filepath.Join(folder, "log"), filepath.Join(folder, "audit")
	cmd := exec.Command(dbtest.Restauth(t), "serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--migrate", "--users-timeout", "5s", "--drain-delay", "0s",
		"--metrics-listen", "127.0.0.1:0", "--audit-file", audit)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "RESTAUTH_SECRET_KEY=" + secretKey, "RESTAUTH_USERS=" + users, "RESTAUTH_STATE=" + state}
	p, err := process.Start(cmd, log, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		search(t, "the metrics", metrics(t, log))
		_ = p.Signal(syscall.SIGKILL)
		<-p.Done()
		for _, file := range []string{log, audit} {
			said, err := os.ReadFile(file)
			if err != nil || len(said) == 0 {
				t.Errorf("the server said nothing in its %s: %v", filepath.Base(file), err)
			}
			search(t, "the "+filepath.Base(file), string(said))
		}
		if t.Failed() {
			t.Log(strings.Join(said(log), "\n"))
		}
	})
	for begun := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		if address := listens(log, "listening"); address != "" {
			return "http://" + address
		}
		if p.Ended() || time.Since(begun) > patience {
			t.Fatal("restauth does not listen")
		}
	}
}

// listens is the address in the log's line with that message, "" before it is there.
func listens(log, message string) string {
	for _, line := range said(log) {
		var listening struct{ Msg, Addr string }
		if json.Unmarshal([]byte(line), &listening) == nil && listening.Msg == message {
			return listening.Addr
		}
	}
	return ""
}

// metrics are those of the server with that log.
func metrics(t *testing.T, log string) string {
	t.Helper()
	resp, err := http.Get("http://" + listens(log, "metrics are served") + "/metrics")
	if err != nil {
		t.Errorf("the metrics: %v", err)
		return ""
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(all), "restauth_logins_total") {
		t.Errorf("the metrics have no logins: %v", err)
	}
	return string(all)
}

// said are the lines of a log but those of requests.
func said(log string) (lines []string) {
	content, _ := os.ReadFile(log)
	for line := range strings.Lines(string(content)) {
		if !strings.Contains(line, `"msg":"request"`) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// client sends from an address of 127.0.0.0/8 of its own.
type client struct{ http *http.Client }

func from(address string) *client {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}, Timeout: patience}
	return &client{&http.Client{Transport: &http.Transport{DialContext: dialer.DialContext}, Timeout: patience}}
}

func (c *client) close() { c.http.CloseIdleConnections() }

// login returns the status, 0 where nobody answers, and the device token.
func (c *client) login(url, name, password, device string) (status int, token string) {
	credentials := map[string]string{"username": name, "password": password}
	if device != "" {
		credentials["device_token"] = device
	}
	body, err := json.Marshal(credentials)
	if err != nil {
		return 0, ""
	}
	resp, err := c.http.Post(url+"/auth", "application/json", strings.NewReader(string(body)))
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, ""
	}
	var got struct {
		Device string `json:"device_token"`
	}
	_ = json.Unmarshal(answer, &got)
	return resp.StatusCode, got.Device
}

// attacker is the nth address of a network of attackers.
func attacker(n int) string { return fmt.Sprintf("127.%d.%d.%d", 10+n/(250*250), n/250%250+1, n%250+1) }
