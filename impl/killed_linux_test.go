package impl_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/password/gate"
	"github.com/restauth/restauth/impl/password/pool"
)

// hashingProcesses are this process's, by their ids.
func hashingProcesses(t *testing.T) (pids []int) {
	t.Helper()
	tasks, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil || len(tasks) == 0 {
		t.Fatalf("this kernel does not tell a process's children: %v", err)
	}
	for _, task := range tasks {
		children, _ := os.ReadFile(task) // The thread may have ended.
		for _, field := range strings.Fields(string(children)) {
			pid, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			if line, _ := os.ReadFile("/proc/" + field + "/cmdline"); strings.Contains(string(line), hashingArg) {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// worked is how much processor time a process has had, in hundredths of a second; 0 of one that ended.
func worked(pid int) int {
	stat, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	_, after, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(after)
	if len(fields) < 13 || fields[0] == "Z" {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return user + system
}

// TestHashingProcessKilled again and again, in the middle of its work: whose login went
// with two of them is to come again, and the log tells it once.
func TestHashingProcessKilled(t *testing.T) {
	const mostKills = 15
	s := demo(t, func(c *account.Config) {
		gate, err := pool.NewGate(pool.Config{Slots: 2, Child: []string{hashingArg}, Logger: c.Logger}, gate.Config{MaxWait: always})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(gate.Close)
		c.Gate = gate
	})
	s.add("slow", slowHash())
	var (
		over              atomic.Bool
		passed, sentAgain atomic.Int32
		clients           sync.WaitGroup
	)
	logIn := func(username, typed string, want int) {
		for !over.Load() {
			a := s.credentials(username, typed)
			switch after, _ := strconv.Atoi(a.header.Get("Retry-After")); {
			case a.status == want:
				passed.Add(1)
			case a.status == 503 && after >= 1:
				sentAgain.Add(1)
			default:
				t.Errorf("%s's login = %d %s, Retry-After %d", username, a.status, a.body, after)
				return
			}
		}
	}
	clients.Go(func() { logIn("slow", "wrong", 401) })
	for range 3 {
		clients.Go(func() { logIn("roy", "roy", 200) })
	}
	kills, givenUp := 0, func() bool { return strings.Contains(s.log.String(), "checking them in this one") }
	for deadline := time.Now().Add(patience); kills < mostKills && !givenUp() && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		for _, pid := range hashingProcesses(t) {
			if worked(pid) >= 12 && syscall.Kill(pid, syscall.SIGKILL) == nil {
				kills++
				time.Sleep(5 * time.Millisecond) // It is not to be killed twice.
			}
		}
	}
	over.Store(true)
	clients.Wait()
	if kills < 2 || sentAgain.Load() == 0 {
		t.Errorf("%d kills, %d logins passed, %d are to come again; want some of each", kills, passed.Load(), sentAgain.Load())
	}
	t.Logf("%d kills, %d logins passed, %d were to come again", kills, passed.Load(), sentAgain.Load())
	if a := s.credentials("roy", "roy"); a.status != 200 {
		t.Errorf("afterwards roy's login = %d %s", a.status, a.body)
	}
	log := s.log.String()
	if warnings := strings.Count(log, `"level":"WARN"`); warnings != 1 {
		t.Errorf("%d warnings, want 1:\n%s", warnings, log)
	}
	if errors := strings.Count(log, `"level":"ERROR"`); errors > 1 || errors == 1 && !givenUp() {
		t.Errorf("%d errors, want at most that it is given up:\n%s", errors, log)
	}
}
