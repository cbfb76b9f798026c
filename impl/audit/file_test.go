package audit_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/restauth/restauth/impl/audit"
)

var errFull = errors.New("no space left on device")

func failure(n int) audit.Event {
	return audit.Event{
		Kind: audit.KindLogin, Outcome: audit.OutcomeFailure, Reason: audit.ReasonUnknownUser, Account: audit.Typed(fmt.Sprintf("<%d>", n)),
	}
}

// TestLinesAreWrittenTogether, not long after.
func TestLinesAreWrittenTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		trail, file, out, _ := recorder(t, audit.Config{})
		trail.Record(t.Context(), failure(1))
		trail.Record(t.Context(), failure(2))
		synctest.Wait()
		if out.String() != "" {
			t.Errorf("written at once: %s", out)
		}
		time.Sleep(101 * time.Millisecond)
		synctest.Wait()
		if strings.Count(out.String(), "\n") != 2 {
			t.Errorf("after 101 ms: %s", out)
		}
		trail.Record(t.Context(), failure(3))
		if err := file.Close(); err != nil || !strings.Contains(out.String(), "<3>") || out.closed != 1 {
			t.Errorf("Close() = %v, closed %d times: %s", err, out.closed, out)
		}
		trail.Record(t.Context(), failure(4)) // too late: the log has it
		if err := file.Close(); err != nil || out.closed != 1 {
			t.Errorf("the second Close() = %v, closed %d times", err, out.closed)
		}
	})
}

// TestFailingFile: it is said once, nothing that fits is lost or torn, and what does
// not fit is counted.
func TestFailingFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		trail, file, out, log := recorder(t, audit.Config{})
		out.fail(errFull, 10) // A disk takes what it still can.
		for i := range 10_000 {
			trail.Record(t.Context(), failure(i))
			if i%1000 == 0 {
				time.Sleep(time.Second)
			}
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := strings.Count(log.String(), "the audit file cannot be written"); n != 1 {
			t.Errorf("said %d times", n)
		}
		out.fail(nil, 0)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		last := lines[len(lines)-1]
		want := fmt.Sprintf(`"event":"gap","outcome":"failure","reason":"file_full","lost":%d}`, 10_000-(len(lines)-1))
		if !strings.HasSuffix(last, want) || len(lines) < 4000 {
			t.Errorf("%d lines, the last is %s, want %s", len(lines), last, want)
		}
		for i, line := range lines[:len(lines)-1] {
			if !strings.HasPrefix(line, `{"time":"`) || !strings.HasSuffix(line, fmt.Sprintf(`"<%d>"}`, i)) {
				t.Fatalf("line %d is %s", i, line)
			}
		}
		if n := strings.Count(log.String(), "can be written again"); n != 1 || strings.Count(log.String(), `"event":"login"`) != 10_000 {
			t.Errorf("the end is said %d times", n)
		}
	})
}

// TestRefusalsGoFirst: a flood of what was refused leaves room to what was looked at.
func TestRefusalsGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		trail, file, out, _ := recorder(t, audit.Config{})
		for range 10_000 {
			trail.Record(t.Context(), audit.Event{Kind: audit.KindLogin, Outcome: audit.OutcomeRefused, Reason: audit.ReasonBudgetAddress})
		}
		for i := range 500 {
			trail.Record(t.Context(), failure(i))
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(out.String(), `"outcome":"failure","reason":"unknown_user"`); n != 500 {
			t.Errorf("%d failures are written, want 500", n)
		}
		refused := strings.Count(out.String(), `"outcome":"refused"`)
		if want := fmt.Sprintf(`"lost":%d}`, 10_000-refused); !strings.Contains(out.String(), want) {
			t.Errorf("%d refusals are written, and there is no %s", refused, want)
		}
	})
}

// stuck is a file that does not come back.
type stuck struct{ until chan struct{} }

func (s stuck) Write(p []byte) (int, error) { <-s.until; return len(p), nil }
func (s stuck) Close() error                { return nil }

// TestStuckFile: nobody waits for it, not even the end for long.
func TestStuckFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until := make(chan struct{})
		file, err := audit.OpenFile("f", func() (io.WriteCloser, error) { return stuck{until}, nil }, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		trail, err := audit.New(audit.Config{Logger: slog.New(slog.DiscardHandler), File: file})
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		trail.Record(t.Context(), failure(0))
		time.Sleep(time.Second)
		for i := range 10_000 {
			trail.Record(t.Context(), failure(i))
		}
		if took := time.Since(begin); took != time.Second {
			t.Errorf("recording waited %v", took-time.Second)
		}
		if err := file.Close(); err == nil || time.Since(begin) > 10*time.Second {
			t.Errorf("Close() = %v after %v", err, time.Since(begin))
		}
		close(until)
	})
}

// TestReopen: what came before is in the old file, what comes after in the new one; one
// that cannot be opened leaves the old.
func TestReopen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second, log := new(output), new(output), new(output)
		next := []*output{first, nil, second}
		file, err := audit.OpenFile("f", func() (io.WriteCloser, error) {
			out := next[0]
			next = next[1:]
			if out == nil {
				return nil, errFull
			}
			return out, nil
		}, jsonLog(log))
		if err != nil {
			t.Fatal(err)
		}
		trail, err := audit.New(audit.Config{Logger: slog.New(slog.DiscardHandler), File: file})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			trail.Record(t.Context(), failure(i))
			file.Reopen()
			synctest.Wait()
			if i == 1 {
				next = append(next, first) // for the third
			}
		}
		trail.Record(t.Context(), failure(3))
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(first.String(), "<0>") || !strings.Contains(first.String(), "<1>") || strings.Contains(first.String(), "<2>") {
			t.Errorf("the first file has:\n%s", first)
		}
		if !strings.Contains(second.String(), "<2>") || !strings.Contains(first.String(), "<3>") || second.closed != 1 {
			t.Errorf("the second file has:\n%sthe first:\n%s", second, first)
		}
		if strings.Count(log.String(), "cannot be opened again") != 1 || strings.Count(log.String(), "was opened again") != 2 {
			t.Errorf("the log:\n%s", log)
		}
	})
}
