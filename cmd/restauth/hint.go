package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/restauth/restauth/cmd/restauth/internal/settings"
)

const (
	usersForm = "mysql://user:password@host:port/database or sqlite:FILE"
	// settingsFrom answers who looks for a file with settings.
	settingsFrom = `restauth reads no file of settings. They come from flags and from RESTAUTH_...
environment variables, and a flag wins. To keep them in a file, write lines such
as RESTAUTH_LISTEN=127.0.0.1:5000 into it, and
  in a shell:    set -a; . ./restauth.env; set +a; restauth serve
  in systemd:    EnvironmentFile=/etc/restauth.env
  in a container: --env-file restauth.env
"restauth config check" prints what is then in effect`
)

// wanted is what other programs call a setting of this one, and what to say to
// who asks for it by that name.
type wanted struct {
	names   []string // in lower case with _ between words, a * at the end stands for any rest
	setting string   // the flag that serves in its place, "" when none does
	hint    string
}

func wants() []wanted {
	return []wanted{
		{
			[]string{"port", "p", "host", "bind", "b", "addr", "address", "listen_address"}, "listen",
			"host and port are one setting, as in --listen 127.0.0.1:5000 or RESTAUTH_LISTEN=127.0.0.1:5000",
		},
		{
			[]string{"config", "config_file", "c", "conf", "settings", "env_file"}, "", settingsFrom,
		},
		{
			[]string{
				"database", "database_*", "db", "db_*", "dsn", "mysql", "mysql_*", "mariadb", "mariadb_*",
				"sqlalchemy_database_uri", "url",
			},
			"users",
			"the user table's place is one setting, RESTAUTH_USERS or --users: " + usersForm +
				"; the password may come from --users-password-file instead",
		},
		{
			[]string{"users_password"}, "users-password-file",
			"the database password comes from the URL in RESTAUTH_USERS, or from a file that --users-password-file or RESTAUTH_USERS_PASSWORD_FILE names",
		},
		{
			[]string{"secret", "secret_key", "jwt_secret", "jwt_secret_key", "key"}, "secret-key-file",
			"a command line can be read by every user of the machine, so the secret comes from RESTAUTH_SECRET_KEY or --secret-key-file",
		},
		{
			[]string{"debug", "verbose", "v"}, "log-level", "write --log-level=debug or RESTAUTH_LOG_LEVEL=debug",
		},
	}
}

// hintFor returns what to say of a name that is none of the settings, "" when
// nothing is known of it. node is the command that it was said to, nil for any:
// a command is not told of a setting that it does not have.
func hintFor(node *kong.Node, name string) string {
	name = strings.ReplaceAll(strings.ToLower(name), "-", "_")
	for _, w := range wants() {
		if w.setting != "" && node != nil && !takes(node, w.setting) {
			continue
		}
		if slices.ContainsFunc(w.names, func(pattern string) bool {
			start, open := strings.CutSuffix(pattern, "*")
			return pattern == name || open && strings.HasPrefix(name, start)
		}) {
			return w.hint
		}
	}
	return ""
}

func takes(node *kong.Node, flag string) bool {
	for n := node; n != nil; n = n.Parent {
		if slices.ContainsFunc(n.Flags, func(f *kong.Flag) bool { return f.Name == flag }) {
			return true
		}
	}
	return false
}

// flagHint answers a flag that is none of the command's but may be known from
// another program's.
func flagHint(node *kong.Node, text string) string {
	rest, unknown := strings.CutPrefix(text, "unknown flag ")
	if !unknown {
		return ""
	}
	flag, _, _ := strings.Cut(rest, ",") // kong guesses behind it
	hint := hintFor(node, strings.TrimLeft(flag, "-"))
	if flag == "--password" && takes(node, "min-password-length") {
		hint = "the password is asked for, or is the first line of standard input"
	}
	if hint == "" {
		return ""
	}
	return fmt.Sprintf("unknown flag %s; %s", flag, hint)
}

// missing answers a command that was given nothing where it needs something.
func missing(node *kong.Node, text string) string {
	for _, argument := range node.Positional {
		if text != fmt.Sprintf("expected %q", argument.Summary()) {
			continue
		}
		if argument.Enum == "" {
			return fmt.Sprintf("%s needs a %s: restauth %[1]s %[3]s", node.Path(), argument.Name, strings.ToUpper(argument.Name))
		}
		words := argument.EnumSlice()
		last := len(words) - 1
		return fmt.Sprintf("%s needs a %s: %s or %s", node.Path(), argument.Name, strings.Join(words[:last], ", "), words[last])
	}
	return ""
}

// variableHint answers a RESTAUTH_ variable that is no setting.
func variableHint(name string, known map[string]bool) string {
	bare := strings.TrimPrefix(strings.ToUpper(name), envPrefix)
	if positive, negated := strings.CutPrefix(bare, "NO_"); negated && known[envPrefix+positive] {
		return fmt.Sprintf("write %s=off", envPrefix+positive)
	}
	if secretish(bare) {
		return "did you mean " + settings.KeyVariable + "?"
	}
	return hintFor(nil, bare)
}

// secretish catches the names that other programs give the secret.
func secretish(bare string) bool {
	return slices.Contains([]string{"SECRET", "JWT_SECRET", "JWT_SECRET_KEY", "KEY"}, bare)
}

// foreign are variables of other programs that a person may have meant for this
// one. They are never an error, since others read them.
type foreign struct{ environ []string }

func (f foreign) set(names ...string) string {
	for _, name := range names {
		if slices.ContainsFunc(f.environ, func(entry string) bool {
			value, is := strings.CutPrefix(entry, name+"=")
			return is && value != ""
		}) {
			return name
		}
	}
	return ""
}

// given reports whether a flag or a variable says what the setting is.
func given(parsed *kong.Context, flag string) bool {
	return slices.ContainsFunc(parsed.Path, func(p *kong.Path) bool { return p.Flag != nil && p.Flag.Name == flag })
}

// onCommandLine reports whether the flag itself stands on the command line.
func onCommandLine(parsed *kong.Context, flag string) bool {
	return slices.ContainsFunc(parsed.Path, func(p *kong.Path) bool { return p.Flag != nil && p.Flag.Name == flag && !p.Resolved })
}

// notices are what to say at the start of variables that look meant for this
// program and are not read. Their values may be secret and are not repeated.
func notices(environ []string, parsed *kong.Context) []string {
	if given(parsed, "demo") {
		return nil
	}
	var say []string
	f := foreign{environ}
	if !given(parsed, "users") {
		if name := f.set("DATABASE_URL", "SQLALCHEMY_DATABASE_URI", "MYSQL_URL", "MYSQL_HOST", "MYSQL_DATABASE", "MARIADB_HOST", "DB_HOST"); name != "" {
			say = append(say, fmt.Sprintf("%s is set, but restauth does not read it: users are kept in %s; for another table set RESTAUTH_USERS=mysql://user:password@host:port/database",
				name, settings.DefaultUsers))
		}
	}
	if !given(parsed, "listen") && f.set("PORT") != "" {
		say = append(say, "PORT is set, but restauth does not read it: it listens on "+settings.DefaultListen+"; for that port on all networks set RESTAUTH_LISTEN=:$PORT")
	}
	return say
}
