package flaskconfig

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/restauth/restauth/api/document"
	"github.com/restauth/restauth/api/problem"
)

// row is one setting of Flask-JWT's, or of a neighbour's that has to do with logins.
type row struct {
	name        string
	counterpart counterpart
	silent      bool // whose value is not looked at
}

// table is every setting that is known, Flask-JWT 0.3.2's first.
func table() []row {
	return []row{
		{"JWT_DEFAULT_REALM", checked("realm", checkRealm), false},
		{"JWT_AUTH_URL_RULE", path, false},
		{"JWT_AUTH_ENDPOINT", says("nothing has to be set: it is a name inside of Flask"), true},
		{"JWT_AUTH_URL_OPTIONS", says("a login is POST alone, and has no other options"), true},
		{"JWT_AUTH_USERNAME_KEY", checked("login-username-member", document.CheckMember), false},
		{"JWT_AUTH_PASSWORD_KEY", checked("login-password-member", document.CheckMember), false},
		{"JWT_ALGORITHM", algorithm, false},
		{"JWT_LEEWAY", period("leeway", 0, time.Hour), false},
		{"JWT_VERIFY", always, false},
		{"JWT_VERIFY_EXPIRATION", always, false},
		{"JWT_AUTH_HEADER_PREFIX", prefix, false},
		{"JWT_EXPIRATION_DELTA", period("token-lifetime", time.Second, 366*24*time.Hour), false},
		{"JWT_NOT_BEFORE_DELTA", period("not-before-delta", -time.Hour, 24*time.Hour), false},
		{"JWT_VERIFY_CLAIMS", claims("verify-claims", "signature", "signature", "exp", "nbf", "iat", "aud", "iss"), false},
		{"JWT_REQUIRED_CLAIMS", claims("required-claims", "exp", "exp", "iat", "nbf", "identity"), false},
		{"SECRET_KEY", secret, true},
		{"JWT_SECRET_KEY", secret, true},
		{"SQLALCHEMY_DATABASE_URI", database, false},
		{"SQLALCHEMY_BINDS", says("restauth reads one table; if it is in one of these databases, set RESTAUTH_USERS to that"), true},
		{"SECURITY_PASSWORD_SALT", says("a secret is not printed: put it into a file that nobody else may read, and name that with --flask-security-salt-file"), true},
		{"SECURITY_PASSWORD_HASH", says("nothing has to be set: each stored hash says how it was made"), true},
		{"BCRYPT_HANDLE_LONG_PASSWORDS", longPasswords, false},
		{"BCRYPT_LOG_ROUNDS", says("nothing has to be set: each stored hash says its cost, and restauth makes none"), true},
		{"BCRYPT_HASH_PREFIX", says("nothing has to be set: each stored hash says how it was made"), true},
		{"JWT_ACCESS_TOKEN_EXPIRES", sister(period("token-lifetime", time.Second, 366*24*time.Hour)), false},
		{"JWT_HEADER_TYPE", sister(prefix), false},
		{"JWT_DECODE_LEEWAY", sister(period("leeway", 0, time.Hour)), false},
		{"JWT_REFRESH_TOKEN_EXPIRES", says("restauth has no refresh tokens; those of Flask-JWT-Extended are refused"), true},
		{"JWT_TOKEN_LOCATION", says("a token stands in the Authorization header alone"), true},
	}
}

// handlers are Flask-JWT's, and what takes their place. They are code, so it is said and
// not set.
func handlers() map[string]string {
	const never = "code of your own has no counterpart: "
	return map[string]string{
		"authentication_handler": "the user table takes its place: say where it is with --users and the settings beside it",
		"identity_handler":       "the row whose key is the token's identity takes its place",
		"auth_request_handler":   never + "a login is a JSON object, whose members --login-username-member and --login-password-member name",
		"auth_response_handler":  "say with --login-token-member what the answer calls the token, and with --login-answer flask that it holds nothing else",
		"request_handler":        never + "a token stands in the Authorization header, behind Bearer, JWT or --authorization-prefix",
		"jwt_payload_handler":    "say with --token-claims which columns a token carries",
		"jwt_headers_handler":    never + "a token's header has alg and typ",
		"jwt_encode_handler":     never + "a token is signed with the secret, as --token-algorithm says",
		"jwt_decode_handler":     never + "a token is verified with the secret, as --token-algorithm says",
		"jwt_error_handler":      never + "an error has Flask-JWT's status_code, error and description beside the members of RFC 9457",
	}
}

func known(name string) bool {
	return strings.HasPrefix(name, "JWT_") || slices.ContainsFunc(table(), func(r row) bool { return r.name == name })
}

func says(text string) counterpart {
	return func(f *Found, s setting) { f.note(s, text) }
}

// checked is a text that is taken over as it is, if it can be.
func checked(flag string, check func(string) error) counterpart {
	return func(f *Found, s setting) {
		if s.value.kind != text {
			f.note(s, "it is no text, so --"+flag+" cannot take its place")
		} else if err := check(s.value.text); err != nil {
			f.note(s, "it cannot be taken over, for --"+flag+" "+err.Error())
		} else {
			f.set(flag, s.value.text)
		}
	}
}

func checkRealm(realm string) error {
	if !problem.ValidRealm(realm) {
		return errors.New("must be 1 to 128 visible ASCII characters and blanks, without quotes and backslashes")
	}
	return nil
}

func path(f *Found, s setting) {
	if s.value.kind == none {
		f.note(s, "the application has a login of its own, in place of Flask-JWT's; if restauth is to take its place, say with --login-path where it is")
		return
	}
	checked("login-path", document.CheckPath)(f, s)
}

