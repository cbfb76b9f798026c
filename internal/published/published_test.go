package published

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestInstall: the command is installed as a release's is, which the go command
// refuses to do by a go.mod with a replace directive in it.
func TestInstall(t *testing.T) {
	run(t, t.TempDir(), "install", server+"/cmd/restauth@latest")
	out, err := exec.CommandContext(t.Context(), filepath.Join(shared.dir, "bin", "restauth"), "version").CombinedOutput()
	if first, _, _ := strings.Cut(string(out), "\n"); err != nil || first != "restauth "+version {
		t.Errorf("restauth version = %v\n%s\nwant %s", err, out, version)
	}
}

const (
	// service is a stranger's, with all that the client's module has.
	service = `package main

import (
	"log"
	"net/http"
	"os"

	restauth "github.com/restauth/restauth/clients/go"
	"github.com/restauth/restauth/clients/go/guard"
)

func newHandler(secret []byte) (http.Handler, error) {
	tokens, err := guard.New(guard.Config{Secret: secret})
	if err != nil {
		return nil, err
	}
	return tokens.Middleware(http.NotFoundHandler()), nil
}

func main() {
	if _, err := restauth.New(os.Getenv("LOGIN_URL")); err != nil {
		log.Fatal(err)
	}
}
`
	// serviceTest asks the service with a token of the real server.
	serviceTest = `package main

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/restauth/restauth/clients/go/restauthtest"
)

var servers restauthtest.Builder

func TestMain(m *testing.M) { os.Exit(servers.Main(m)) }

func TestService(t *testing.T) {
	login := servers.WithUsers(t, []string{"ann"})
	handler, err := newHandler([]byte(restauthtest.Secret))
	if err != nil {
		t.Fatal(err)
	}
	for authorization, want := range map[string]int{"Bearer " + login.Token("ann"): 404, "Bearer rubbish": 401} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", authorization)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%.20s = %d, want %d", authorization, w.Code, want)
		}
	}
	out, err := exec.Command(servers.Binary(t), "version").Output()
	if err != nil || !strings.HasPrefix(string(out), "restauth VERSION\n") {
		t.Errorf("the server is %s, %v", out, err)
	}
}
`
)

// stranger makes a module that takes the client's latest release.
func stranger(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"main.go": service, "main_test.go": strings.ReplaceAll(serviceTest, "VERSION", version)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(t, dir, "mod", "init", "example.com/stranger")
	run(t, dir, "get", client)
	run(t, dir, "mod", "tidy")
	return dir
}

// TestClientsModules holds the modules of a stranger's service to a list: those of
// which it links or tests with something, and the whole graph. The second is longer,
// because github.com/oapi-codegen/runtime requires the frameworks that it can serve.
// UPDATE=1 writes the graph's.
func TestClientsModules(t *testing.T) {
	dir := stranger(t)
	linked := lines(run(t, dir, "list", "-deps", "-test", "-f", "{{with .Module}}{{.Path}}{{end}}", "./..."))
	want := []string{
		"example.com/stranger",
		"github.com/apapsch/go-jsonmerge/v2",
		"github.com/go-json-experiment/json",
		"github.com/golang-jwt/jwt/v5",
		"github.com/google/uuid",
		"github.com/oapi-codegen/runtime",
		client,
		"golang.org/x/sync",
	}
	if diff := cmp.Diff(want, linked); diff != "" {
		t.Errorf("modules of packages (-want +got):\n%s", diff)
	}
	graph := lines(run(t, dir, "list", "-m", "-f", "{{.Path}}", "all"))
	const golden = "testdata/graph.txt"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, []byte(strings.Join(graph, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(lines(string(text)), graph); diff != "" {
		t.Errorf("modules of the graph (-want +got):\n%s", diff)
	}
	for _, path := range graph {
		for _, unwanted := range []string{"chromedp", "sql", "modernc.org", "kin-openapi", "kong", "swgui", "x/mod"} {
			if strings.Contains(path, unwanted) {
				t.Errorf("who takes the client has %s in the module graph", path)
			}
		}
		if path == server {
			t.Error("who takes the client has the server in the module graph")
		}
	}
}

// lines are those of the text, sorted, each once.
func lines(text string) []string {
	return slices.Compact(slices.Sorted(strings.FieldsSeq(text)))
}

// TestStrangersTests: restauthtest brings the server of its own release, which leaves
// the module under test as it was.
func TestStrangersTests(t *testing.T) {
	dir := stranger(t)
	before, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	run(t, dir, "test", "-count=1", "./...") // The server is nothing that go test would see change.
	if after, err := os.ReadFile(filepath.Join(dir, "go.mod")); err != nil || string(after) != string(before) {
		t.Errorf("go.mod after the tests, %v:\n%s\nbefore:\n%s", err, after, before)
	}
}

// TestEveryModuleIsChecked: one that scripts/modules.sh forgets is neither tested
// nor looked at.
func TestEveryModuleIsChecked(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), filepath.Join(root, "scripts", "modules.sh")).Output()
	if err != nil {
		t.Fatal(err)
	}
	listed := append(lines(string(out)),
		"bench",                        // make bench-short tests it
		"contract/foreign/programs/go", // a program that a test compiles
		"contract/tools", "scripts/tools",
	)
	files, err := sources()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, name := range files {
		if filepath.Base(name) == "go.mod" {
			got = append(got, filepath.ToSlash(filepath.Dir(name)))
		}
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(listed)), slices.Sorted(slices.Values(got))); diff != "" {
		t.Errorf("modules (-listed +there):\n%s", diff)
	}
}
