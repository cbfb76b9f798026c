package contract

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// project is a folder as changes.sh and accept.sh see one: a contract, its
// accepted copies and a change log, in a git repository of its own.
type project struct {
	t    *testing.T
	root string
}

const released = "contract/released/openapi-1.0.0.yaml"

// newProject starts from the very first contract, accepted and committed.
func newProject(t *testing.T) *project {
	t.Helper()
	p := &project{t: t, root: t.TempDir()}
	first := read(t, "released/openapi-1.0.0.yaml")
	p.write("openapi.yaml", first)
	p.write(released, first)
	p.log("1.0.0")
	p.git("init", "--quiet")
	p.commit()
	return p
}

func (p *project) write(name, text string) {
	p.t.Helper()
	path := filepath.Join(p.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// edit replaces the first occurrence, which has to be there.
func (p *project) edit(name, from, to string) {
	p.t.Helper()
	text := read(p.t, filepath.Join(p.root, name))
	if !strings.Contains(text, from) {
		p.t.Fatalf("%s has no %q", name, from)
	}
	p.write(name, strings.Replace(text, from, to, 1))
}

func (p *project) raise(from, to string) {
	p.t.Helper()
	p.edit("openapi.yaml", "  version: "+from, "  version: "+to)
}

// log makes a change log with a section for each version.
func (p *project) log(versions ...string) {
	p.t.Helper()
	text := "# Changes\n"
	for _, version := range versions {
		text += "\n## " + version + "\n\n### Contract\n- Something.\n"
	}
	p.write("CHANGELOG.md", text)
}

func (p *project) git(args ...string) {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), "git", append([]string{"-C", p.root, "-c", "user.name=t", "-c", "user.email=t@example.com"}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		p.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func (p *project) commit() {
	p.t.Helper()
	p.git("add", "--all")
	p.git("commit", "--quiet", "--message", "state")
}

// run calls a script here on the project. It passes when want is "", and else
// has to fail with these words.
func (p *project) run(want, script string, args ...string) {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), "./"+script, args...)
	cmd.Env = append(os.Environ(), "RESTAUTH_CONTRACT_ROOT="+p.root)
	out, err := cmd.CombinedOutput()
	switch {
	case want == "" && err != nil:
		p.t.Errorf("%s: %v\n%s", script, err, out)
	case want != "" && err == nil:
		p.t.Errorf("%s passed, want %q\n%s", script, want, out)
	case !strings.Contains(string(out), want):
		p.t.Errorf("%s said %s\nwant %q", script, out, want)
	}
}

// TestContractFollowsItsPast is `make contract-changes` for every `go test`.
func TestContractFollowsItsPast(t *testing.T) {
	// go test remembers a result by what the test itself has read.
	for _, name := range []string{"../openapi.yaml", "../CHANGELOG.md", "changes.sh", "versions.sh"} {
		read(t, name)
	}
	out, err := exec.CommandContext(t.Context(), "./changes.sh").CombinedOutput()
	if err != nil {
		t.Errorf("changes.sh: %v\n%s", err, out)
	}
}

const (
	maxLength = "          minLength: 1\n          maxLength: 1024\n"
	shorter   = "          minLength: 1\n          maxLength: 512\n"
	summary   = "summary: Whether the process runs"
)

func TestChangesAreControlled(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*project)
		want   string
	}{
		"nothing": {func(*project) {}, ""},
		"changed without a version": {func(p *project) {
			p.edit("openapi.yaml", summary, "summary: Whether it runs")
		}, "raise info.version"},
		"a comment without a version": {func(p *project) {
			p.edit("openapi.yaml", "openapi: 3.0.3", "# Hello\nopenapi: 3.0.3")
		}, "raise info.version"},
		"a lower version": {func(p *project) {
			p.raise("1.0.0", "0.9.0")
			p.log("1.0.0", "0.9.0")
		}, "raise info.version"},
		"no version": {func(p *project) {
			p.edit("openapi.yaml", "  version: 1.0.0\n", "")
		}, "MAJOR.MINOR.PATCH"},
		"not a version": {func(p *project) { p.raise("1.0.0", "1.1.0-beta") }, "MAJOR.MINOR.PATCH"},
		"breaking in a minor": {func(p *project) {
			p.raise("1.0.0", "1.1.0")
			p.log("1.1.0", "1.0.0")
			p.edit("openapi.yaml", maxLength, shorter)
		}, "2.0.0"},
		"breaking in a major": {func(p *project) {
			p.raise("1.0.0", "2.0.0")
			p.log("2.0.0", "1.0.0")
			p.edit("openapi.yaml", maxLength, shorter)
		}, "contract-accept"},
		"no line in the change log": {func(p *project) {
			p.raise("1.0.0", "1.1.0")
		}, `no "## 1.1.0"`},
		"an empty section in the change log": {func(p *project) {
			p.raise("1.0.0", "1.1.0")
			p.write("CHANGELOG.md", "## 1.1.0\n\n### Contract\n\n### Server\n- CORS.\n\n## 1.0.0\n\n### Contract\n- All.\n")
		}, `no "## 1.1.0"`},
		"a version that only looks alike": {func(p *project) {
			p.raise("1.0.0", "1.1.0")
			p.log("11.1.0", "1.1.01", "1.1x0", "1.0.0")
		}, `no "## 1.1.0"`},
		"no change log": {func(p *project) {
			if err := os.Remove(filepath.Join(p.root, "CHANGELOG.md")); err != nil {
				p.t.Fatal(err)
			}
		}, `no "## 1.0.0"`},
		"nothing accepted": {func(p *project) {
			if err := os.Remove(filepath.Join(p.root, released)); err != nil {
				p.t.Fatal(err)
			}
		}, "contract-accept"},
		"compatible, not accepted": {func(p *project) {
			p.raise("1.0.0", "1.0.1")
			p.log("1.0.1", "1.0.0")
			p.edit("openapi.yaml", summary, "summary: Whether it runs")
		}, "contract-accept"},
		"breaking, copied over by hand": {func(p *project) {
			p.raise("1.0.0", "1.1.0")
			p.log("1.1.0", "1.0.0")
			p.edit("openapi.yaml", maxLength, shorter)
			p.write("contract/released/openapi-1.1.0.yaml", read(p.t, filepath.Join(p.root, "openapi.yaml")))
		}, "2.0.0"},
		"under another name": {func(p *project) {
			p.write("contract/released/openapi-1.5.0.yaml", read(p.t, filepath.Join(p.root, "openapi.yaml")))
		}, "name it openapi-1.0.0.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProject(t)
			c.change(p)
			p.run(c.want, "changes.sh")
		})
	}
}

