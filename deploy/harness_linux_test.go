package deploy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/restauth/restauth/internal/dbtest"
	"github.com/restauth/restauth/internal/dbtest/process"
)

const patience = time.Minute

func TestMain(m *testing.M) { dbtest.Main(m) }

func tool(t *testing.T, name, inCache string) string {
	t.Helper()
	path, err := dbtest.Tool(name, inCache)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// start runs a server until the test ends, and returns the file with what it says.
func start(t *testing.T, cmd *exec.Cmd) (log string) {
	t.Helper()
	log = filepath.Join(t.TempDir(), "log")
	p, err := process.Start(cmd, log, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.Signal(9)
		<-p.Done()
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(cmd.Path), read(t, log))
		}
	})
	return log
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// eventually waits until ok holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not so after %v: %s", patience, what)
		}
	}
}

// lineOf is the first line of a JSON log with that message for which ok holds, waited for.
func lineOf(t *testing.T, log, message string, ok func(map[string]any) bool) (found map[string]any) {
	t.Helper()
	eventually(t, "the log has "+message, func() bool {
		for line := range strings.Lines(read(t, log)) {
			var entry map[string]any
			if json.Unmarshal([]byte(line), &entry) == nil && entry["msg"] == message && ok(entry) {
				found = entry
				return true
			}
		}
		return false
	})
	return found
}

func any1(map[string]any) bool { return true }

const ann, annsPassword = "ann", "correct horse battery staple"

// login returns the status of one, with a header that says who the client is.
func login(client *http.Client, base string) (int, error) {
	body, err := json.Marshal(map[string]string{"username": ann, "password": annsPassword})
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequest("POST", base+"/auth", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Forwarded-For", "192.0.2.66") // a lie
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode == http.StatusOK && !bytes.Contains(answer, []byte("access_token")) {
		err = fmt.Errorf("the answer has no token: %q", answer)
	}
	return resp.StatusCode, err
}

// addAnn makes the user in a file of embedded users.
func addAnn(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	cmd.Args = append(cmd.Args, "user", "add", ann)
	cmd.Stdin = strings.NewReader(annsPassword + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("user add: %v\n%s", err, out)
	}
}
