package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/restauth/restauth/cmd/restauth/internal/settings"
)

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

// quoteShell quotes a word for a POSIX shell where that is needed.
func quoteShell(word string) string {
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@", r)
	}
	if word != "" && strings.TrimLeftFunc(word, safe) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
