package restauth_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestReadmeExample copies the example into an empty module, as a reader would,
// and runs it. Only the address is another: the demo's usual port may be taken.
func TestReadmeExample(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(readme), "<!-- example -->\n```go\n")
	example, _, closed := strings.Cut(rest, "```\n")
	if !found || !closed {
		t.Fatal("README.md has no example")
	}
	const usual = "http://127.0.0.1:5000"
	if strings.Count(example, usual) != 1 {
		t.Fatalf("the example does not call %s once", usual)
	}
	server := servers.Demo(t)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "main.go"), strings.Replace(example, usual, server.URL, 1))

	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "go.sum"), string(sums)) // what `go get` would write
	run(t, dir, "mod", "init", "hello")
	// In place of `go get`, which would fetch a release and not this tree.
	run(t, dir, "mod", "edit", "-require", "github.com/restauth/restauth@v0.0.0", "-replace", "github.com/restauth/restauth="+root)
	if got, want := run(t, dir, "run", "-mod=mod", "."), "You are an authenticate person to see this message\n"; got != want {
		t.Errorf("the example prints %q, want %q", got, want)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs the go command and returns what it printed.
func run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %q: %v\n%s%s", args, err, out, stderr.String())
	}
	return string(out)
}
