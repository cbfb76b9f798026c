//go:build foreign

package foreign

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// answer is what a server says to one without a client.
type answer struct {
	status      int
	pause, body string
}

// member is one of a JSON object's, as it is printed.
func (a answer) member(t *testing.T, name string) string {
	t.Helper()
	var members map[string]any
	decoder := json.NewDecoder(strings.NewReader(a.body))
	decoder.UseNumber()
	if err := decoder.Decode(&members); err != nil {
		t.Fatalf("status %d, %v: %s", a.status, err, a.body)
	}
	return fmt.Sprint(members[name])
}

// problem is the line that a program prints of an error, in want's status.
func (a answer) problem(t *testing.T, want int) string {
	t.Helper()
	if a.status != want {
		t.Fatalf("status %d, want %d: %s", a.status, want, a.body)
	}
	return strconv.Itoa(a.status) + " " + a.member(t, "status") + " [" + a.pause + "] " + a.member(t, "detail")
}

// shop is the folder in which a tool's commands run.
type shop struct {
	t   *testing.T
	dir string
	env []string
}

// newShop lays out a tool's program, and what a person would have fetched or
// installed before: the contract as a file, the packages of Node.
func newShop(t *testing.T, w *world, tool tool) *shop {
	t.Helper()
	s := &shop{t: t, dir: t.TempDir(), env: append(os.Environ(),
		"PATH="+os.Getenv("FOREIGN_PYTHON")+string(os.PathListSeparator)+os.Getenv("PATH"),
		"PYTHONPATH=client"+string(os.PathListSeparator)+"restauth-client",
		"RESTAUTH_URL="+w.url, "OUTAGE_URL="+w.outage, "OUTAGE_TOKEN="+w.token,
		"GOFLAGS=", "GOWORK=off", "MAVEN_ARGS=", "JAVA_TOOL_OPTIONS=")}
	if tool.program != "" {
		if err := os.CopyFS(s.dir, os.DirFS(filepath.Join("programs", tool.program))); err != nil {
			t.Fatal(err)
		}
	}
	files := map[string]string{"openapi.json": string(w.contract), "package.json": `{"type": "module"}`}
	tsconfig, err := os.ReadFile("programs/tsconfig.json")
	if err != nil {
		t.Fatal(err)
	}
	files["tsconfig.json"] = string(tsconfig)
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(os.Getenv("FOREIGN_NODE"), filepath.Join(s.dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return s
}

// patience is how long one command may take: Maven's first fetches a lot.
const patience = 5 * time.Minute

// command runs a line of docs/clients.md with the pinned tools, and returns
// what it prints. The error has all of its output.
func (s *shop) command(line string) (string, error) {
	words := s.resolve(strings.Fields(line))
	cmd := exec.CommandContext(s.t.Context(), words[0], words[1:]...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = s.dir, s.env, time.Second
	kill := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s: %w\n%s%s", line, err, tail(out.String()), tail(errs.String()))
	}
	return out.String(), nil
}

// resolve puts the pinned tools in the place of those that a person would
// download, and Maven's list of jars in the place of @classpath.
func (s *shop) resolve(words []string) []string {
	if words[0] == "npx" {
		words = s.installed(words[1:])
	}
	for i, word := range words {
		switch word {
		case "openapi-generator-cli.jar":
			words[i] = os.Getenv("FOREIGN_JAR")
		case "@classpath":
			jars, err := os.ReadFile(filepath.Join(s.dir, "client", "classpath"))
			if err != nil {
				s.t.Fatal(err)
			}
			words[i] = strings.Join([]string{".", "client/target/classes", strings.TrimSpace(string(jars))}, string(os.PathListSeparator))
		}
	}
	switch words[0] {
	case "mvn":
		return append(words, "-Dmaven.repo.local="+os.Getenv("FOREIGN_MAVEN"))
	case "tsc":
		words[0] = filepath.Join(os.Getenv("FOREIGN_NODE"), ".bin", "tsc")
	case "python", "openapi-python-client":
		words[0] = filepath.Join(os.Getenv("FOREIGN_PYTHON"), words[0])
	}
	return words
}

// installed is the command of npx's arguments out of the installed packages,
// which must be of the version that the line names.
func (s *shop) installed(words []string) []string {
	pkg := words[0]
	if pkg == "--package" {
		pkg, words = words[1], words[2:]
	}
	name, version, _ := strings.Cut(pkg, "@")
	content, err := os.ReadFile(filepath.Join(os.Getenv("FOREIGN_NODE"), name, "package.json"))
	if err != nil {
		s.t.Fatal(err)
	}
	var installed struct{ Version string }
	if err := json.Unmarshal(content, &installed); err != nil || installed.Version != version {
		s.t.Fatalf("%s is installed as %q (%v), the line says %s", name, installed.Version, err, version)
	}
	command, _, _ := strings.Cut(words[0], "@")
	return append([]string{filepath.Join(os.Getenv("FOREIGN_NODE"), ".bin", command)}, words[1:]...)
}

// tail is the end of what a command printed.
func tail(text string) string { return text[max(0, len(text)-3000):] }
