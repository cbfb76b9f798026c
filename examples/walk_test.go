// Package examples_test follows the examples' instructions as a reader would.
package examples_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/restauth/restauth/clients/go/restauthtest"
)

var servers restauthtest.Builder

func TestMain(m *testing.M) { os.Exit(servers.Main(m)) }

// step is a piece of a README that goes into a file: a new one, or an old one
// before the first line that is (trimmed) the mark.
var step = regexp.MustCompile("(?ms)^<!-- (\\S+\\.[a-z]+)(?:, before: ([^\n]+?))? -->\n```[a-z]+\n(.*?)^```$")

// TestAddYourOwnEndpoint takes the orders example out of this module, adds the
// README's endpoint to it step by step, and sees each step end as the README
// says.
func TestAddYourOwnEndpoint(t *testing.T) {
	shop := newShop(t)
	succeed(t, shop, "test", "./...")
	readme := read(t, filepath.Join("orders", "README.md"))
	steps := step.FindAllStringSubmatch(readme, -1)
	if len(steps) != 4 {
		t.Fatalf("README.md has %d pieces, want 4", len(steps))
	}
	apply := func(file string) {
		t.Helper()
		for _, s := range steps {
			if s[1] == file {
				insert(t, filepath.Join(shop, file), s[2], s[3])
				return
			}
		}
		t.Fatalf("README.md has nothing for %s", file)
	}
	apply("openapi.yaml")
	succeed(t, shop, "generate", "./...")
	fail(t, shop, "missing method GetOrder", "build", "./...")
	apply("impl/get.go")
	apply("impl/store/find.go")
	succeed(t, shop, "build", "./...")
	fail(t, shop, "no case for operation getOrder", "test", "./...")
	apply("main_test.go")
	succeed(t, shop, "test", "./...")
}

// newShop runs the block of docs/new-api.md that makes a module of the example.
// Only the two folders in it are others: the new one and the clone.
func newShop(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	shop := filepath.Join(t.TempDir(), "shop")
	script := block(t, filepath.Join(root, "docs", "new-api.md"), "shop")
	if block(t, filepath.Join("orders", "README.md"), "shop") != script {
		t.Error("docs/new-api.md and orders/README.md make the module in different ways")
	}
	for old, folder := range map[string]string{"../shop": shop, "../restauth": root} {
		if !strings.Contains(script, old) {
			t.Fatalf("the block has no %s:\n%s", old, script)
		}
		script = strings.ReplaceAll(script, old, folder)
	}
	if out, err := shell(t, root, script); err != nil {
		t.Fatalf("%v\n%s%s", err, script, out)
	}
	return shop
}

// TestDemo pastes README.md's two calls into a shell, on the real server, which
// answers what README.md shows: the tokens there stand for any.
func TestDemo(t *testing.T) {
	const usual = "http://127.0.0.1:5000"
	script := block(t, "../README.md", "demo")
	out, err := shell(t, ".", strings.ReplaceAll(script, usual, servers.Demo(t).URL))
	if err != nil {
		t.Fatalf("%s= %v\n%s", script, err, out)
	}
	_, shown, _ := strings.Cut(read(t, "../README.md"), "<!-- demo-output -->\n```\n")
	shown, _, _ = strings.Cut(shown, "```\n")
	if got := anyToken.ReplaceAllString(out, `$1$2"…"`); got != anyToken.ReplaceAllString(shown, `$1$2"…"`) {
		t.Errorf("the two calls answer\n%s\nREADME.md shows\n%s", got, shown)
	}
}

var anyToken = regexp.MustCompile(`("access_token":)"eyJ[^"]*"|("device_token":)"AQ[^"]*"`)

// block returns the shell commands behind the mark <!-- name -->.
func block(t *testing.T, path, name string) string {
	t.Helper()
	_, rest, found := strings.Cut(read(t, path), "<!-- "+name+" -->\n```sh\n")
	script, _, closed := strings.Cut(rest, "```\n")
	if !found || !closed {
		t.Fatalf("%s has no block %s", path, name)
	}
	return script
}

// shell runs the script until a command of it fails, and returns all that it
// printed.
func shell(t *testing.T, dir, script string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", script)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// insert puts text into the file before the mark; without one the file is new.
func insert(t *testing.T, path, mark, text string) {
	t.Helper()
	if mark == "" {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("%s is there already: %v", path, err)
		}
	} else {
		var out strings.Builder
		found := false
		for line := range strings.Lines(read(t, path)) {
			if !found && strings.TrimSpace(line) == mark {
				found = true
				out.WriteString(text)
			}
			out.WriteString(line)
		}
		if !found {
			t.Fatalf("%s has no line %q", path, mark)
		}
		text = out.String()
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// command runs the go command in dir and returns all that it printed.
func command(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func succeed(t *testing.T, dir string, args ...string) {
	t.Helper()
	if out, err := command(t, dir, args...); err != nil {
		t.Fatalf("go %q: %v\n%s", args, err, out)
	}
}

// fail wants the command to fail with these words.
func fail(t *testing.T, dir, words string, args ...string) {
	t.Helper()
	if out, err := command(t, dir, args...); err == nil || !strings.Contains(out, words) {
		t.Fatalf("go %q = %v, without %q:\n%s", args, err, words, out)
	}
}

// TestGeneratedCodeIsTheDocuments: gen/ is what oapi-codegen makes of
// openapi.yaml now.
func TestGeneratedCodeIsTheDocuments(t *testing.T) {
	output := regexp.MustCompile(`(?m)^output: .*$`)
	for _, c := range []struct{ dir, config, spec, generated string }{
		{"orders", "orders/oapi-codegen.yaml", "openapi.yaml", "orders/gen/orders.gen.go"},
		{"..", "../clients/go/oapi-codegen.yaml", "openapi.yaml", "../clients/go/restauth.gen.go"},
	} {
		made := filepath.Join(t.TempDir(), "made.go")
		config := filepath.Join(t.TempDir(), "oapi-codegen.yaml")
		if err := os.WriteFile(config, []byte(output.ReplaceAllString(read(t, c.config), "output: "+made)), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "go", "tool", "oapi-codegen", "-config", config, c.spec)
		cmd.Dir = c.dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", c.generated, err, out)
		}
		if read(t, made) != read(t, c.generated) {
			t.Errorf("%s is not made of %s: run make generate", c.generated, c.spec)
		}
	}
}
