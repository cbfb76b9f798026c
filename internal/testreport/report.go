package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// event is a line of go test -json, as `go doc test2json` and `go help
// buildjson` have it.
type event struct {
	Action      string
	Package     string
	Test        string
	ImportPath  string // of build-output and build-fail
	FailedBuild string
	Elapsed     float64 // seconds
	Output      string
}

// report gathers what go test says and writes what a person wants to read.
type report struct {
	mu sync.Mutex // held over a line and a beat: modules are tested side by side

	out      io.Writer
	module   string
	now      func() time.Time
	begin    time.Time
	lastSaid time.Time

	running  map[string]*suite           // packages that began and have not ended
	building map[string]*strings.Builder // what compilers said, by import path

	packages, tests int
	untested        int // packages without tests
	failedPackages  []string
	failedTests     []string
	races           []string
	leftOut         map[string]int // reasons of skipped tests
}

// suite is the tests of one package under way.
type suite struct {
	begin   time.Time
	own     strings.Builder // said outside of any test
	output  map[string]*strings.Builder
	current []string // tests that run, in the order in which they began
	tests   int
	cached  bool
	racing  *strings.Builder // what the race detector says, while it does
}

func newReport(out io.Writer, module string, now func() time.Time) *report {
	return &report{
		out: out, module: module, now: now, begin: now(), lastSaid: now(),
		running:  make(map[string]*suite),
		building: make(map[string]*strings.Builder),
		leftOut:  make(map[string]int),
	}
}

// line takes one line of the stream. What is no event is passed on as it is.
func (r *report) line(raw []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var e event
	if err := json.Unmarshal(raw, &e); err != nil || e.Action == "" {
		r.say("%s", raw)
		return
	}
	switch {
	case e.Action == "build-output":
		builder(r.building, e.ImportPath).WriteString(e.Output)
	case e.Action == "build-fail":
		r.say("%s", builder(r.building, e.ImportPath).String())
	case e.Package == "":
	case e.Action == "output" && r.raceGoesOn(e):
	case e.Test == "":
		r.packageEvent(e)
	default:
		r.testEvent(e)
	}
}

func (r *report) suite(path string) *suite {
	s := r.running[path]
	if s == nil {
		s = &suite{begin: r.now(), output: make(map[string]*strings.Builder)}
		r.running[path] = s
	}
	return s
}

// raceGoesOn keeps what the race detector says apart: it says it beside the tests, and it
// may be taken for a word of one that passes. It reports whether e is of that.
func (r *report) raceGoesOn(e event) bool {
	const edge = "==================\n"
	s := r.suite(e.Package)
	switch {
	case strings.Contains(e.Output, "WARNING: DATA RACE"):
		s.racing = new(strings.Builder)
	case s.racing == nil:
		return e.Output == edge
	case e.Output == edge:
		r.races = append(r.races, r.short(e.Package)+":\n"+indent(s.racing.String()))
		s.racing = nil
		return true
	}
	s.racing.WriteString(e.Output)
	return true
}

func (r *report) packageEvent(e event) {
	s := r.suite(e.Package)
	switch e.Action {
	case "output":
		if e.Output != "PASS\n" && e.Output != "FAIL\n" && !strings.HasPrefix(e.Output, "FAIL\t") { // said below
			s.own.WriteString(e.Output)
		}
		s.cached = s.cached || strings.HasSuffix(e.Output, "\t(cached)\n")
	case "pass":
		delete(r.running, e.Package)
		r.packages++
		took := seconds(e.Elapsed)
		if s.cached {
			took = "as before" // go test remembers, for nothing it depends on changed
		}
		r.say("ok    %-40s %9s %6d tests\n", r.short(e.Package), took, s.tests)
	case "skip":
		delete(r.running, e.Package)
		r.untested++
	case "fail":
		delete(r.running, e.Package)
		r.packages++
		r.failedPackages = append(r.failedPackages, r.short(e.Package))
		if s.racing != nil { // It ended over it.
			r.races = append(r.races, r.short(e.Package)+":\n"+indent(s.racing.String()))
		}
		r.saySuiteFailed(e, s)
	}
}

// saySuiteFailed tells what the tests' own failures do not: a panic, a time-out
// or an early exit leaves tests without an end, whose output says why.
func (r *report) saySuiteFailed(e event, s *suite) {
	for _, test := range s.current {
		if out := s.output[test]; out != nil {
			r.say("%s", indent(out.String()))
		}
		r.failedTests = append(r.failedTests, r.short(e.Package)+" "+test+" (did not end)")
	}
	if e.FailedBuild == "" {
		r.say("%s", indent(s.own.String()))
	}
	reason := fmt.Sprintf("%9s %6d tests", seconds(e.Elapsed), s.tests)
	if e.FailedBuild != "" {
		reason = "  does not build"
	}
	r.say("FAIL  %-40s %s\n", r.short(e.Package), reason)
}

func (r *report) testEvent(e event) {
	s := r.suite(e.Package)
	switch e.Action {
	case "run":
		s.current = append(s.current, e.Test)
	case "output":
		builder(s.output, e.Test).WriteString(e.Output)
	case "pass", "skip", "fail":
		r.testEnded(e, s)
	}
}

func (r *report) testEnded(e event, s *suite) {
	s.tests++
	r.tests++
	s.current = without(s.current, e.Test)
	switch e.Action {
	case "skip":
		r.leftOut[reason(builder(s.output, e.Test).String())]++
	case "fail":
		r.failedTests = append(r.failedTests, r.short(e.Package)+" "+e.Test)
		r.say("%s", indent(builder(s.output, e.Test).String()))
	}
	delete(s.output, e.Test)
}

func builder(all map[string]*strings.Builder, key string) *strings.Builder {
	b := all[key]
	if b == nil {
		b = new(strings.Builder)
		all[key] = b
	}
	return b
}

func without(tests []string, ended string) []string {
	kept := tests[:0]
	for _, test := range tests {
		if test != ended {
			kept = append(kept, test)
		}
	}
	return kept
}