// TestBreakingChanges is what clients of an operation would notice. oasdiff
// finds them; that it is asked rightly is what is tested.
func TestBreakingChanges(t *testing.T) {
	for name, edit := range map[string][2]string{
		"operation gone":     {"\n  /rest-auth:", "\n  /rest:"},
		"method in a client": {"operationId: login", "operationId: logIn"},
		"guard added":        {"      security: []\n      requestBody:", "      security:\n        - bearer: []\n      requestBody:"},
		"request narrower":   {maxLength, shorter},
		"request member new": {"required: [username, password]\n      properties:\n", "required: [username, password, otp]\n      properties:\n        otp:\n          type: string\n          maxLength: 6\n"},
		"answer gone":        {"required: [access_token, token_type, expires_in]", "required: [access_token, token_type]"},
		"answer wider":       {"enum: [Bearer]", "enum: [Bearer, DPoP]"},
		"header gone":        {"            Cache-Control:\n              $ref: '#/components/headers/NoStore'\n", ""},
		"error gone":         {"        '413':\n          $ref: '#/components/responses/ContentTooLarge'\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProject(t)
			p.raise("1.0.0", "1.1.0")
			p.log("1.1.0", "1.0.0")
			p.edit("openapi.yaml", edit[0], edit[1])
			p.run("make it compatible, or raise info.version to 2.0.0", "changes.sh")
		})
	}
}

