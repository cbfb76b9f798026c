package serve

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/restauth/restauth/impl/doctor"
)

const (
	// mostSumming is what the sum of the user table may take. Nobody waits for it.
	mostSumming = 20 * time.Second
	// manyOut is how many in a hundred of a sample that cannot log in are worth a warning.
	manyOut = 1
)

// sum says in three lines what a sample of the user table tells, once the table can be
// read. It has a connection of its own, for a moment, so that no request waits for it.
func (a *App) sum(ctx context.Context) {
	if a.embedded != nil && a.embedded.Ours() {
		return // what is in there restauth has written
	}
	for !a.checked.Load() {
		select {
		case <-ctx.Done():
			return
		case <-time.After(RetryEvery):
		}
	}
	ctx, cancel := context.WithTimeout(ctx, mostSumming)
	defer cancel()
	cfg, err := a.examined()
	if err != nil {
		return // it could be read a moment ago
	}
	r, err := doctor.Sample(ctx, cfg)
	if err != nil {
		a.log.Debug("the user table was not summed up; restauth doctor looks at it", "error", err)
		return
	}
	if r.Rows > 0 {
		a.tellSum(ctx, r)
	}
}

// tellSum writes the three lines.
func (a *App) tellSum(ctx context.Context, r *doctor.Report) {
	var forms, out []string
	slowest := doctor.Form{}
	for _, f := range r.Forms {
		forms = append(forms, fmt.Sprintf("%s %d", f.Method, f.Rows))
		if f.Verifies && f.Milliseconds > slowest.Milliseconds {
			slowest = f
		}
	}
	for _, f := range r.Findings {
		if f.Rows > 0 && f.Code != "cannot_log_in" {
			out = append(out, fmt.Sprintf("%s %d", f.Code, f.Rows))
		}
	}
	a.log.InfoContext(ctx, "how passwords are stored, in a sample of the user table", "rows", r.Rows, "forms", strings.Join(forms, ", "))
	a.log.InfoContext(ctx, "what the costliest of these logins takes, about", "form", slowest.Method, "milliseconds", slowest.Milliseconds, "in_a_second", slowest.PerSecond)
	if 100*r.NoLogin > manyOut*r.Rows {
		a.log.WarnContext(ctx, "more than one in a hundred of that sample cannot log in; restauth doctor, with the same settings, says who, why and what to do", "rows", r.NoLogin, "of", r.Rows, "found", strings.Join(out, ", "))
		return
	}
	a.log.InfoContext(ctx, "who of that sample cannot log in; restauth doctor looks at all", "rows", r.NoLogin, "of", r.Rows, "found", strings.Join(out, ", "))
}
