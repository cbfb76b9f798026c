package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// clock stands still until a test moves it.
type clock struct{ time time.Time }

func (c *clock) now() time.Time { return c.time }

func recorded(t *testing.T, name string) []byte {
	t.Helper()
	stream, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

// TestRecorded reads what go 1.26 said about small packages that fail in each of
// the ways there are.
func TestRecorded(t *testing.T) {
	tests := []struct {
		stream string
		ok     bool
		want   []string
		not    []string
	}{
		{"pass", true, []string{"ok    good ", "3 tests\n", "2 packages, 7 tests with their parts, in 0s; 1 packages have no tests\n",
			"left out: 2: needs MariaDB or MySQL\n", "all passed\n"}, []string{"of no interest", "empty"}},
		{"cached", true, []string{"ok    good ", "as before"}, nil},
		{"bad", false, []string{"ok    good ", "x_test.go:16: Sum() = 3, want 4\n", "and a second line\n", "FAIL  bad ", "FAILED: bad\n  bad TestSum/two\n"},
			[]string{"printed by a good test", "about to add one", "  bad TestSum\n"}},
		{"nobuild", false, []string{"ok    good ", `nobuild/x.go:3:13: cannot use "text"`, "FAIL  nobuild ", "does not build\n", "FAILED: nobuild\n"}, nil},
		{"novet", false, []string{"novet/x_test.go:5:37: ", "wrong type string", "FAILED: novet\n"}, nil},
		{"panics", false, []string{"panic: what went wrong", "said before the panic", "x_test.go:10", "FAIL  panics ", "  panics TestPanics/deep"}, nil},
		{"gopanics", false, []string{"panic: in a goroutine of its own", "x_test.go:10", "FAIL  gopanics ", "  gopanics TestSide"}, nil},
		{"hangs", false, []string{"panic: test timed out after 1s", "said before it hung", "x_test.go:10", "FAIL  hangs ", "  hangs TestHangs"}, nil},
		{"races", false, []string{"WARNING: DATA RACE", "x_test.go:8", "race detected during execution of test", "FAIL  races ", "  races TestRaces\nin races:\n    WARNING: DATA RACE\n"}, nil},
		{"exits", false, []string{"the servers would not stop", "FAIL  exits ", "FAILED: exits\n"}, nil},
		{"nothing", false, []string{"doesnotexist: directory not found", "FAILED: ./doesnotexist\n"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.stream, func(t *testing.T) {
			var out strings.Builder
			clock := &clock{time.Unix(0, 0)}
			r := newReport(&out, "example.org/m", clock.now)
			for line := range bytes.Lines(recorded(t, tt.stream)) {
				r.line(line)
			}
			// The stream alone has to tell, as if go test had ended with 0.
			if got := r.finish(true); got != tt.ok {
				t.Errorf("finish() = %v, want %v", got, tt.ok)
			}
			for _, want := range tt.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the report has no %q", want)
				}
			}
			for _, not := range tt.not {
				if strings.Contains(out.String(), not) {
					t.Errorf("the report has %q", not)
				}
			}
			if t.Failed() {
				t.Logf("the report:\n%s", out.String())
			}
		})
	}
}

// TestCutShort: a stream may end anywhere, when go test is killed.
func TestCutShort(t *testing.T) {
	whole := recorded(t, "pass")
	lines := bytes.SplitAfter(whole, []byte("\n"))
	for n := range lines {
		var out strings.Builder
		clock := &clock{time.Unix(0, 0)}
		r := newReport(&out, "example.org/m", clock.now)
		for _, line := range lines[:n] {
			r.line(line)
		}
		if r.finish(false) {
			t.Errorf("after %d lines and a failure of go test, finish() = true", n)
		}
		if !strings.Contains(out.String(), "FAILED: ") {
			t.Errorf("after %d lines and a failure of go test the report ends:\n%s", n, out.String())
		}
	}
}

// TestBeat: no silence is longer than quiet, and who runs is named.
func TestBeat(t *testing.T) {
	var out strings.Builder
	clock := &clock{time.Unix(0, 0)}
	r := newReport(&out, "example.org/m", clock.now)
	said := func() string {
		defer out.Reset()
		return out.String()
	}
	clock.time = clock.time.Add(quiet - time.Second)
	if r.beat(); said() != "" {
		t.Error("it speaks before it was quiet for long")
	}
	clock.time = clock.time.Add(time.Second)
	if r.beat(); !strings.Contains(out.String(), "15s: compiling; 0 packages are done") {
		t.Errorf("while nothing runs: %q", out.String())
	}
	said()
	for line := range bytes.Lines(recorded(t, "hangs")) {
		if bytes.Contains(line, []byte(`"output"`)) {
			break
		}
		r.line(line)
	}
	if r.beat(); said() != "" {
		t.Error("it speaks again at once")
	}
	clock.time = clock.time.Add(quiet)
	if r.beat(); said() != "      30s: running hangs TestHangs (15s)\n" {
		t.Errorf("while a test runs: %q", out.String())
	}
}

