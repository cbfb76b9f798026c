// Command bench measures restauth beside its peers on one machine in one run,
// and prints a table of Markdown with the targets beside the figures:
//
//	make bench                       # under ten minutes
//	go -C bench run . -short         # under a minute, rough: shows that it runs
//	go -C bench run . -markdown README.md -summary ../README.md
//
// It fails when something cannot run, never because of a figure. README.md says
// what is measured and how far the figures may be trusted. Linux only: memory
// and processor time are read from /proc, and the load generator uses epoll.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// options are what the command was told, and what follows from -short.
type options struct {
	short    bool
	verbose  bool
	markdown string   // the file for the whole table
	summary  string   // the file for the short one
	serve    []string // more flags for restauth serve
	only     string
	sizes
}

// sizes are how much is measured.
type sizes struct {
	rounds      int // of requests and logins
	stormRounds int
	warmup      time.Duration // before each window
	window      time.Duration // of guarded requests and of logins
	single      time.Duration // of one login connection
	storm       time.Duration // of each part of a storm
	unequal     time.Duration // of each form beside each attack
	users       int           // in the table that everything runs on
	manyUsers   int           // in the large table; 0 leaves it out
	idle        int           // keep-alive connections held open
	flask       bool
	pause       time.Duration // after a refused login
}

func full() sizes {
	return sizes{
		rounds: 5, stormRounds: 3, warmup: 300 * time.Millisecond, window: 2 * time.Second, single: 1200 * time.Millisecond,
		storm: 3500 * time.Millisecond, unequal: 5 * time.Second, users: 1_000, manyUsers: 1_000_000, idle: 10_000, flask: true,
	}
}

func brief() sizes {
	return sizes{
		rounds: 1, stormRounds: 1, warmup: 100 * time.Millisecond, window: time.Second, single: 500 * time.Millisecond,
		storm: time.Second, unequal: time.Second, users: 1_000, idle: 1_000,
	}
}

func main() {
	o := parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		stop()
		os.Exit(1)
	}
}

func parse() options {
	var o options
	flag.BoolVar(&o.short, "short", false, "one short round without Flask-JWT and without the large table: shows that everything runs")
	flag.BoolVar(&o.verbose, "v", false, "print each round as it is measured")
	flag.StringVar(&o.markdown, "markdown", "", "also write the table into this `file`, between <!-- bench:begin --> and <!-- bench:end -->")
	flag.StringVar(&o.summary, "summary", "", "also write the short table into this `file`, between the same markers")
	flag.StringVar(&o.only, "only", "", "measure only these, separated by commas: guarded, login, storm, unequal, quota, memory, scale, doctor, allocations; or profile, which makes cmd/restauth/default.pgo")
	serve := flag.String("serve", "", "more `flags` for restauth serve, to compare settings")
	pause := flag.Duration("pause", 100*time.Millisecond, "how long a client waits after a refused login, whatever Retry-After says")
	rounds := flag.Int("rounds", 0, "how many rounds; 0 is 5, or 1 with -short")
	many := flag.Int("users", -1, "users in the large table; 0 leaves it out")
	flag.Parse()
	o.sizes = full()
	if o.short {
		o.sizes = brief()
	}
	o.pause = *pause
	o.serve = strings.Fields(*serve)
	if *rounds > 0 {
		o.rounds, o.stormRounds = *rounds, *rounds
	}
	if *many >= 0 {
		o.manyUsers = *many
	}
	return o
}

// parts are what is measured, in this order.
func parts() []part {
	return []part{
		{"memory", (*bench).idleMemory}, // while the servers are fresh
		{"guarded", (*bench).guarded},
		{"login", (*bench).logins},
		{"storm", (*bench).storms},
		{"unequal", (*bench).unequal},
		{"quota", (*bench).quota},
		{"memory", (*bench).memory},
		{"scale", (*bench).scale},
		{"doctor", (*bench).doctor},
		{"allocations", (*bench).allocations},
		{"profile", (*bench).profile}, // only where it is named
	}
}

type part struct {
	name string
	run  func(*bench, context.Context) error
}

func (o options) wants(name string) bool {
	if o.only == "" {
		return name != "profile"
	}
	for wanted := range strings.SplitSeq(o.only, ",") {
		if wanted == name {
			return true
		}
	}
	return false
}

func run(ctx context.Context, o options) (err error) {
	started := time.Now()
	for _, file := range []string{o.markdown, o.summary} { // Ten minutes are a long time to wait for this error.
		if file == "" {
			continue
		}
		if _, _, err := aroundTable(file); err != nil {
			return err
		}
	}
	noise, err := busy(time.Second)
	if err != nil {
		return err
	}
	b, err := prepare(ctx, o)
	if b != nil {
		defer func() { err = errors.Join(err, b.close()) }()
	}
	if err != nil {
		return err
	}
	for _, p := range parts() {
		if !o.wants(p.name) {
			continue
		}
		b.say("%s", p.name)
		if err := p.run(b, ctx); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	machine, err := b.describe(noise, time.Since(started))
	if err != nil {
		return err
	}
	report := render(b.book, b.columns(), machine, o)
	fmt.Println(report)
	if o.markdown != "" {
		err = writeBetween(o.markdown, report)
	}
	if o.summary != "" {
		err = errors.Join(err, writeBetween(o.summary, summary(b.book, machine, o)))
	}
	return err
}
