package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/alecthomas/kong"

	"github.com/restauth/restauth/cmd/restauth/internal/runtimetune"
	"github.com/restauth/restauth/cmd/restauth/internal/serve"
	"github.com/restauth/restauth/cmd/restauth/internal/settings"
	"github.com/restauth/restauth/impl/doctor"
)

// Exit codes of doctor, apart from those of every command.
const (
	exitWarned = 3
	exitUnfit  = 4
)

// doctorCmd looks a user table over.
type doctorCmd struct {
	settings.Serve
	JSON  bool  `name:"json" help:"Print a JSON object."`
	Rows  int64 `placeholder:"N" help:"Look at no more than N rows."`
	Hurry bool  `help:"Leave out the pauses that keep the table's own application from being slowed down."`
}

// Help implements kong.HelpProvider.
func (*doctorCmd) Help() string {
	return examples([]example{
		{"RESTAUTH_USERS=mysql://... restauth doctor", "find the user table, and the settings for it"},
		{"restauth doctor --users sqlite:app.db", "the same of a file"},
	}) + "\nIt takes the settings of serve, reads only, and needs no more rights. Of a million rows it takes half a minute. " +
		"Nothing that it prints holds a password, a hash or a name; rows are told by their keys. " +
		"The exit code is 0 when nothing is wrong, 3 with a warning, 4 with what keeps people out; " +
		"1 and 2 are as for every command: it could not look, or was called wrongly."
}

// Run implements the command.
func (c *doctorCmd) Run(ctx context.Context, w world, env environment, parsed *kong.Context) error {
	if c.Rows < 0 {
		return settings.Usagef("--rows is %d, but must be 1 or more", c.Rows)
	}
	log := slog.New(slog.NewTextHandler(w.stderr, nil))
	warn(&c.Serve, log, w, parsed)
	// Weak or not: it signs nothing here, and the report says what is wrong with it.
	secret, err := serve.Secret(&settings.Token{SecretKeyFile: c.SecretKeyFile, AllowWeakSecret: true}, env, log)
	if err != nil {
		return err
	}
	ctx, stop := untilSignal(ctx, w)
	defer stop()
	defer runtimetune.Frugal()()
	together := runtimetune.OneAtATime()
	defer together()
	if w.standBack != nil {
		w.standBack()
	}
	p := &progress{out: w.stderr, terminal: isTerminal(w.stderr)}
	report, err := serve.Doctor(ctx, &c.Serve, log, serve.Examination{
		Secret: secret, Cores: w.cores, MostRows: c.Rows, Hurry: c.Hurry, Progress: p.tell,
		Rest: func() {
			together() // Hashes are measured as serve hashes them.
			runtimetune.GiveBack()
		},
	})
	p.end()
	if err != nil {
		return err
	}
	if c.JSON {
		text, err := json.MarshalIndent(report, "", "  ")
		if err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
		fmt.Fprintf(w.stdout, "%s\n", escapeUnseen(text))
	} else {
		printReport(w.stdout, report)
	}
	return verdictOf(report)
}

// verdict is an exit code for what was found, all of which is said already.
type verdict int

func (v verdict) Error() string { return fmt.Sprintf("doctor ends with %d", int(v)) }

func verdictOf(r *doctor.Report) error {
	switch r.Worst() {
	case doctor.Error:
		return verdict(exitUnfit)
	case doctor.Warning:
		return verdict(exitWarned)
	default:
		return nil
	}
}

// progress tells a person that something goes on.
type progress struct {
	out      io.Writer
	terminal bool
	told     time.Time
	any      bool
}

// sayEvery is how often that is said where it makes a new line.
const sayEvery = 5 * time.Second

func (p *progress) tell(done, about int64) {
	if p.terminal {
		p.any = true
		fmt.Fprintf(p.out, "\r%d of about %d rows ", done, about)
		return
	}
	if p.told.IsZero() {
		p.told = time.Now()
	}
	if now := time.Now(); now.Sub(p.told) >= sayEvery {
		p.told = now
		fmt.Fprintf(p.out, "%d of about %d rows\n", done, about)
	}
}

// end leaves the line to what comes next.
func (p *progress) end() {
	if p.any {
		fmt.Fprint(p.out, "\r\033[K")
	}
}
