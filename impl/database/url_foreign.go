package database

import (
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/go-sql-driver/mysql"
)

// foreignURL is a database URL of another program's, taken apart. Everything in it is
// known to hold no password, so that it may be shown.
type foreignURL struct {
	program          string // who writes it so
	user, host, port string
	hosts            []string // where there are several, with their ports
	database         string
	options          url.Values
}

// later compiles a pattern when it is first asked for: each process that starts, the
// hashing one too, would hold it, and hardly any asks.
func later(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// What may be shown. Whatever else a part holds may belong to a password that was
// not written as a URL wants it.
var (
	plainName = later(`^[A-Za-z0-9_.$-]{1,64}$`)
	plainHost = later(`^[A-Za-z0-9._:-]{1,255}$`)
	// With its port, and an IPv6 address in brackets.
	plainHosts = later(`^(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,255})(:[0-9]{1,5})?$`)
	plainPort  = later(`^[0-9]{1,5}$`)
	plainFile  = later(`^[A-Za-z0-9_./-]{1,200}$`)
)

// translate answers a URL that another program would understand with the line to
// write instead; "" where it is none of those, or may not be shown.
func translate(raw string) string {
	if line, program := translateSQLite(raw); line != "" {
		return "the users URL is written as for " + program + "; write " + line + " in " + Setting("users")
	}
	f, ok := parseForeign(raw)
	if !ok {
		return ""
	}
	line, left, ok := f.line()
	if !ok {
		return ""
	}
	text := "the users URL is written as for " + f.program + "; write " + line + " in " + Setting("users") +
		", with the password percent-encoded in the place of PASSWORD, or without :PASSWORD and the password in a file that --users-password-file names"
	if strings.Contains(line, "tls=skip-verify") {
		text += "; tls=skip-verify encrypts without asking who answers, as that did: tls=true asks"
	}
	if len(left) > 0 {
		text += " (" + strings.Join(left, ", ") + " left out: restauth needs none of that)"
	}
	return text
}

// translateSQLite does the same for a file: three slashes stand for a path from
// where the program was started, four for one from the root.
func translateSQLite(raw string) (line, program string) {
	for _, form := range []struct{ prefix, program string }{
		{"sqlite:///", "SQLAlchemy, Django or Laravel"}, {"sqlite+pysqlite:///", "SQLAlchemy"}, {"sqlite+aiosqlite:///", "SQLAlchemy"},
		{"sqlite://", "another program"}, {"sqlite3:///", "Rails"}, {"sqlite3://", "Rails"}, {"sqlite3:", "Rails"},
		{"jdbc:sqlite:", "JDBC"}, {"file:", "Prisma"},
	} {
		if len(raw) < len(form.prefix) || !strings.EqualFold(raw[:len(form.prefix)], form.prefix) {
			continue
		}
		file, _, _ := strings.Cut(raw[len(form.prefix):], "?")
		switch {
		case file == "" && strings.HasSuffix(form.prefix, "/") || file == memory:
			return "sqlite:" + memory, form.program
		case plainFile().MatchString(file):
			return "sqlite:" + file, form.program
		}
		return "", ""
	}
	return "", ""
}

// programs are the schemes that stand for mysql:// elsewhere.
func programs() map[string]string {
	return map[string]string{
		"mysql": "another program", "mysql2": "Rails", "trilogy": "Rails", "mariadb": "MariaDB's connectors", "mysqlx": "MySQL's X DevAPI",
		"mysql+pymysql": "SQLAlchemy", "mysql+mysqldb": "SQLAlchemy", "mysql+mysqlconnector": "SQLAlchemy", "mysql+aiomysql": "SQLAlchemy",
		"mysql+asyncmy": "SQLAlchemy", "mysql+cymysql": "SQLAlchemy", "mysql+pyodbc": "SQLAlchemy", "mysql+mariadbconnector": "SQLAlchemy",
		"mariadb+pymysql": "SQLAlchemy", "mariadb+mysqldb": "SQLAlchemy", "mariadb+mariadbconnector": "SQLAlchemy", "mariadb+aiomysql": "SQLAlchemy", "mariadb+asyncmy": "SQLAlchemy",
		"mysql-connector": "Django", "mysqlgis": "Django", "pdo-mysql": "Doctrine",
		"jdbc:mysql": "JDBC", "jdbc:mariadb": "JDBC",
	}
}

func parseForeign(raw string) (foreignURL, bool) {
	if f, ok := parsePairs(raw); ok {
		return f, f.plain()
	}
	scheme, rest, isURL := strings.Cut(raw, "://")
	if !isURL {
		return parseDSN(raw)
	}
	program, known := programs()[strings.ToLower(scheme)]
	// More than one @, and where the password ends is a guess.
	if !known || strings.Count(rest, "@") > 1 {
		return foreignURL{}, false
	}
	one, hosts := splitHosts("mysql://" + rest)
	u, err := url.Parse(one)
	if err != nil || u.Fragment != "" || strings.Contains(rest, "#") {
		return foreignURL{}, false
	}
	options, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return foreignURL{}, false
	}
	f := foreignURL{program: program, host: u.Hostname(), port: u.Port(), database: strings.TrimPrefix(u.EscapedPath(), "/"), options: options}
	if len(hosts) > 1 {
		f.hosts = hosts
	}
	if u.User != nil {
		f.user = u.User.Username()
	}
	if program == "JDBC" { // user and password stand among the options there
		f.user = firstOf(f.user, options.Get("user"))
		options.Del("user")
		options.Del("password")
	}
	return f, f.plain()
}

