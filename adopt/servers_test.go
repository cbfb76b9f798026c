//go:build adopt && linux

package adopt

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/restauth/restauth/internal/dbtest"
	"github.com/restauth/restauth/internal/dbtest/process"
)

// patience is how long is waited for what takes milliseconds on an idle machine.
const patience = 2 * time.Minute

// account is a row, and how a login there has to end.
type account struct {
	pair
	typed string
	want  int
	about string
}

// TestServers logs in to real servers, on MariaDB and on MySQL: a few pairs of each form,
// and whatever was tampered with.
func TestServers(t *testing.T) {
	pairs := written(t)
	for engine, database := range map[string]func(testing.TB) string{"MariaDB": dbtest.MariaDB, "MySQL": dbtest.MySQL} {
		t.Run(engine, func(t *testing.T) {
			groups := make(map[string][]account)
			for _, p := range few(pairs, 3) {
				group := settingsOf(p)
				groups[group] = append(groups[group], account{p, p.Password, http.StatusOK, "the right password"})
				for _, wrong := range p.Wrong[:min(2, len(p.Wrong))] {
					groups[group] = append(groups[group], account{p, wrong, http.StatusUnauthorized, "a wrong password"})
				}
			}
			for _, p := range ofEachForm(toPoison(pairs)) {
				for _, hash := range poisoned(p.Hash) {
					tampered := p
					tampered.Hash = hash
					groups[settingsOf(p)] = append(groups[settingsOf(p)], account{tampered, p.Password, http.StatusUnauthorized, "a poisoned hash"})
				}
			}
			right, wrong, poison, slowest := 0, 0, 0, time.Duration(0)
			failed := 0
			for _, group := range slices.Sorted(maps.Keys(groups)) {
				table := database(t)
				users := fill(t, table, groups[group])
				server := serve(t, table, groups[group][0])
				for i, a := range groups[group] {
					begun := time.Now()
					status := login(t, server, users[i], a.typed)
					took := time.Since(begun)
					switch {
					case a.want == http.StatusOK:
						right++
					case a.about == "a poisoned hash":
						poison++
						// What else runs on the machine only ever adds to a time.
						for again := 0; took > time.Second && again < 3; again++ {
							begun = time.Now()
							login(t, server, users[i], a.typed)
							took = min(took, time.Since(begun))
						}
						slowest = max(slowest, took)
						if took > time.Second {
							t.Errorf("%s: %q: answered after %v", a.name(), a.Hash, took)
						}
					default:
						wrong++
					}
					if status != a.want {
						failed++
						t.Errorf("%s: %s: %q for %q = %d, want %d", a.name(), a.about, a.typed, a.Hash, status, a.want)
					}
				}
			}
			figure(t, "3  logins with right and wrong passwords, "+engine, "as written", fmt.Sprintf("%d and %d, %d not so", right, wrong, failed), failed == 0 && right > 200)
			figure(t, "3  the slowest of those by poisoned hashes, "+engine, "<= 1 s", fmt.Sprintf("%v of %d", slowest.Round(time.Millisecond), poison), slowest <= time.Second)
		})
	}
}

// ofEachForm leaves one pair of each form as restauth names it, whoever wrote it: a login
// takes a while.
func ofEachForm(pairs []pair) []pair {
	seen := make(map[string]bool)
	return slices.DeleteFunc(pairs, func(p pair) bool {
		h, err := p.parse()
		name := h.Form() + settingsOf(p)
		if err != nil || seen[name] {
			return true
		}
		seen[name] = true
		return false
	})
}

// settingsOf names the settings that a server needs for a pair.
func settingsOf(p pair) string {
	text, _ := json.Marshal(p.Settings) // a map of strings
	return string(text)
}

// fill makes a table of the accounts, and returns their names.
func fill(t *testing.T, database string, accounts []account) (names []string) {
	t.Helper()
	dbtest.Exec(t, database, "CREATE TABLE `user` (id INT PRIMARY KEY, username VARCHAR(64) UNIQUE, password VARCHAR(1200), salt VARCHAR(64)) DEFAULT CHARSET=utf8mb4")
	db := open(t, database)
	insert, err := db.PrepareContext(t.Context(), "INSERT INTO `user` VALUES (?, ?, ?, ?)")
	if err != nil {
		t.Fatal(err)
	}
	defer insert.Close()
	for i, a := range accounts {
		name := fmt.Sprint("user", i)
		salt := sql.NullString{String: a.Salt, Valid: a.Salt != ""}
		if _, err := insert.ExecContext(t.Context(), i, name, a.Hash, salt); err != nil {
			t.Fatalf("%q: %v", a.Hash, err)
		}
		names = append(names, name)
	}
	return names
}

// serve runs a server with the pair's settings until the test ends and returns its URL.
func serve(t *testing.T, table string, of account) string {
	t.Helper()
	folder := t.TempDir()
	log := filepath.Join(folder, "log")
	cmd := exec.Command(dbtest.Restauth(t), "serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--users-timeout", "1m", "--login-max-wait", "10s",
		"--drain-delay", "0s", "--no-throttle")
	if of.Salt != "" {
		cmd.Args = append(cmd.Args, "--users-salt-column=salt")
	}
	for name, value := range of.Settings {
		if strings.HasSuffix(name, "-file") {
			secret := filepath.Join(folder, name)
			if err := os.WriteFile(secret, []byte(value), 0o600); err != nil {
				t.Fatal(err)
			}
			value = secret
		}
		cmd.Args = append(cmd.Args, "--"+name+"="+value)
	}
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "RESTAUTH_SECRET_KEY=the-secret-key-of-all-who-are-adopted", "RESTAUTH_USERS=" + table}
	p, err := process.Start(cmd, log, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.Signal(syscall.SIGKILL)
		<-p.Done()
	})
	for begun := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		if address := listens(log); address != "" {
			return "http://" + address
		}
		if p.Ended() || time.Since(begun) > patience {
			said, _ := os.ReadFile(log)
			t.Fatalf("restauth %q does not listen:\n%s", cmd.Args[1:], said)
		}
	}
}

// listens is the address that the log names, "" before it does.
func listens(log string) string {
	content, _ := os.ReadFile(log)
	for line := range strings.Lines(string(content)) {
		var listening struct{ Msg, Addr string }
		if json.Unmarshal([]byte(line), &listening) == nil && listening.Msg == "listening" {
			return listening.Addr
		}
	}
	return ""
}

// login returns the status.
func login(t *testing.T, url, name, typed string) int {
	t.Helper()
	body, err := json.Marshal(map[string]string{"username": name, "password": typed})
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Timeout: patience}
	resp, err := client.Post(url+"/auth", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body) // so that the connection is used again
	return resp.StatusCode
}
