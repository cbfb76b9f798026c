//go:build foreign

package foreign

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// positional is a language whose constructors take their arguments by place, in
// the order of the contract's members. Swapped, name and password still compile.
type positional struct {
	language string
	file     string // the glob of the model of Credentials
	pattern  string // its constructor
}

func positionals() []positional {
	return []positional{
		{"go", "model_credentials.go", `func NewCredentials\(username string, password string\)`},
		{"rust", "src/models/credentials.rs", `fn new\(username: String, password: String\)`},
		{"csharp", "src/*/Model/Credentials.cs", `public Credentials\(string username, string password[,)]`},
		{"kotlin", "src/main/kotlin/*/*/*/models/Credentials.kt", `(?s)class Credentials \(.*val username.*val password`},
	}
}

// TestConstructors of clients of the repository's file and of the documents that
// the server hands out. The file gets the server's address first; then every byte
// must be the same.
func TestConstructors(t *testing.T) {
	w := start(t)
	file, err := os.ReadFile("../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	servers := regexp.MustCompile(`(?m)^servers:\n(  .*\n)+`)
	if found := servers.FindAll(file, -1); len(found) != 1 || !strings.Contains(string(found[0]), address) {
		t.Fatalf("openapi.yaml has the servers %q, want one list with %s", found, address)
	}
	here := servers.ReplaceAllString(string(file), "servers:\n  - url: "+w.url+"\n    description: This server.\n")
	for _, p := range positionals() {
		t.Run(p.language, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, w, tool{})
			if err := os.WriteFile(filepath.Join(s.dir, "openapi.yaml"), []byte(here), 0o600); err != nil {
				t.Fatal(err)
			}
			// One id for both, where the generator would make a random one.
			line := "java -jar openapi-generator-cli.jar generate -g " + p.language +
				" --additional-properties packageGuid={00000000-0000-0000-0000-000000000001} -i "
			for from, to := range map[string]string{"openapi.yaml": "file", w.url + "/openapi.yaml": "yaml", w.url + "/openapi.json": "json"} {
				if _, err := s.command(line + from + " -o " + to); err != nil {
					t.Fatal(err)
				}
			}
			p.check(t, filepath.Join(s.dir, "yaml"))
			want := client(t, filepath.Join(s.dir, "file"))
			for _, served := range []string{"yaml", "json"} {
				if diff := cmp.Diff(want, client(t, filepath.Join(s.dir, served))); diff != "" {
					t.Errorf("the served %s makes another client than the file (-file +served)\n%s", served, diff)
				}
			}
		})
	}
}

// check wants the name before the password.
func (p positional) check(t *testing.T, dir string) {
	t.Helper()
	models, err := filepath.Glob(filepath.Join(dir, p.file))
	if err != nil || len(models) != 1 {
		t.Fatalf("%d files match %s (%v), want one", len(models), p.file, err)
	}
	model, err := os.ReadFile(models[0])
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(p.pattern).Match(model) {
		t.Errorf("the name does not come before the password:\n%s", model)
	}
}

// client is every file of a generated client, without the lines that say when and
// from where it was made.
func client(t *testing.T, dir string) map[string]string {
	t.Helper()
	made := regexp.MustCompile(`(?m)^.*(Build date|inputSpec).*\n`)
	files := make(map[string]string)
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(filepath.Join(dir, path))
		files[path] = made.ReplaceAllString(string(content), "")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 10 {
		t.Fatalf("%s has %d files, want a client", dir, len(files))
	}
	return files
}
