package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

func (r *report) say(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if text == "" {
		return
	}
	fmt.Fprint(r.out, text)
	r.lastSaid = r.now()
}

// beat says what runs if nothing was said for a while.
func (r *report) beat() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now().Sub(r.lastSaid) < quiet {
		return
	}
	since := round(r.now().Sub(r.begin))
	if len(r.running) == 0 {
		r.say("      %v: compiling; %d packages are done\n", since, r.packages)
		return
	}
	var under []string
	for _, path := range slices.Sorted(maps.Keys(r.running)) {
		s := r.running[path]
		about := r.short(path)
		if len(s.current) > 0 {
			about += " " + s.current[len(s.current)-1]
		}
		under = append(under, fmt.Sprintf("%s (%v)", about, round(r.now().Sub(s.begin))))
	}
	r.say("      %v: running %s\n", since, strings.Join(under, ", "))
}

// finish writes the summary and tells whether all is well. ok is whether go
// test itself ended well.
func (r *report) finish(ok bool) bool {
	for _, path := range slices.Sorted(maps.Keys(r.running)) { // go test was ended
		r.failedPackages = append(r.failedPackages, r.short(path))
		r.saySuiteFailed(event{Package: path}, r.running[path])
	}
	ok = ok && len(r.failedPackages) == 0 && len(r.failedTests) == 0
	r.say("\n%d packages, %d tests with their parts, in %v", r.packages, r.tests, round(r.now().Sub(r.begin)))
	if r.untested > 0 {
		r.say("; %d packages have no tests", r.untested)
	}
	r.say("\n")
	for _, reason := range slices.Sorted(maps.Keys(r.leftOut)) {
		r.say("left out: %d: %s\n", r.leftOut[reason], reason)
	}
	switch {
	case ok:
		r.say("all passed\n")
	case len(r.failedPackages) == 0 && len(r.failedTests) == 0:
		r.say("FAILED: go test itself, see above\n")
	default:
		r.say("FAILED: %s\n", strings.Join(r.failedPackages, ", "))
		for _, test := range r.failedTests {
			// A test whose part failed has failed for that.
			part := func(other string) bool { return strings.HasPrefix(other, test+"/") }
			if !slices.ContainsFunc(r.failedTests, part) {
				r.say("  %s\n", test)
			}
		}
	}
	for _, race := range r.races[:min(len(r.races), mostRaces)] {
		r.say("in %s", race)
	}
	return ok
}

// mostRaces is how many of them are told whole: most have the same reason.
const mostRaces = 3

// reason is what a test said when it was skipped.
func reason(output string) string {
	var said []string
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- ") {
			continue
		}
		if _, after, ok := strings.Cut(line, ".go:"); ok { // file.go:12: text
			if _, text, ok := strings.Cut(after, ": "); ok {
				line = text
			}
		}
		said = append(said, line)
	}
	if len(said) == 0 {
		return "no reason given"
	}
	return strings.Join(said, "; ")
}

func (r *report) short(path string) string {
	if path == r.module {
		return "."
	}
	return strings.TrimPrefix(path, r.module+"/")
}

// indent sets the output of a failure off from the lines around it.
func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "=== ") {
			continue // RUN, PAUSE, CONT and NAME: where, not what
		}
		b.WriteString("    " + line)
	}
	return b.String()
}

func seconds(s float64) string { return round(time.Duration(s * float64(time.Second))).String() }

// round keeps a tenth of a second of short times and whole ones of long times.
func round(d time.Duration) time.Duration {
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond)
	}
	return d.Round(time.Second)
}
