package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/restauth/restauth/internal/dbtest"
)

// bench is one run: the servers, what they are asked, and what was measured.
type bench struct {
	opts options
	book book
	root string // of the repository
	work string // a temporary folder

	people     *people
	requests   [][]byte // GET /rest-auth of every user of the small table
	database   *dbtest.Server
	maria      *mariadb
	large      string        // the URL of the large table on MariaDB, once there is one
	doctorTook time.Duration // by the last doctor

	unmeasured []string // sentences

	running map[column]*server // those of the table
	servers []*server          // all, to be stopped

	started         time.Time
	busyAtStart     float64
	oursAtStart     float64
	python          string
	databaseVersion string
}

// prepare builds and starts everything that is measured on the small table. On
// an error what did start is returned too, to be closed.
func prepare(ctx context.Context, o options) (*bench, error) {
	b := &bench{opts: o, book: book{}, running: map[column]*server{}}
	var err error
	if b.work, err = os.MkdirTemp("", "restauth-bench-"); err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	b.opts.idle = min(o.idle, raiseFileLimit(o.idle+500)-500)
	for _, step := range []func(context.Context) error{b.build, b.fill, b.launch} {
		if err := step(ctx); err != nil {
			return b, err
		}
	}
	// Compiling is not the run's: others' share is counted from here.
	b.started = time.Now()
	if b.busyAtStart, err = machineSeconds(); err != nil {
		return b, err
	}
	b.oursAtStart, err = cpuSeconds()
	return b, err
}

// close stops everything and removes what it left.
func (b *bench) close() error {
	var all []error
	for _, s := range b.servers {
		all = append(all, s.process.stop())
	}
	if b.database != nil {
		all = append(all, b.database.Close())
	}
	return errors.Join(append(all, os.RemoveAll(b.work))...)
}

func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%s %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}

// program is the path of a built one.
func (b *bench) program(name string) string { return filepath.Join(b.work, "bin", name) }

// build compiles the servers the way `make build` does.
func (b *bench) build(ctx context.Context) error {
	b.say("building")
	out, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return fmt.Errorf("find the module: %w", err)
	}
	here := filepath.Dir(string(out))
	b.root = filepath.Dir(here)
	if _, err := os.Stat(filepath.Join(b.root, "openapi.yaml")); err != nil {
		return errors.New("call this as `go -C bench run .` in the repository's folder")
	}
	for name, folder := range map[string]string{"restauth": b.root, "bare": here, "gin": here} {
		source := "./peers/" + name
		if name == "restauth" {
			source = "./cmd/restauth"
		}
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", b.program(name), source)
		cmd.Dir = folder
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", name, err, out)
		}
	}
	return nil
}

// fill makes the users and the tables.
func (b *bench) fill(ctx context.Context) error {
	b.say("making users and tables")
	var err error
	if b.people, err = newPeople(); err != nil {
		return err
	}
	if b.requests, err = b.people.guarded(spread(b.opts.users, b.opts.users)); err != nil {
		return err
	}
	if b.database, err = dbtest.Launch(ctx, dbtest.KindMariaDB); err != nil {
		return err
	}
	b.maria = &mariadb{admin: b.database.AdminURL()}
	if err := b.maria.prepare(ctx); err != nil {
		return err
	}
	b.databaseVersion = "MariaDB " + b.maria.version
	return sqliteTable(ctx, b.file("small.db"), b.opts.users, b.people.pbkdf2)
}

func (b *bench) file(name string) string { return filepath.Join(b.work, name) }

// launch starts the servers of the table. They all run all the time, so that
// rounds can go from one to the next; those that are not asked sleep.
func (b *bench) launch(ctx context.Context) error {
	b.say("starting servers")
	small, err := b.maria.table(ctx, "bench_small", b.opts.users, b.people.pbkdf2)
	if err != nil {
		return err
	}
	source, err := dsn(small)
	if err != nil {
		return err
	}
	file := b.file("small.db")
	lite := "file:" + file + "?_pragma=busy_timeout(800)&_pragma=query_only(1)"
	for _, start := range []func() (*server, error){
		func() (*server, error) { return b.startRestauth(ctx, onSQLite, "restauth-sqlite", "sqlite:"+file) },
		func() (*server, error) { return b.startRestauth(ctx, onMariaDB, "restauth-mariadb", small) },
		func() (*server, error) { return b.startBare(ctx, b.running[onSQLite]) },
		func() (*server, error) { return b.startGin(ctx, gin, "gin", "sqlite", lite, false) },
		func() (*server, error) { return b.startGin(ctx, ginSQLite, "gin-sqlite", "sqlite", lite, true) },
		func() (*server, error) { return b.startGin(ctx, ginMariaDB, "gin-mariadb", "mysql", source, true) },
		func() (*server, error) {
			if !b.opts.flask {
				return nil, nil
			}
			return b.startFlask(ctx, "flask", small)
		},
	} {
		s, err := start()
		if err != nil {
			return err
		}
		if s != nil {
			b.running[s.column] = s
		}
	}
	return nil
}

// columns are those that run, in the table's order.
func (b *bench) columns() []column {
	return b.among(bare, gin, ginSQLite, ginMariaDB, flask, onSQLite, onMariaDB)
}

// among returns those of the given columns that run.
func (b *bench) among(wanted ...column) []column {
	var all []column
	for _, c := range wanted {
		if b.running[c] != nil {
			all = append(all, c)
		}
	}
	return all
}
