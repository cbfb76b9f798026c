package main

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/restauth/restauth/cmd/restauth/internal/settings"
)

// switches decode whatever is on or off.
type switches struct{}

// IsBool implements kong.BoolMapper: such a flag needs no value.
func (switches) IsBool() bool { return true }

// Decode implements kong.Mapper.
func (switches) Decode(ctx *kong.DecodeContext, target reflect.Value) error {
	if ctx.Scan.Peek().Type != kong.FlagValueToken {
		target.SetBool(true)
		return nil
	}
	switch value := ctx.Scan.Pop().Value.(type) {
	case bool: // kong's own, of --no-NAME
		target.SetBool(value)
	case string:
		on, err := parseSwitch(value)
		if err != nil {
			return err
		}
		target.SetBool(on)
	}
	return nil
}

func parseSwitch(text string) (on bool, err error) {
	switch strings.ToLower(text) {
	case "on", "yes", "true", "1":
		return true, nil
	case "off", "no", "false", "0":
		return false, nil
	}
	return false, fmt.Errorf("expected on or off but got %q", text)
}

// plainNegations rewrites --no-NAME=off, which kong reads itself, in a word that
// kong knows.
func plainNegations(args []string) ([]string, error) {
	plain := make([]string, len(args))
	copy(plain, args)
	for i, arg := range plain {
		if arg == "--" {
			break
		}
		name, value, valued := strings.Cut(arg, "=")
		if !valued || !strings.HasPrefix(name, "--no-") {
			continue
		}
		on, err := parseSwitch(value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		plain[i] = fmt.Sprintf("%s=%t", name, on)
	}
	return plain, nil
}

// repeated are the flags by which another command finds the same table of an
// embedded database, whether these came from flags or from the environment. A
// place with a secret in it is never repeated.
func repeated(parsed *kong.Context) string {
	var flags strings.Builder
	for _, level := range parsed.Selected().AllFlags(false) {
		for _, flag := range level {
			value := settings.Spelled(flag.Target.Interface())
			if flag.Group == nil || flag.Group.Key != "users" || value == flag.Default {
				continue
			}
			if flag.Name == "users" && !strings.HasPrefix(strings.ToLower(value), "sqlite:") {
				return ""
			}
			switch flag.Name {
			case "users-password-file", "users-timeout": // say nothing of the place
			default:
				fmt.Fprintf(&flags, " --%s %s", flag.Name, quoteShell(value))
			}
		}
	}
	return flags.String()
}