// TestExcusedFindings: a finding of oasdiff that is named with the version does not
// stop it; others do, and so does the same one in another step.
func TestExcusedFindings(t *testing.T) {
	const excuse = "# Why\n\n- PUT /elsewhere something else\n" +
		"- POST /auth the `password` request property's maxLength was decreased to `512`\n"
	narrower := func(t *testing.T, version, accepted, reason string) *project {
		p := newProject(t)
		p.raise("1.0.0", version)
		p.log(version, "1.0.0")
		p.edit("openapi.yaml", maxLength, shorter)
		p.write("contract/accepted/"+accepted+".md", reason)
		return p
	}
	t.Run("named", func(t *testing.T) {
		p := narrower(t, "1.1.0", "1.1.0", excuse)
		p.run("", "accept.sh")
		p.run("", "changes.sh", "HEAD")
	})
	t.Run("named for a step between", func(t *testing.T) {
		narrower(t, "1.2.0", "1.1.0", excuse).run("", "accept.sh")
	})
	for name, c := range map[string]struct{ accepted, reason string }{
		"named for a later version":    {"1.2.0", excuse},
		"named for an earlier version": {"1.0.0", excuse},
		"another one named":            {"1.1.0", strings.Replace(excuse, "`password`", "`username`", 1)},
		"told in prose":                {"1.1.0", strings.ReplaceAll(excuse, "\n- ", "\n  ")},
	} {
		t.Run(name, func(t *testing.T) { narrower(t, "1.1.0", c.accepted, c.reason).run("2.0.0", "accept.sh") })
	}
}

// TestChangesSince looks at a commit beside the accepted copies.
func TestChangesSince(t *testing.T) {
	t.Run("unchanged", func(t *testing.T) {
		newProject(t).run("", "changes.sh", "HEAD")
	})
	t.Run("no such commit", func(t *testing.T) {
		newProject(t).run("there is no commit", "changes.sh", "origin/nowhere")
	})
	t.Run("what was accepted is another", func(t *testing.T) {
		p := newProject(t)
		p.edit("openapi.yaml", summary, "summary: Whether it runs")
		p.write(released, read(t, filepath.Join(p.root, "openapi.yaml")))
		p.run("", "changes.sh") // from one commit this cannot be seen
		p.run("never changed again", "changes.sh", "HEAD")
	})
	t.Run("what was accepted is gone", func(t *testing.T) {
		p := newProject(t)
		p.raise("1.0.0", "1.1.0")
		p.log("1.1.0", "1.0.0")
		p.write("contract/released/openapi-1.1.0.yaml", read(t, filepath.Join(p.root, "openapi.yaml")))
		if err := os.Remove(filepath.Join(p.root, released)); err != nil {
			t.Fatal(err)
		}
		p.run("never changed again", "changes.sh", "HEAD")
	})
}

// TestAcceptMovesForwardOnly walks the way of a developer.
func TestAcceptMovesForwardOnly(t *testing.T) {
	p := newProject(t)
	p.run("", "accept.sh") // a second time changes nothing
	p.edit("openapi.yaml", summary, "summary: Whether it runs")
	p.run("accepted and committed", "accept.sh")
	p.raise("1.0.0", "1.0.1")
	p.run(`no "## 1.0.1"`, "accept.sh")
	p.log("1.0.1", "1.0.0")
	p.run("", "accept.sh")
	p.run("", "changes.sh", "HEAD")
	// Not committed yet, so it may still change.
	p.edit("openapi.yaml", "summary: Whether it runs", "summary: Whether it lives")
	p.run("raise info.version", "changes.sh")
	p.run("", "accept.sh")
	p.run("", "changes.sh", "HEAD")
	p.commit()
	p.edit("openapi.yaml", maxLength, shorter)
	p.run("accepted and committed", "accept.sh")
	p.raise("1.0.1", "1.1.0")
	p.log("1.1.0", "1.0.1", "1.0.0")
	p.run("2.0.0", "accept.sh")
	if _, err := os.Stat(filepath.Join(p.root, "contract/released/openapi-1.1.0.yaml")); err == nil {
		t.Error("a refused contract was accepted all the same")
	}
}
