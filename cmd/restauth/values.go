package main

import (
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// source is the environment, and remembers which settings came from there: an
// error must not name a flag that nobody typed.
type source struct {
	environment
	used map[string]bool // by the flag's name
}

// Resolve implements kong.Resolver.
func (s source) Resolve(ctx *kong.Context, path *kong.Path, flag *kong.Flag) (any, error) {
	value, err := s.environment.Resolve(ctx, path, flag)
	if value != nil {
		s.used[flag.Name] = true
	}
	return value, err
}

// atFlag finds the flag that a line of an error begins with.
var atFlag = regexp.MustCompile(`(?m)^--(?:\[no-\])?([a-z-]+)`)

// explain puts an error of the command line, which may be several, into the
// words of whoever wrote that: it names the variable where the value is from
// the environment, and a flag that serves for the one that is not there.
func (s source) explain(err error) error {
	text := err.Error()
	var parse *kong.ParseError
	if errors.As(err, &parse) {
		node := nodeOf(parse)
		for n := node; n != nil; n = n.Parent {
			text = strings.TrimPrefix(text, n.Path()+": ")
		}
		if hint := flagHint(node, text); hint != "" {
			return errors.New(hint)
		}
	}
	return errors.New(atFlag.ReplaceAllStringFunc(text, func(flag string) string {
		name := atFlag.FindStringSubmatch(flag)[1]
		if s.used[name] {
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

// decodeDuration is kong's own but for its error.
func decodeDuration(ctx *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := ctx.Scan.PopValueInto("duration", &text); err != nil {
		return err
	}
	value, err := time.ParseDuration(text)
	if err != nil {
		if _, seconds := time.ParseDuration(text + "s"); seconds == nil {
			return fmt.Errorf("expected duration but got %q, which has no unit; for seconds write %ss", text, text)
		}
		return fmt.Errorf("expected duration but got %q; write a number and ms, s, m or h, such as 30s or 1h30m", text)
	}
	target.SetInt(int64(value))
	return nil
}

// decodeLevel is slog's own but for its error.
func decodeLevel(ctx *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := ctx.Scan.PopValueInto("level", &text); err != nil {
		return err
	}
	var level slog.Level
	if level.UnmarshalText([]byte(text)) != nil {
		return fmt.Errorf("expected debug, info, warn or error but got %q", text)
	}
	target.SetInt(int64(level))
	return nil
}

// decodeInt is kong's own but for its error.
func decodeInt(ctx *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := ctx.Scan.PopValueInto("number", &text); err != nil {
		return err
	}
	value, err := strconv.ParseInt(text, 0, strconv.IntSize)
	if err != nil {
		return fmt.Errorf("expected a whole number but got %q", text)
	}
	target.SetInt(value)
	return nil
}

// groups are the headings of the help, in its order.
func groups() []kong.Group {
	return []kong.Group{
		{Key: "server", Title: "Server:"},
		{Key: "users", Title: "User table:"},
		{
			Key: "token", Title: "Tokens:",
			Description: "The HS256 secret, Flask's SECRET_KEY, comes from the environment variable " +
				"RESTAUTH_SECRET_KEY or from a file, never from a flag. An embedded database " +
				"keeps a random one of its own when neither is given.",
		},
		{Key: "logins", Title: "Logins:"},
		{Key: "policy", Title: "Passwords being set:"},
		{Key: "log", Title: "Log, on standard error:"},
	}
}