// TestNoEvents: lines that are none are passed on.
func TestNoEvents(t *testing.T) {
	var out strings.Builder
	r := newReport(&out, "example.org/m", time.Now)
	for _, line := range []string{"go: updates to go.mod needed\n", "{\"half\n", "{}\n", "null\n", "100%\n"} {
		r.line([]byte(line))
	}
	if want := "go: updates to go.mod needed\n{\"half\n{}\nnull\n100%\n"; out.String() != want {
		t.Errorf("passed on %q, want %q", out.String(), want)
	}
}

// TestRun runs the real go test: its exit code is that of the report.
func TestRun(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("GOFLAGS", "")
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module example.org/m\n\ngo 1.26\n")
	for _, tt := range []struct {
		body string
		args []string
		code int
		want string
	}{
		{"", []string{"."}, 0, "all passed"},
		{"t.Fatal(\"wrong\")", []string{"."}, 1, "wrong"},
		{"not Go", []string{"."}, 1, "does not build"},
		{"", []string{"-timeout=nonsense", "."}, 2, "FAILED: go test itself, see above"},
	} {
		write("x_test.go", "package m\n\nimport \"testing\"\n\nfunc Test(t *testing.T) { "+tt.body+" }\n")
		var out strings.Builder
		code, err := run(tt.args, &out)
		if code != tt.code || err != nil || !strings.Contains(out.String(), tt.want) {
			t.Errorf("run(%q) of %q = %d, %v, want %d and %q in\n%s", tt.args, tt.body, code, err, tt.code, tt.want, out.String())
		}
	}
	for _, tt := range []struct {
		first, second string // what the test of each module does
		code          int
		want          string
	}{
		{"", "", 0, "2 packages, 2 tests with their parts, in "},
		{"t.Fatal(\"wrong\")", "", 1, "FAILED: example.org/one\n"},
		{"", "t.Fatal(\"wrong\")", 1, "FAILED: example.org/two\n"},
		{"not Go", "", 1, "2 packages, 1 tests with their parts, in "},
	} {
		for dir, body := range map[string]string{"one": tt.first, "two": tt.second} {
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			write(dir+"/go.mod", "module example.org/"+dir+"\n\ngo 1.26\n")
			write(dir+"/x_test.go", "package m\n\nimport \"testing\"\n\nfunc Test(t *testing.T) { "+body+" }\n")
		}
		var out strings.Builder
		code, err := run([]string{"-modules", "one two", "./..."}, &out)
		if code != tt.code || err != nil || strings.Count(out.String(), tt.want) != 1 {
			t.Errorf("run() of two modules, %q and %q = %d, %v, want %d and %q in\n%s",
				tt.first, tt.second, code, err, tt.code, tt.want, out.String())
		}
	}
	for _, dir := range []string{"one/a", "one/b"} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		write(dir+"/x_test.go", "package m\n\nimport \"testing\"\n\nfunc Test(t *testing.T) {}\n")
	}
	write("one/x_test.go", "package m\n")
	write("two/x_test.go", "package m\n")
	var out strings.Builder
	code, err := run([]string{"-modules", "one two", "-first", "./b", "-p=1", "./..."}, &out)
	if a, b := strings.Index(out.String(), "one/a "), strings.Index(out.String(), "one/b "); code != 0 || err != nil || b < 0 || a < b {
		t.Errorf("run() of two packages, ./b first = %d, %v\n%s", code, err, out.String())
	}
	if code, _ := run([]string{"-modules", "", "./..."}, new(strings.Builder)); code == 0 {
		t.Error("run() of no modules = 0")
	}
	if code, err := run([]string{"-modules", "one none", "./..."}, new(strings.Builder)); code == 0 || err == nil {
		t.Errorf("run() where there is no module = %d, %v", code, err)
	}
	t.Setenv("GO", "/no/such/go")
	if code, err := run([]string{"."}, new(strings.Builder)); code == 0 || err == nil {
		t.Errorf("without go: run() = %d, %v", code, err)
	}
}
