package logs

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/restauth/restauth/api/reqctx"
	"github.com/restauth/restauth/cmd/restauth/internal/commandtest"
	"github.com/restauth/restauth/cmd/restauth/internal/settings"
)

// TestLogLinesWait for one another, not for long, and never when something is
// wrong; none is lost and none is cut.
func TestLogLinesWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := new(commandtest.Buffer)
		log := Open(out, false, &settings.Log{LogFormat: "json"})
		log.Info("first")
		if out.String() != "" {
			t.Errorf("the first line did not wait: %s", out)
		}
		log.With("a", 1).WithGroup("g").Warn("second")
		if n := strings.Count(out.String(), "\n"); n != 2 {
			t.Errorf("%d lines after a warning, want 2: %s", n, out)
		}
		log.Info("third")
		time.Sleep(logDelay)
		synctest.Wait()
		if !strings.Contains(out.String(), "third") {
			t.Errorf("a line waits for more than %v", logDelay)
		}
		log.Info("fourth")
		log.Flush()
		if !strings.Contains(out.String(), "fourth") {
			t.Errorf("flush left a line: %s", out)
		}
	})
}

// TestLogFullBuffer: many writers at once, far more than the buffer holds.
func TestLogFullBuffer(t *testing.T) {
	out := new(commandtest.Buffer)
	log := Open(out, false, &settings.Log{LogFormat: "text"})
	var writing sync.WaitGroup
	for i := range 8 {
		writing.Go(func() {
			for j := range 500 {
				log.Info("line", "number", fmt.Sprintf("<%d-%d>", i, j), "padding", strings.Repeat("x", 100))
			}
		})
	}
	writing.Wait()
	log.Info("longer than the buffer", "padding", strings.Repeat("y", 2*logBytes))
	log.Flush()
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 4001 {
		t.Errorf("%d lines, want 4001", len(lines))
	}
	for _, line := range lines[:4000] {
		if !strings.HasSuffix(line, strings.Repeat("x", 100)) || !strings.HasPrefix(line, "time=") {
			t.Fatalf("broken line %q", line)
		}
	}
}

// TestLogNamesTheRequest in either format, buffered or not.
func TestLogNamesTheRequest(t *testing.T) {
	r := reqctx.New("r1", netip.Addr{}, nil)
	ctx := &reqctx.Context{Context: t.Context(), Request: &r}
	for format, want := range map[string]string{"json": `"msg":"m","request_id":"r1","a":1}`, "text": `msg=m request_id=r1 a=1`} {
		for _, terminal := range []bool{false, true} {
			out := new(commandtest.Buffer)
			Open(out, terminal, &settings.Log{LogFormat: format}).WarnContext(ctx, "m", "a", 1)
			if got := strings.TrimSpace(out.String()); !strings.HasSuffix(got, want) {
				t.Errorf("%s, terminal %v: %s, want %s at its end", format, terminal, got, want)
			}
		}
	}
}
