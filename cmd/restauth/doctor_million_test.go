//go:build adopt

package main

import (
	"context"
	"math"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/restauth/restauth/internal/dbtest"
)

// What looking at a million rows may take.
const (
	mostDoctorTime   = 30 * time.Second
	mostDoctorMemory = 64 << 20
	mostSlower       = 1.05 // times the application's p99
)

// TestDoctorOfAMillion measures the command, as people run it, on a million rows: time,
// memory, and what its application notices. RESTAUTH_TEST_ROWS has another number.
func TestDoctorOfAMillion(t *testing.T) {
	rows := 1_000_000
	if n, err := strconv.Atoi(os.Getenv("RESTAUTH_TEST_ROWS")); err == nil {
		rows = n
	}
	program := dbtest.Restauth(t)
	for engine, fresh := range map[string]func(testing.TB) string{"MariaDB": dbtest.MariaDB, "MySQL": dbtest.MySQL} {
		t.Run(engine, func(t *testing.T) {
			admin := fresh(t)
			crowd(t, admin, rows)
			reader := dbtest.User(t, admin, "SELECT ON `user`")
			begun := time.Now()
			cmd, out := doctorOf(program, reader)
			if err := cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != exitUnfit {
				t.Fatalf("doctor: %v, want exit code %d\n%.2000s", err, exitUnfit, out)
			}
			took := time.Since(begun)
			checkCrowd(t, out.String(), int64(rows))
			memory := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
			t.Logf("%s: %d rows in %.1f s (at most %.0f s), %.0f MiB resident at most (at most %d MiB), %.1f s of processor time", engine, rows,
				took.Seconds(), mostDoctorTime.Seconds(), float64(memory)/(1<<20), mostDoctorMemory>>20, (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds())
			if memory > mostDoctorMemory {
				t.Errorf("%s: %d MiB are more than there may be", engine, memory>>20)
			}
			if took > mostDoctorTime { // It depends on what else the machine does.
				t.Logf("%s: not reached: %v are more than there may be", engine, took)
			}
			without, with := beside(t, program, reader, openApplication(t, admin, rows))
			slower := float64(p99(with)) / float64(p99(without))
			t.Logf("%s: the application's p99 is %v alone and %v beside doctor, %.3f times (at most %.2f), of %d and %d answers", engine, p99(without), p99(with), slower, mostSlower, len(without), len(with))
			if slower > mostSlower {
				t.Logf("%s: not reached: the application's p99 is %.3f times what it is without doctor", engine, slower)
			}
		})
	}
}

func doctorOf(program, url string) (*exec.Cmd, *strings.Builder) {
	cmd := exec.Command(program, "doctor", "--json")
	cmd.Env = append(os.Environ(), "RESTAUTH_USERS="+url, "RESTAUTH_SECRET_KEY=5b1c8f0a92d74e63b8a1f0c4d7e9926a3f58")
	cmd.Env = slices.DeleteFunc(cmd.Env, func(entry string) bool { return strings.HasPrefix(entry, "RESTAUTH_TEST_") })
	var out strings.Builder
	cmd.Stdout = &out
	return cmd, &out
}

// undisturbed is how long the application goes on before doctor comes and after it went.
const undisturbed = 8 * time.Second

// beside has an application work, a doctor look at its table, and the application go on. To
// stop the doctor now and then would be fairer, but it would make up for the time.
func beside(t *testing.T, program, url string, app *application) (without, with []answer) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	answers := make(chan []answer, 1)
	go func() { answers <- app.work(ctx) }()
	time.Sleep(time.Second + undisturbed) // its connections
	cmd, _ := doctorOf(program, url)
	begun := time.Now()
	_ = cmd.Run() // its exit code says what it found
	ended := time.Now()
	if cmd.ProcessState == nil {
		t.Fatal("doctor did not start")
	}
	time.Sleep(undisturbed)
	cancel()
	for _, a := range <-answers {
		answered := a.at.Add(a.took)
		switch {
		case a.at.After(begun) && answered.Before(ended):
			with = append(with, a)
		case a.at.After(begun.Add(-undisturbed)) && answered.Before(begun), a.at.After(ended):
			without = append(without, a)
		}
	}
	return without, with
}

// p99 is what 99 of a hundred answers took at most.
func p99(all []answer) time.Duration {
	took := make([]time.Duration, 0, len(all))
	for _, a := range all {
		took = append(took, a.took)
	}
	slices.Sort(took)
	if len(took) == 0 {
		return 0
	}
	return took[int(math.Ceil(float64(len(took))*0.99))-1]
}
