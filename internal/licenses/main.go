// Command licenses writes the notices of all that is linked into the program to
// cmd/restauth/licenses.txt, from which `restauth licenses` has them. It is run in the
// repository's root by `make licenses`, and by `make drift`, which fails when the file is
// behind go.mod.
package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

const (
	program = "./cmd/restauth"
	target  = "cmd/restauth/licenses.txt"
)

// systems are those that the program is built for: what is linked differs.
var systems = [...]string{"linux/amd64", "linux/arm64", "darwin/arm64", "windows/amd64", "freebsd/amd64"}

// others are what is linked and is no module, and where its notices are.
var others = [...]part{
	{"Swagger UI, at /docs", "api/docs/web/LICENSE.txt"},
	{"What Swagger UI's bundle is made of", "api/docs/web/swagger-ui-bundle.js.LICENSE.txt"},
	{"The list of common passwords", "impl/account/common_passwords.txt"},
}

// listBegins ends the notice of a file that goes on with what it is about.
const listBegins = "\n---\n"

// part is something with a notice in a file.
type part struct{ name, file string }

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "licenses:", err)
		os.Exit(1)
	}
}

func run() error {
	parts := slices.Clone(others[:])
	goroot, err := output(nil, "go", "env", "GOROOT")
	if err != nil {
		return err
	}
	parts = append(parts, part{"The Go standard library and runtime", filepath.Join(strings.TrimSpace(goroot), "LICENSE")})
	linked, err := modules()
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(linked)) {
		files, err := notices(linked[name])
		if err != nil {
			return err
		}
		if len(files) == 0 {
			return fmt.Errorf("%s has no licence in %v; what may be done with it?", name, linked[name])
		}
		for _, file := range files {
			parts = append(parts, part{name, file})
		}
	}
	text, err := write(parts)
	if err != nil {
		return err
	}
	return os.WriteFile(target, text, 0o644)
}

// modules are those that are linked on one of the systems, by path and version, with the
// folders of them that are.
func modules() (map[string][]string, error) {
	const format = `{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{"\t"}}{{.Dir}}{{"\t"}}{{$.Dir}}{{end}}{{end}}`
	linked := make(map[string][]string)
	for _, system := range systems {
		goos, goarch := path.Split(system)
		listed, err := output([]string{"CGO_ENABLED=0", "GOOS=" + strings.TrimSuffix(goos, "/"), "GOARCH=" + goarch}, "go", "list", "-deps", "-f", format, program)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(listed) {
			name, dirs, is := strings.Cut(strings.TrimSpace(line), "\t")
			root, dir, whole := strings.Cut(dirs, "\t")
			if !is || !whole {
				continue
			}
			// A licence may stand in any folder on the way to what is linked.
			for ; len(dir) >= len(root); dir = filepath.Dir(dir) {
				if !slices.Contains(linked[name], dir) {
					linked[name] = append(linked[name], dir)
				}
			}
		}
	}
	return linked, nil
}

var notice = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents|copyright)`)

// notices are the files of some folders that have to go with what is in these.
func notices(folders []string) (files []string, err error) {
	for _, folder := range folders {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			// LICENSE-LOGO is of a picture that is not linked.
			if name := entry.Name(); entry.Type().IsRegular() && notice.MatchString(name) && filepath.Ext(name) != ".go" && name != "LICENSE-LOGO" {
				files = append(files, filepath.Join(folder, name))
			}
		}
	}
	slices.Sort(files)
	return files, nil
}

// write puts equal texts under one heading.
func write(parts []part) ([]byte, error) {
	names, texts := make(map[string][]string), []string(nil)
	for _, p := range parts {
		raw, err := os.ReadFile(p.file)
		if err != nil {
			return nil, err
		}
		text := strings.Trim(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\n")
		if p.file == "impl/account/common_passwords.txt" {
			text, _, _ = strings.Cut(text, listBegins)
		}
		if len(names[text]) == 0 {
			texts = append(texts, text)
		}
		if !slices.Contains(names[text], p.name) {
			names[text] = append(names[text], p.name)
		}
	}
	var b bytes.Buffer
	b.WriteString("restauth is under the MIT License. It contains the work of others, under these terms.\n" +
		"A module's source is that of its path, in the version beside it.\n")
	for _, text := range texts {
		fmt.Fprintf(&b, "\n%s\n%s\n%s\n\n%s\n", strings.Repeat("=", 80), strings.Join(names[text], "\n"), strings.Repeat("=", 80), text)
	}
	return b.Bytes(), nil
}

func output(env []string, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = errors.New(cmp.Or(string(bytes.TrimSpace(exit.Stderr)), err.Error()))
		}
		return "", fmt.Errorf("%s %s on %s: %w", name, args[0], runtime.GOOS, err)
	}
	return string(out), nil
}
