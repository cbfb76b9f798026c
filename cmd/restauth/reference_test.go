package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/cmd/restauth/internal/settings"
	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/keys"
	"github.com/restauth/restauth/impl/password/gate"
	"github.com/restauth/restauth/impl/token"
)

// TestSettingsReference: docs/settings.md is what the settings' definitions make
// of it. With UPDATE set it is written (`make docs`).
func TestSettingsReference(t *testing.T) {
	const file, begin, end = "../../docs/settings.md", "<!-- settings -->\n", "<!-- /settings -->\n"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begun := strings.Cut(string(text), begin)
	_, after, ended := strings.Cut(rest, end)
	if !begun || !ended {
		t.Fatalf("%s has no %s and %s", file, begin, end)
	}
	want := before + begin + reference(model(t)) + end + after
	if want == string(text) {
		return
	}
	if os.Getenv("UPDATE") == "" {
		t.Errorf("%s is not what the settings' definitions make of it; run make docs (-want +got):\n%s", file, cmp.Diff(want, string(text)))
		return
	}
	if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func model(t *testing.T) *kong.Application {
	t.Helper()
	helped := false
	parser, err := kong.New(&cli{}, options(world{}, resolver{}, &helped)...)
	if err != nil {
		t.Fatal(err)
	}
	return parser.Model
}

// reference is all that can be set, as Markdown.
func reference(app *kong.Application) string {
	var b strings.Builder
	serve, add := find(app.Node, "serve"), find(app.Node, "user", "add")
	for _, group := range groups() {
		fmt.Fprintf(&b, "\n### %s\n\n", strings.TrimSuffix(group.Title, ":"))
		node := serve
		switch group.Key {
		case "policy":
			node = add
			b.WriteString("These are settings of `user add` and `user passwd`.\n\n")
		case "users":
			b.WriteString("These are settings of all `user` commands too.\n\n")
		}
		if group.Description != "" {
			b.WriteString(group.Description + "\n\n")
		}
		b.WriteString("| setting | default | may be | what it does |\n|---|---|---|---|\n")
		if group.Key == "token" {
			row(&b, "`"+settings.KeyVariable+"`", "", "32 bytes or more", "The secret. It has no flag. HS384 wants 48 bytes, HS512 64.")
		}
		for _, flag := range node.Flags {
			if flag.Group != nil && flag.Group.Key == group.Key {
				row(&b, flagCell(flag)+"<br>`"+variable(flag.Name)+"`", code(presetOf(flag.Value)), allowed(flag), flag.Help)
			}
		}
	}
	b.WriteString("\n### Flags that belong to one invocation\n\nThey have no variable.\n\n| command | flag | what it does |\n|---|---|---|\n")
	invocationFlags(&b, app.Node)
	b.WriteString("\n### Options of a `mysql://` URL\n\n" +
		"They stand behind the database, as in `mysql://user@host/database?tls=true&max-open=50`, each at most once.\n" +
		"Special characters in user, password, database and values are percent-encoded. Another option is an error.\n\n" +
		"| option | default | what it does |\n|---|---|---|\n")
	for _, o := range database.Options() {
		row(&b, code(o.Name+"="+o.Value), o.Default, o.Help)
	}
	return b.String()
}

func find(node *kong.Node, path ...string) *kong.Node {
	for _, name := range path {
		for _, child := range node.Children {
			if child.Name == name {
				node = child
				break
			}
		}
	}
	return node
}

func invocationFlags(b *strings.Builder, node *kong.Node) {
	for _, flag := range node.Flags {
		if !isSetting(flag) {
			name := "every"
			if node.Type == kong.CommandNode {
				name = code(node.Path())
			}
			row(b, name, flagCell(flag), flag.Help)
		}
	}
	for _, child := range node.Children {
		invocationFlags(b, child)
	}
}

func flagCell(flag *kong.Flag) string {
	text := "--" + flag.Name
	if !flag.IsBool() {
		text += "=" + flag.FormatPlaceHolder()
	}
	if flag.Tag.Negatable != "" {
		text += "`, `--no-" + flag.Name
	}
	if flag.Short != 0 {
		text += "`, `-" + string(flag.Short)
	}
	return code(text)
}

// allowed is what a setting's value may be.
func allowed(flag *kong.Flag) string {
	if least, most, is := strings.Cut(flag.Tag.Get("range"), ".."); is {
		return least + " to " + most
	}
	if flag.IsBool() {
		return "on, off"
	}
	return strings.Join(wordsOf(flag), ", ")
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

func row(b *strings.Builder, cells ...string) {
	escape := strings.NewReplacer("|", `\|`, "*", `\*`, "\n", " ")
	for _, cell := range cells {
		b.WriteString("| " + escape.Replace(cell) + " ")
	}
	b.WriteString("|\n")
}

// TestRangesAreThoseOfTheirPackages: the bounds that a tag can only repeat.
func TestRangesAreThoseOfTheirPackages(t *testing.T) {
	app := model(t)
	for _, tt := range []struct {
		node *kong.Node
		flag string
		want string
	}{
		{find(app.Node, "serve"), "login-memory", fmt.Sprintf("%d..", gate.LeastMemoryLimit>>20)},
		{find(app.Node, "user", "add"), "min-password-length", fmt.Sprintf("%d..", account.LeastMinPasswordLength)},
	} {
		for _, flag := range tt.node.Flags {
			if got := flag.Tag.Get("range"); flag.Name == tt.flag && !strings.HasPrefix(got, tt.want) {
				t.Errorf("--%s has the range %q, want %s", tt.flag, got, tt.want)
			}
		}
	}
}

// TestWordsAreThoseOfTheirPackages: the same of lists of words.
func TestWordsAreThoseOfTheirPackages(t *testing.T) {
	words := func(name string) []string {
		for _, flag := range find(model(t).Node, "serve").Flags {
			if flag.Name == name {
				return wordsOf(flag)
			}
		}
		t.Fatalf("serve has no --%s", name)
		return nil
	}
	var algorithms, profiles []string
	for _, algorithm := range keys.Algorithms() {
		algorithms = append(algorithms, string(algorithm))
	}
	for _, profile := range token.Profiles() {
		profiles = append(profiles, string(profile))
	}
	for name, want := range map[string][]string{"token-algorithm": algorithms, "accept": profiles} {
		if diff := cmp.Diff(want, words(name)); diff != "" {
			t.Errorf("--%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestEveryNumberHasARange, so that none is taken unchecked, and each can be
// read and holds its default.
func TestEveryNumberHasARange(t *testing.T) {
	checked := 0
	var walk func(node *kong.Node)
	walk = func(node *kong.Node) {
		for _, flag := range node.Flags {
			if !isSetting(flag) {
				continue
			}
			bounds := flag.Tag.Get("range")
			if _, number := settings.Amount(flag.Default); number != (bounds != "") {
				t.Errorf("%s --%s has the default %q and the range %q", node.Path(), flag.Name, flag.Default, bounds)
			}
			if bounds == "" {
				continue
			}
			checked++
			if err := flag.Reset(); err != nil {
				t.Fatal(err)
			}
			if err := settings.CheckRange(flag.Name, flag.Target.Interface(), bounds); err != nil {
				t.Errorf("the default: %v", err)
			}
		}
		for _, child := range node.Children {
			walk(child)
		}
	}
	walk(model(t).Node)
	if checked < 10 {
		t.Errorf("%d ranges found, want those of all times and numbers", checked)
	}
}

// TestNoExamplePutsAPasswordOnACommandLine: none that people read and copy.
func TestNoExamplePutsAPasswordOnACommandLine(t *testing.T) {
	shown := regexp.MustCompile(`--users[ =]["']?mysql://[^\s"'@]+:[^\s"'@]*@`)
	read := 0
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() && (name == "node_modules" || name == "artifacts" || name == ".git") {
			return filepath.SkipDir
		}
		if entry.IsDir() || filepath.Ext(path) != ".md" && path != "../../cmd/restauth/main.go" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		read++
		if found := shown.Find(text); found != nil {
			t.Errorf("%s shows %s", path, found)
		}
		return nil
	})
	if err != nil || read < 10 {
		t.Errorf("%d files read, %v", read, err)
	}
	for _, args := range [][]string{nil, {"--help"}, {"serve", "--help"}, {"config", "check", "--help"}} {
		var out buffer
		run(t.Context(), world{args: args, stdout: &out, stderr: &out})
		if found := shown.FindString(out.String()); found != "" || out.String() == "" {
			t.Errorf("restauth %v shows %q", args, found)
		}
	}
}
