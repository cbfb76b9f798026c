package contract

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func read(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func operations(t *testing.T, document string) string {
	t.Helper()
	table, err := Operations([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// TestREADMEListsTheOperations fails as soon as an operation, its path, its
// summary, its guard or a status of it is another in README.md.
func TestREADMEListsTheOperations(t *testing.T) {
	readme := read(t, "../README.md")
	want, err := Replace([]byte(readme), operations(t, read(t, "../openapi.yaml")))
	if err != nil {
		t.Fatalf("README.md: %v", err)
	}
	if diff := cmp.Diff(string(want), readme); diff != "" {
		t.Errorf("README.md is behind openapi.yaml; run `go run ./contract/operations -w` (-contract +README):\n%s", diff)
	}
}

// TestOperationsFollowTheContract shows that the table moves with each thing
// that it tells.
func TestOperationsFollowTheContract(t *testing.T) {
	document := read(t, "../openapi.yaml")
	whole := operations(t, document)
	for name, edit := range map[string][2]string{
		"path":      {"\n  /rest-auth:", "\n  /rest-auth2:"},
		"method":    {"\n    post:", "\n    put:"},
		"id":        {"operationId: login", "operationId: logIn"},
		"summary":   {"summary: Whether the process runs", "summary: Whether it runs"},
		"guard":     {"      security:\n        - bearer: []\n", "      security: []\n"},
		"status":    {"        '413':\n          $ref: '#/components/responses/ContentTooLarge'\n", ""},
		"answer":    {"$ref: '#/components/schemas/Token'", "$ref: '#/components/schemas/Health'"},
		"tag order": {"  - name: health\n", "  - name: other\n    description: First.\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(document, edit[0]) {
				t.Fatalf("openapi.yaml has no %q any more", edit[0])
			}
			changed := strings.Replace(document, edit[0], edit[1], 1)
			if name == "tag order" {
				changed = strings.Replace(document, "tags:\n", "tags:\n  - name: health\n    description: First.\n", 1)
				changed = strings.Replace(changed, "\n  - name: health\n    description: For", "\n  - name: last\n    description: For", 1)
			}
			if operations(t, changed) == whole {
				t.Error("the table did not change")
			}
		})
	}
}

func TestReplaceWantsBothMarkers(t *testing.T) {
	for _, document := range []string{"", begin, end, end + begin} {
		if _, err := Replace([]byte(document), "table\n"); !errors.Is(err, ErrNoMarkers) {
			t.Errorf("Replace(%q) = %v, want ErrNoMarkers", document, err)
		}
	}
	got, err := Replace([]byte("a\n"+begin+"old\n"+end+"b\n"), "new\n")
	if want := "a\n" + begin + "new\n" + end + "b\n"; err != nil || string(got) != want {
		t.Errorf("Replace() = %q, %v, want %q", got, err, want)
	}
}

// setting is a flag of `restauth serve` as its help describes it.
type setting struct{ flag, env, fallback, help string }

var (
	helpFlag = regexp.MustCompile(`(?m)^ +--(\[no-\])?([a-z][a-z-]*)[= ]`)
	helpEnd  = regexp.MustCompile(`\((?:default ([^;]*); )?\$(RESTAUTH_[A-Z_]+)\)\.`)
	variable = regexp.MustCompile(`\bRESTAUTH_[A-Z_]+\b`)
)

// serveHelp is what the real command tells about its settings.
func serveHelp(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "restauth")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../cmd/restauth")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), binary, "serve", "--help").Output()
	if err != nil {
		t.Fatalf("restauth serve --help: %v", err)
	}
	return string(out)
}

func settings(help string) []setting {
	var all []setting
	starts := helpFlag.FindAllStringSubmatchIndex(help, -1)
	for i, at := range starts {
		stop := len(help)
		if i+1 < len(starts) {
			stop = starts[i+1][0]
		}
		text := strings.Join(strings.Fields(help[at[1]:stop]), " ")
		s := setting{flag: help[at[4]:at[5]], help: text}
		if m := helpEnd.FindStringSubmatch(text); m != nil {
			s.fallback, s.env = m[1], m[2]
		}
		all = append(all, s)
	}
	return all
}

// undocumented lists what a README says wrong about the settings, or not at all.
func undocumented(readme, help string) []string {
	var out []string
	known := variable.FindAllString(help, -1)
	rows := strings.Split(readme, "\n")
	for _, s := range settings(help) {
		if s.flag == "help" {
			continue
		}
		i := slices.IndexFunc(rows, func(row string) bool { return strings.HasPrefix(row, "| `--"+s.flag+"` |") })
		if i < 0 {
			out = append(out, fmt.Sprintf("--%s is missing, %s %s: %s", s.flag, s.env, s.fallback, s.help))
			continue
		}
		cells := strings.Split(rows[i], "|")
		if s.env != "" && !strings.Contains(cells[2], "`"+s.env+"`") {
			out = append(out, fmt.Sprintf("--%s: its variable is %s", s.flag, s.env))
		}
		if got := strings.Trim(cells[3], " `"); s.fallback != "" && got != s.fallback {
			out = append(out, fmt.Sprintf("--%s: its default is %q, not %q", s.flag, s.fallback, got))
		}
	}
	for _, row := range rows {
		for _, name := range variable.FindAllString(row, -1) {
			if strings.HasPrefix(row, "|") && !slices.Contains(known, name) {
				out = append(out, name+" is no setting of `restauth serve`")
			}
		}
	}
	return out
}

// TestREADMEListsTheSettings holds README.md's table to the command's own help:
// every flag, its variable and its default, and no variable that is gone.
func TestREADMEListsTheSettings(t *testing.T) {
	help := serveHelp(t)
	if n := len(settings(help)); n < 20 {
		t.Fatalf("found %d settings in the help; its form has changed:\n%s", n, help)
	}
	if wrong := undocumented(read(t, "../README.md"), help); len(wrong) > 0 {
		t.Errorf("README.md's settings are behind `restauth serve --help`:\n%s", strings.Join(wrong, "\n"))
	}
}

func TestSettingsCanBeBehind(t *testing.T) {
	const (
		help = "Flags:\n  -h, --help    Show help.\n\n      --demo    Try it out.\n\n" +
			"  --[no-]docs        Serve it (default on;\n                     $RESTAUTH_DOCS).\n" +
			"  --listen=HOST      Where (default :1; $RESTAUTH_LISTEN).\n"
		whole = "| `--demo` | – | off | |\n| `--docs` | `RESTAUTH_DOCS` | on | |\n| `--listen` | `RESTAUTH_LISTEN` | `:1` | |\n"
	)
	if wrong := undocumented(whole, help); len(wrong) > 0 {
		t.Errorf("undocumented(whole) = %q", wrong)
	}
	for name, edit := range map[string][2]string{
		"flag":     {"`--docs`", "`--doc`"},
		"variable": {"`RESTAUTH_DOCS`", "–"},
		"default":  {"`:1`", "`:2`"},
		"gone":     {"| `--demo`", "| – | `RESTAUTH_GONE` | – |\n| `--demo`"},
	} {
		if wrong := undocumented(strings.Replace(whole, edit[0], edit[1], 1), help); len(wrong) == 0 {
			t.Errorf("%s: nothing found", name)
		}
	}
}