func algorithm(f *Found, s setting) {
	if !slices.Contains([]string{"HS256", "HS384", "HS512"}, s.value.text) {
		f.note(s, "restauth signs with a secret: HS256, HS384 or HS512; no other algorithm has a counterpart")
		return
	}
	f.set("token-algorithm", s.value.text)
}

// period is a time within bounds, in whole seconds.
func period(flag string, least, most time.Duration) counterpart {
	return func(f *Found, s setting) {
		d, is := s.value.time()
		whole := d.Truncate(time.Second)
		switch {
		case s.value.kind == boolean || s.value.kind == none:
			f.note(s, "it has no end, and a token of restauth's has: set --"+flag)
		case !is:
			f.note(s, "it is no time, so --"+flag+" cannot take its place")
		case whole < least || whole > most:
			f.note(s, fmt.Sprintf("--%s may be from %s to %s, and this is beyond", flag, spelled(least), spelled(most)))
		default:
			f.set(flag, spelled(whole))
			if whole != d {
				f.note(s, "a part of a second is left out: the times of a token are whole ones")
			}
		}
	}
}

func always(f *Found, s setting) {
	if s.value.kind == boolean && s.value.number == 1 {
		f.note(s, "nothing has to be set: signature and times are always verified")
		return
	}
	f.note(s, "signature and times are always verified: whoever could leave that out could be anybody")
}

func prefix(f *Found, s setting) {
	if strings.EqualFold(s.value.text, "JWT") || strings.EqualFold(s.value.text, "Bearer") {
		f.note(s, "nothing has to be set: JWT and Bearer are always taken")
		return
	}
	checked("authorization-prefix", func(name string) error {
		if !problem.ValidScheme(name) {
			return errors.New("must be one word (RFC 9110, section 11.1)")
		}
		return nil
	})(f, s)
}

// claims are names of claims, among those that may be.
func claims(flag, needed string, may ...string) counterpart {
	return func(f *Found, s setting) {
		names, is := s.value.texts()
		var kept, left []string
		for _, name := range names {
			if slices.Contains(may, name) && !slices.Contains(kept, name) {
				kept = append(kept, name)
			} else if !slices.Contains(kept, name) {
				left = append(left, name)
			}
		}
		switch {
		case !is:
			f.note(s, "it is no list of names, so --"+flag+" cannot take its place")
			return
		case !slices.Contains(kept, needed):
			f.note(s, "it leaves out "+needed+", which restauth never does, so --"+flag+" names it beside the others")
			kept = append(kept, needed)
		}
		f.set(flag, strings.Join(kept, ","))
		if len(left) > 0 {
			f.note(s, fmt.Sprintf("%d of its names have no counterpart: --%s may name %s", len(left), flag, strings.Join(may, ", ")))
		}
	}
}

// secret never prints one.
func secret(f *Found, s setting) {
	told := "a secret is not printed: put it into RESTAUTH_SECRET_KEY, or into a file that --secret-key-file names"
	if s.name == "SECRET_KEY" {
		told += " (unless there is a JWT_SECRET_KEY, which is stronger)"
	}
	if s.value.kind == text && len(s.value.text) < 32 {
		told += "; it is shorter than 32 bytes, so --allow-weak-secret is needed until there is a longer one"
	}
	f.note(s, told)
}

// database is where users are, without the password.
func database(f *Found, s setting) {
	u, err := url.Parse(s.value.text)
	if s.value.kind != text || err != nil {
		f.note(s, "it is no address of a database that can be read here; set RESTAUTH_USERS to mysql://user:password@host:port/database")
		return
	}
	dialect, _, _ := strings.Cut(u.Scheme, "+")
	switch dialect {
	case "sqlite":
		file := strings.TrimPrefix(u.Path, "/")
		if file == "" || u.Host != "" {
			f.note(s, "its database is in memory, or its file has no name; users have to be in a file or on a server")
			return
		}
		f.set("users", "sqlite:"+file)
		if !strings.HasPrefix(file, "/") {
			f.note(s, "a file without a slash in front is looked for in the folder that restauth is started in, and Flask looks in its own")
		}
	case "mysql", "mariadb":
		if u.Host == "" || u.User == nil || strings.Trim(u.Path, "/") == "" {
			f.note(s, "it names no host, no user or no database; set RESTAUTH_USERS to mysql://user:password@host:port/database")
			return
		}
		f.set("users", (&url.URL{Scheme: "mysql", User: url.User(u.User.Username()), Host: u.Host, Path: u.Path}).String())
		if u.RawQuery != "" {
			f.note(s, "what stands behind its ? is not taken over; the options of a database are in docs/settings.md")
		}
		if _, has := u.User.Password(); has {
			f.note(s, "the password is not printed: put it into a file that nobody else may read, and name that with --users-password-file; better, make a user that may only read the table")
		}
	default:
		f.note(s, "restauth reads tables of MySQL, MariaDB and SQLite, not of this database")
	}
}

func longPasswords(f *Found, s setting) {
	if s.value.kind == boolean && s.value.number == 1 {
		f.set("bcrypt-long-passwords", "on")
		return
	}
	f.note(s, "nothing has to be set: without it bcrypt is compared as it is")
}

// sister is a setting of Flask-JWT-Extended's.
func sister(to counterpart) counterpart {
	return func(f *Found, s setting) {
		to(f, s)
		f.set("accept", "flask-jwt,flask-jwt-extended")
		f.set("token-profile", "flask-jwt-extended")
	}
}
