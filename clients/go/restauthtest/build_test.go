package restauthtest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWhere reads what go 1.26's `go list -m -e -json` says of a module, in each of
// the ways that a module can be in another's list.
func TestWhere(t *testing.T) {
	for name, c := range map[string]struct{ said, folder, version string }{
		"a release":        {`{"Path":"m","Version":"v1.2.3","Indirect":true,"Dir":"/cache/m@v1.2.3","GoMod":"/cache/m.mod"}`, "", "v1.2.3"},
		"not downloaded":   {`{"Path":"m","Version":"v1.2.3"}`, "", "v1.2.3"},
		"a main module":    {`{"Path":"m","Main":true,"Dir":"/clone","GoMod":"/clone/go.mod"}`, "/clone", ""},
		"a folder instead": {`{"Path":"m","Version":"v0.0.0","Replace":{"Path":"../m","Dir":"/clone"},"Dir":"/clone"}`, "/clone", ""},
		"another release":  {`{"Path":"m","Version":"v1.2.3","Replace":{"Path":"m","Version":"v1.2.4"}}`, "", "v1.2.4"},
	} {
		var m module
		if err := json.Unmarshal([]byte(c.said), &m); err != nil {
			t.Fatal(err)
		}
		if m.Error != nil || m.folder() != c.folder || m.version() != c.version {
			t.Errorf("%s: folder %q, version %q, error %v, want %q and %q", name, m.folder(), m.version(), m.Error, c.folder, c.version)
		}
	}
}

func TestRelease(t *testing.T) {
	for version, want := range map[string]string{
		"v1.2.3":                                    "v1.2.3",
		"v1.2.3-rc.1":                               "v1.2.3-rc.1",
		"v0.0.0-20261128083000-0123456789ab":        "0123456789ab",
		"v1.2.4-0.20261128083000-0123456789ab":      "0123456789ab",
		"v1.2.3-rc.1.0.20261128083000-0123456789ab": "0123456789ab",
	} {
		if got := release(version); got != want {
			t.Errorf("release(%s) = %s, want %s", version, got, want)
		}
	}
}

// TestNoServer: where there is no server to build, the error says what to do.
func TestNoServer(t *testing.T) {
	dir := t.TempDir()
	alone := filepath.Join(dir, "copy")
	write(t, filepath.Join(alone, "go.mod"), "module "+client+"\n\ngo 1.26\n")
	fork := filepath.Join(dir, "proxy", "example.com", "fork", "@v")
	write(t, filepath.Join(fork, "v1.0.0.mod"), "module example.com/fork\n\ngo 1.26\n")
	write(t, filepath.Join(fork, "v1.0.0.info"), `{"Version":"v1.0.0"}`)
	t.Setenv("GOPROXY", "file://"+filepath.Join(dir, "proxy"))
	t.Setenv("GOMODCACHE", filepath.Join(dir, "cache"))
	t.Setenv("GOFLAGS", "-modcacherw")
	t.Setenv("GOSUMDB", "off")
	for name, c := range map[string]struct{ mod, want string }{
		"no module":               {"", "restauthtest: "},
		"neither is required":     {"module example.com/m\n", "restauthtest: module " + client + ": not a known dependency"},
		"a copy of clients/go":    {require + "replace " + client + " => " + alone + "\n", "is no clone of restauth"},
		"no such release":         {require, "v0.0.0"},
		"a fork that is released": {require + "replace " + client + " => example.com/fork v1.0.0\n", "replace it by a folder"},
	} {
		module := t.TempDir()
		if c.mod != "" {
			write(t, filepath.Join(module, "go.mod"), c.mod)
		}
		t.Chdir(module)
		if err := build(t.Context(), dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: build() = %v, want %q", name, err, c.want)
		}
	}
}

const require = "module example.com/m\n\ngo 1.26\n\nrequire " + client + " v0.0.0\n\n"

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
