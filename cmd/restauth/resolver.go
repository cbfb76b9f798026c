package main

import (
	"cmp"
	"errors"
	"regexp"
	"strings"

	"github.com/alecthomas/kong"
)

// resolver is the environment, and remembers which settings came from there: an
// error must not name a flag that nobody typed.
type resolver struct {
	environment
	used map[string]bool // by the flag's name
}

// Resolve implements kong.Resolver.
func (r resolver) Resolve(ctx *kong.Context, path *kong.Path, flag *kong.Flag) (any, error) {
	value, err := r.environment.Resolve(ctx, path, flag)
	if value != nil {
		r.used[flag.Name] = true
	}
	return value, err
}

// atFlag finds the flag that a line of an error begins with.
var atFlag = regexp.MustCompile(`(?m)^--(?:\[no-\])?([a-z-]+)`)

// explain puts an error of the command line, which may be several, into the
// words of whoever wrote that: it names the variable where the value is from
// the environment, and a flag that serves for the one that is not there.
func (r resolver) explain(err error) error {
	text := err.Error()
	var parse *kong.ParseError
	if errors.As(err, &parse) {
		node := nodeOf(parse)
		for n := node; n != nil; n = n.Parent {
			text = strings.TrimPrefix(text, n.Path()+": ")
		}
		if hint := cmp.Or(flagHint(node, text), missing(node, text)); hint != "" {
			return errors.New(hint)
		}
	}
	return errors.New(atFlag.ReplaceAllStringFunc(text, func(flag string) string {
		name := atFlag.FindStringSubmatch(flag)[1]
		if r.used[name] {
			return variable(name)
		}
		return flag
	}))
}

// nodeOf is the command that a mistake was made in, the program itself where
// none was named.
func nodeOf(err *kong.ParseError) *kong.Node {
	if node := err.Context.Selected(); node != nil {
		return node
	}
	return err.Context.Model.Node
}
