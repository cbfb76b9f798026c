package contract

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/internal/dbtest"
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

func TestMain(m *testing.M) { dbtest.Main(m) }

// serveHelp is what the real command tells about its settings.
func serveHelp(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), dbtest.Restauth(t), "serve", "--help").Output()
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

// misdescribed lists what README.md says wrong about the settings. It has those
// that most people need; docs/settings.md, which is made of the command's own
// definition, has them all.
func misdescribed(readme, help string) []string {
	var out []string
	known := settings(help)
	rows := regexp.MustCompile("(?m)^\\| `(?:--([a-z-]+)|(RESTAUTH_[A-Z_]+))` \\| ([^|]*) \\|").FindAllStringSubmatch(readme, -1)
	if len(rows) < 5 || len(rows) > 8 {
		out = append(out, fmt.Sprintf("%d rows, want the eight that most people need", len(rows)))
	}
	for _, row := range rows {
		flag, fallback := row[1], strings.Trim(row[3], "`")
		if flag == "" {
			continue
		}
		at := slices.IndexFunc(known, func(s setting) bool { return s.flag == flag })
		if at < 0 {
			out = append(out, "--"+flag+" is no setting of `restauth serve`")
		} else if known[at].fallback != "" && fallback != known[at].fallback {
			out = append(out, fmt.Sprintf("--%s: its default is %q, not %q", flag, known[at].fallback, fallback))
		}
	}
	variables := variable.FindAllString(help, -1)
	for _, name := range variable.FindAllString(readme, -1) {
		if !slices.Contains(variables, name) {
			out = append(out, name+" is no setting of `restauth serve`")
		}
	}
	return out
}

// TestREADMESettings holds README.md's short table to the command's own help.
func TestREADMESettings(t *testing.T) {
	help := serveHelp(t)
	if n := len(settings(help)); n < 20 {
		t.Fatalf("found %d settings in the help; its form has changed:\n%s", n, help)
	}
	readme := read(t, "../README.md")
	if wrong := misdescribed(readme, help); len(wrong) > 0 {
		t.Errorf("README.md's settings are not those of `restauth serve --help`:\n%s", strings.Join(wrong, "\n"))
	}
	for name, edit := range map[string][2]string{
		"flag":     {"`--listen`", "`--listens`"},
		"default":  {"`127.0.0.1:5000`", "`127.0.0.1:5001`"},
		"variable": {"| `RESTAUTH_SECRET_KEY` |", "| `RESTAUTH_SECRET` |"},
	} {
		if !strings.Contains(readme, edit[0]) {
			t.Fatalf("README.md has no %s", edit[0])
		}
		if wrong := misdescribed(strings.Replace(readme, edit[0], edit[1], 1), help); len(wrong) == 0 {
			t.Errorf("%s: nothing found", name)
		}
	}
}