func firstOf(values ...string) string {
	for _, value := range values {
		if value != "" {
			return value
		}
	}
	return ""
}

// parseDSN parses user:password@tcp(host:port)/database?options.
func parseDSN(raw string) (foreignURL, bool) {
	cfg, err := mysql.ParseDSN(raw)
	if err != nil || !strings.Contains(raw, "@") || cfg.User == "" || cfg.DBName == "" {
		return foreignURL{}, false
	}
	f := foreignURL{program: "Go's MySQL driver", user: cfg.User, database: cfg.DBName, options: make(url.Values)}
	if _, query, found := strings.Cut(raw[strings.LastIndexByte(raw, '/'):], "?"); found {
		if f.options, err = url.ParseQuery(query); err != nil {
			return foreignURL{}, false
		}
	}
	switch cfg.Net {
	case "tcp":
		if f.host, f.port, err = net.SplitHostPort(cfg.Addr); err != nil {
			return foreignURL{}, false
		}
	case "unix":
		f.options.Set("unix_socket", cfg.Addr)
	default:
		return foreignURL{}, false
	}
	return f, f.plain()
}

// pairs are settings that some programs keep one by one: Laravel and others in
// DB_HOST=..., Django in a dict, PDO in host=...;
var pairs = later(`(?i)['"]?\b(DB_)?(HOST|PORT|USER|USERNAME|NAME|DATABASE|DBNAME|SOCKET|UNIX_SOCKET)['"]?\s*[:=]\s*['"]?([A-Za-z0-9_./$-]*)(['"\s;,}]|$)`)

// parsePairs finds such settings. Passwords are none of those that it looks for.
func parsePairs(raw string) (foreignURL, bool) {
	f := foreignURL{options: make(url.Values)}
	switch lower := strings.ToLower(raw); {
	case strings.Contains(lower, "db_host=") || strings.Contains(lower, "db_database="):
		f.program = "Laravel"
	case strings.HasPrefix(strings.TrimSpace(raw), "{"):
		f.program = "Django"
	case strings.HasPrefix(lower, "mysql:") && strings.Contains(lower, "dbname="):
		f.program = "PHP's PDO"
	default:
		return foreignURL{}, false
	}
	for _, found := range pairs().FindAllStringSubmatch(strings.TrimPrefix(raw, "mysql:"), -1) {
		switch value := found[3]; strings.ToUpper(found[2]) {
		case "HOST":
			f.host = value
		case "PORT":
			f.port = value
		case "USER", "USERNAME":
			f.user = value
		case "NAME", "DATABASE", "DBNAME":
			f.database = value
		case "SOCKET", "UNIX_SOCKET":
			if value != "" {
				f.options.Set("unix_socket", value)
			}
		}
	}
	f.user = firstOf(f.user, "USER")
	return f, true
}

// plain reports that all parts are such as may be shown.
func (f *foreignURL) plain() bool {
	local := f.socket() != ""
	for _, host := range f.hosts {
		if _, mistake := address(host); mistake != "" || !plainHosts().MatchString(host) {
			return false
		}
	}
	return plainName().MatchString(f.user) && plainName().MatchString(f.database) && (local && f.host == "" || plainHost().MatchString(f.host)) &&
		(f.port == "" || plainPort().MatchString(f.port)) && (!local || plainFile().MatchString(f.socket()))
}

// socket is the option that names one, by whatever name.
func (f *foreignURL) socket() string {
	for _, name := range []string{"unix_socket", "unixSocket", "socket", "localSocket"} {
		if value := f.options.Get(name); value != "" {
			return value
		}
	}
	return ""
}

// line is what to write, and the options that have no place in it.
func (f *foreignURL) line() (line string, left []string, ok bool) {
	host := f.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if f.port != "" {
		host += ":" + f.port
	}
	if len(f.hosts) > 0 {
		host = strings.Join(f.hosts, ",")
	}
	if f.socket() != "" {
		host = "" // a socket and a host do not go together
	}
	ours, left, ok := f.translateOptions()
	if !ok {
		return "", nil, false
	}
	line = "mysql://" + f.user + ":PASSWORD@" + host + "/" + f.database
	if len(ours) > 0 {
		line += "?" + strings.Join(ours, "&")
	}
	slices.Sort(left)
	return line, left, true
}
