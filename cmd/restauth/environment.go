package main

import (
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"github.com/restauth/restauth/cmd/restauth/internal/settings"
)

const (
	envPrefix = "RESTAUTH_"
	// testPrefix is left to the tests, which say so where their databases are.
	testPrefix = "RESTAUTH_TEST_"
)

// environment is the RESTAUTH_ part of the environment. It is a kong.Resolver:
// a setting that no flag gives comes from here.
type environment map[string]string

var _ kong.Resolver = environment(nil)

// newEnvironment picks the variables out of environ, "NAME=value" each. Names
// that differ only in case are refused as unknown later on: RESTAUTH_Listen
// is a mistake, not a setting.
func newEnvironment(environ []string) (environment, error) {
	env := make(environment)
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		upper := strings.ToUpper(name)
		if !strings.HasPrefix(upper, envPrefix) || strings.HasPrefix(upper, testPrefix) {
			continue
		}
		if strings.ContainsRune(value, 0) {
			return nil, fmt.Errorf("%s contains U+0000", name)
		}
		// The secret is bytes. Of any other variable kong would read U+FFFD
		// in their place, and another file or table would be meant.
		if name != settings.KeyVariable && !utf8.ValidString(value) {
			return nil, fmt.Errorf("%s is not UTF-8; write it in UTF-8", name)
		}
		env[name] = value
	}
	return env, nil
}

// variable is the environment variable of a flag.
func variable(flag string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// isSetting tells the settings, which stand in a group of the help, from flags
// such as --help and --yes, which belong to one invocation.
func isSetting(flag *kong.Flag) bool { return flag.Group != nil }

// Validate implements kong.Resolver.
func (environment) Validate(*kong.Application) error { return nil }

// Resolve implements kong.Resolver. An empty variable counts as unset, because
// that is all that compose files and unit files can write for "not given". Only
// where the users are is too much to guess: its Validate refuses the empty one.
func (e environment) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	value, given := e[variable(flag.Name)]
	if isSetting(flag) && (value != "" || given && flag.Name == "users") {
		return value, nil
	}
	return nil, nil
}

// checkKnown refuses variables that are no setting of any command. A setting
// that is misspelt and so ignored could leave a server open.
func (e environment) checkKnown(app *kong.Application) error {
	known, flagsOnly := map[string]bool{settings.KeyVariable: true}, map[string]string{}
	collectVariables(app.Node, known, flagsOnly)
	for _, name := range sortedKeys(e) {
		if known[name] {
			continue
		}
		if flag := flagsOnly[name]; flag != "" {
			return fmt.Errorf("the environment variable %s is no setting: --%s is a flag only; unset the variable", name, flag)
		}
		if hint := variableHint(name, known); hint != "" {
			return fmt.Errorf("the environment variable %s is no setting; %s", name, hint)
		}
		if similar := closest(name, known); similar != "" {
			return fmt.Errorf("the environment variable %s is no setting; did you mean %s?", name, similar)
		}
		return fmt.Errorf("the environment variable %s is no setting; unset it, or see \"restauth serve --help\" for those there are", name)
	}
	return nil
}

func collectVariables(node *kong.Node, known map[string]bool, flagsOnly map[string]string) {
	for _, flag := range node.Flags {
		if isSetting(flag) {
			known[variable(flag.Name)] = true
		} else {
			flagsOnly[variable(flag.Name)] = flag.Name
		}
	}
	for _, child := range node.Children {
		collectVariables(child, known, flagsOnly)
	}
}

// closest returns the known name that fewest edits lead to, "" when none is
// near enough to be what was meant.
func closest(name string, known map[string]bool) string {
	best, bestDistance := "", 4
	upper := strings.ToUpper(name)
	for _, candidate := range sortedKeys(known) {
		if d := editDistance(upper, candidate); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best
}

// editDistance is Levenshtein's, over bytes: the names are ASCII.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substituted := diagonal
			if a[i] != b[j] {
				substituted++
			}
			diagonal = row[j+1]
			row[j+1] = min(substituted, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
