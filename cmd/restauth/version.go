package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/alecthomas/kong"

	"github.com/restauth/restauth/api/document"
	"github.com/restauth/restauth/gen"
)

// Set by -ldflags "-X main.linkedVersion=v1.2.3 -X main.linkedCommit=abc": a
// build from an archive knows neither. Nothing else writes them.
var linkedVersion, linkedCommit string

// build says which program this is.
type build struct{ Module, Commit, Go string }

func buildVersion() build {
	b := build{Module: "(devel)", Commit: "unknown", Go: runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		if info.Main.Version != "" {
			b.Module = info.Main.Version
		}
		b.Commit = vcsCommit(info.Settings, b.Commit)
	}
	if linkedVersion != "" {
		b.Module = linkedVersion
	}
	if linkedCommit != "" {
		b.Commit = linkedCommit
	}
	return b
}

// attributes are it in a line of the log.
func (b build) attributes() []any {
	return []any{"version", b.Module, "commit", b.Commit, "go", b.Go}
}

// vcsCommit is the commit that was built, marked when files had been changed.
func vcsCommit(settings []debug.BuildSetting, unknown string) string {
	commit, changed := unknown, ""
	for _, s := range settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "+changes"
		}
	}
	return commit + changed
}

type versionCmd struct{}

// Run implements the command.
func (versionCmd) Run(w world) error { return printVersion(w.stdout) }

// versionFlag is the command in the form that people try first.
type versionFlag bool

// BeforeReset is called by kong when it meets the flag.
func (versionFlag) BeforeReset(app *kong.Kong) error {
	err := printVersion(app.Stdout)
	app.Exit(exitOK)
	return err
}

func printVersion(out io.Writer) error {
	raw, err := gen.Document()
	if err != nil {
		return fmt.Errorf("read the embedded contract: %w", err)
	}
	contract, err := document.Parse(raw)
	if err != nil {
		return fmt.Errorf("read the embedded contract: %w", err)
	}
	b := buildVersion()
	fmt.Fprintf(out, "restauth %s\ncommit   %s\ncontract %s\nbuilt by %s for %s/%s\n",
		b.Module, b.Commit, contract.Text("info", "version"), b.Go, runtime.GOOS, runtime.GOARCH)
	return nil
}
