package restauth_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestReadmeExample copies the example into an empty module, as a reader would,
// with the README's own commands. Only the address is another, since the demo's
// usual port may be taken, and the clone's folder is this tree.
func TestReadmeExample(t *testing.T) {
	example := block(t, "example", "go")
	const usual = "http://127.0.0.1:5000"
	if strings.Count(example, usual) != 1 {
		t.Fatalf("the example does not call %s once", usual)
	}
	module := block(t, "module", "sh")
	if strings.Count(module, "=PATH/clients/go\n") != 1 || !strings.HasPrefix(module, "mkdir hello && cd hello\n") {
		t.Fatalf("these commands make no module in hello with the clone in PATH:\n%s", module)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	server := servers.Demo(t)
	dir := t.TempDir()
	run(t, dir, strings.Replace(module, "=PATH/", "="+root+"/", 1))
	hello := filepath.Join(dir, "hello")
	write(t, filepath.Join(hello, "main.go"), strings.Replace(example, usual, server.URL, 1))
	if got, want := run(t, hello, block(t, "run", "sh")), "You are an authenticate person to see this message\n"; got != want {
		t.Errorf("the example prints %q, want %q", got, want)
	}
}

// block returns the README's block of the language behind the mark <!-- name -->.
func block(t *testing.T, name, language string) string {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(readme), "<!-- "+name+" -->\n```"+language+"\n")
	text, _, closed := strings.Cut(rest, "```\n")
	if !found || !closed {
		t.Fatalf("README.md has no block %s", name)
	}
	return text
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs commands in dir and returns what they printed, without their
// complaints.
func run(t *testing.T, dir, script string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", script)
	cmd.Dir = dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", script, err, out, stderr.String())
	}
	return string(out)
}
