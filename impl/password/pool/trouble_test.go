package pool

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// TestTrouble is told when it begins and when it is over, however much there is of it.
func TestTrouble(t *testing.T) {
	died := func(tr *trouble) { tr.lost("ended", 2, "error", errors.New("signal: killed")) }
	hangs := func(tr *trouble) { tr.lost("hangs", 1) }
	givenUp := func(tr *trouble) { tr.givenUp("given up", ErrEnded) }
	served := func(tr *trouble) { tr.served(func() {}) }
	passes := func(tr *trouble) { tr.until = time.Now(); tr.end() }
	early := func(tr *trouble) { tr.end() }
	for name, tt := range map[string]struct {
		steps []func(*trouble)
		want  []string // of each line, its level and message
	}{
		"nothing":                  {[]func(*trouble){served, passes}, nil},
		"one death":                {[]func(*trouble){died, served, passes}, []string{"WARN ended"}},
		"a second in it":           {[]func(*trouble){died, died, served, died, served}, []string{"WARN ended"}},
		"a hang in it":             {[]func(*trouble){died, hangs, served}, []string{"WARN ended"}},
		"a second after it":        {[]func(*trouble){died, served, passes, died}, []string{"WARN ended", "WARN ended"}},
		"time alone ends it not":   {[]func(*trouble){died, passes, died}, []string{"WARN ended"}},
		"nor does too little":      {[]func(*trouble){died, served, early, died}, []string{"WARN ended"}},
		"nor what was before":      {[]func(*trouble){died, served, died, passes, died}, []string{"WARN ended"}},
		"several are counted":      {[]func(*trouble){died, hangs, served, passes}, []string{"WARN ended", "INFO stays again"}},
		"no child at all":          {[]func(*trouble){givenUp, givenUp, givenUp}, []string{"ERROR given up"}},
		"and later one":            {[]func(*trouble){givenUp, served, passes}, []string{"ERROR given up", "INFO stays again"}},
		"given up, well, and anew": {[]func(*trouble){givenUp, served, passes, givenUp}, []string{"ERROR given up", "INFO stays again", "ERROR given up"}},
	} {
		t.Run(name, func(t *testing.T) {
			log := new(logBuffer)
			tr := trouble{log: log.logger(), calm: time.Hour}
			for _, step := range tt.steps {
				step(&tr)
			}
			tr.again() // The timer ends.
			lines := strings.Split(strings.TrimSuffix(log.String(), "\n"), "\n")
			if log.String() == "" {
				lines = nil
			}
			if len(lines) != len(tt.want) {
				t.Fatalf("the log has %d lines, want %d:\n%s", len(lines), len(tt.want), log)
			}
			for i, want := range tt.want {
				level, message, _ := strings.Cut(want, " ")
				if !strings.Contains(lines[i], "level="+level) || !strings.Contains(lines[i], message) {
					t.Errorf("line %d = %s, want %s", i, lines[i], want)
				}
			}
		})
	}
}
