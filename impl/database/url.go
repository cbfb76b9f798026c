package database

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

// hintForScheme answers a URL that is neither mysql: nor sqlite:. It must not
// repeat the URL, which may hold a password.
func hintForScheme(raw string) string {
	const forms = "write mysql://user:password@host:port/database or sqlite:FILE in " + "--users or RESTAUTH_USERS"
	name, _, isURL := strings.Cut(strings.ToLower(raw), "://")
	if !isURL && !strings.HasPrefix(name, "jdbc:") {
		_, name = splitURL(raw)
	}
	program, known := programs()[name]
	switch scheme := strings.TrimPrefix(name, "jdbc:"); {
	case known:
		return "the users URL starts with another scheme, as for " + program + "; " + forms + " (mysql:// serves MariaDB too)"
	case strings.HasPrefix(scheme, "mysql+"), strings.HasPrefix(scheme, "mariadb"):
		return "the users URL starts with another scheme; " + forms + " (mysql:// serves MariaDB too)"
	case strings.HasPrefix(scheme, "postgres"):
		return "PostgreSQL is not supported; " + forms
	case scheme != name:
		return "the users URL starts with another scheme, as for JDBC; " + forms
	default:
		return "the users URL has no known scheme; " + forms
	}
}

const mysqlForm = "write mysql://user:password@host:port/database in --users or RESTAUTH_USERS, " +
	"with special characters in user, password and database percent-encoded (@ as %40, / as %2F, # as %23, ? as %3F, % as %25)"

const portForm = "is not a number between 1 and 65535; write host and port as db.example:3306, or leave the port out for 3306"

// target is a mysql:// URL taken apart.
type target struct {
	driver      *mysql.Config // with the first host
	hosts       []string      // host:port of each, or the socket
	serverName  string        // what certificates name, "" for the host
	verified    bool          // the server's certificate is checked
	cleartext   bool          // a server may have the password as it is
	writes      bool
	timeout     time.Duration
	maxOpen     int
	maxIdle     int
	maxLifetime time.Duration
}

// parseMySQL parses a mysql:// URL. No error repeats the URL or a part of it
// that may be secret; net/url's own errors would.
func parseMySQL(cfg Config) (target, error) {
	one, hosts := splitHosts(cfg.URL)
	u, err := url.Parse(one)
	if err != nil || u.Opaque != "" || !ownOptions(u.RawQuery) {
		if line := translate(cfg.URL); line != "" {
			return target{}, Sentence(ErrConfig, "%s", line)
		}
	}
	switch {
	case err != nil && onlyPort(cfg.URL):
		return target{}, Sentence(ErrConfig, "the users URL's port %s", portForm)
	case err != nil, u.Opaque != "":
		return target{}, Sentence(ErrConfig, "the users URL is malformed; %s", mysqlForm)
	case u.Fragment != "" || strings.Contains(cfg.URL, "#"):
		return target{}, Sentence(ErrConfig, "the users URL holds a bare #; %s", mysqlForm)
	case u.User == nil || u.User.Username() == "":
		return target{}, Sentence(ErrConfig, "the users URL names no database user; %s", mysqlForm)
	}
	t := target{driver: mysql.NewConfig(), writes: cfg.Writes, timeout: cfg.Timeout, maxOpen: cfg.MaxOpen, maxIdle: cfg.MaxIdle, maxLifetime: cfg.MaxLifetime}
	t.driver.User = u.User.Username()
	t.driver.Passwd, _ = u.User.Password()
	if cfg.Password != "" {
		t.driver.Passwd = cfg.Password
	}
	if t.driver.DBName, err = databaseName(u); err != nil {
		return target{}, err
	}
	options, err := parseOptions(u.RawQuery)
	if err != nil {
		return target{}, err
	}
	if err := t.address(hosts, options["socket"]); err != nil {
		return target{}, err
	}
	if err := t.apply(options); err != nil {
		return target{}, err
	}
	return t, nil
}

// onlyPort reports that a URL would be well formed without its port. With a second @
// that may be a part of a password.
func onlyPort(raw string) bool {
	scheme, rest, _ := strings.Cut(raw, "://")
	authority := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority = rest[:end]
	}
	at, colon := strings.LastIndexByte(authority, '@'), strings.LastIndexByte(authority, ':')
	if at < 0 || colon < at || strings.Count(raw, "@") > 1 {
		return false
	}
	_, err := url.Parse(scheme + "://" + authority[:colon] + rest[len(authority):])
	return err == nil
}

func databaseName(u *url.URL) (string, error) {
	segment := strings.TrimPrefix(u.EscapedPath(), "/")
	name, err := url.PathUnescape(segment)
	switch {
	case segment == "":
		return "", Sentence(ErrConfig, "the users URL names no database; %s", mysqlForm)
	case err != nil, strings.Contains(segment, "/"):
		return "", Sentence(ErrConfig, "the users URL has more than a database after its host; %s", mysqlForm)
	}
	return name, ValidName(name, "database name", "users")
}

// address sets where to connect: to hosts, or to a socket and none of them.
func (t *target) address(hosts []string, socket string) error {
	named := len(hosts) > 1 || hosts[0] != ""
	if socket != "" {
		if named && !slices.Equal(hosts, []string{"localhost"}) {
			return Sentence(ErrConfig, "the users URL has both a host and the option socket; leave one out")
		}
		t.driver.Net, t.driver.Addr, t.hosts = "unix", socket, []string{socket}
		return nil
	}
	if !named {
		return Sentence(ErrConfig, "the users URL names no host; %s", mysqlForm)
	}
	var err error
	if t.hosts, err = addresses(hosts); err != nil {
		return err
	}
	t.driver.Net, t.driver.Addr = "tcp", t.hosts[0]
	return nil
}

// knownOptions are the names of those that a mysql:// URL may carry.
func knownOptions() []string {
	var known []string
	for _, o := range Options() {
		known = append(known, o.Name)
	}
	return known
}

// ownOptions reports that no option is one that only other programs know.
func ownOptions(query string) bool {
	values, err := url.ParseQuery(query)
	for name := range values {
		if !slices.Contains(knownOptions(), name) {
			return false
		}
	}
	return err == nil
}

// parseOptions takes each known option once. An option that is not known may be
// a misspelt tls, so it is never passed over.
func parseOptions(query string) (map[string]string, error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, Sentence(ErrConfig, "the users URL's options are malformed; write ?name=value&name=value")
	}
	options := make(map[string]string, len(values))
	for name, given := range values {
		switch {
		case !slices.Contains(knownOptions(), name):
			return nil, Sentence(ErrConfig, "unknown option %.40q in the users URL; known are %s", name, strings.Join(knownOptions(), ", "))
		case len(given) != 1:
			return nil, Sentence(ErrConfig, "option %s stands more than once in the users URL", name)
		case given[0] == "":
			return nil, Sentence(ErrConfig, "option %s in the users URL has no value", name)
		}
		options[name] = given[0]
	}
	return options, nil
}

// apply sets everything that options say beside the address.
func (t *target) apply(options map[string]string) error {
	if err := duration(options, "timeout", &t.timeout); err != nil {
		return err
	}
	// Every call is bounded already. These are for connections that are made
	// in the background, where no call's time-out reaches; longer, so that
	// they never come first.
	t.driver.Timeout, t.driver.ReadTimeout, t.driver.WriteTimeout = 2*t.timeout, 2*t.timeout, 2*t.timeout
	if t.writes {
		// A commit may wait until the nodes of a cluster agree which of them are there.
		t.driver.ReadTimeout = max(t.driver.ReadTimeout, WriteLimit)
	}
	for name, into := range map[string]*time.Duration{
		"connect-timeout": &t.driver.Timeout,
		"read-timeout":    &t.driver.ReadTimeout,
		"write-timeout":   &t.driver.WriteTimeout,
		"max-lifetime":    &t.maxLifetime,
	} {
		if err := duration(options, name, into); err != nil {
			return err
		}
	}
	if err := count(options, "max-open", &t.maxOpen); err != nil {
		return err
	}
	if _, given := options["max-idle"]; !given {
		t.maxIdle = min(t.maxIdle, t.maxOpen)
	}
	if err := count(options, "max-idle", &t.maxIdle); err != nil {
		return err
	}
	if t.maxIdle > t.maxOpen {
		return Sentence(ErrConfig, "max-idle in the users URL is above max-open, %d", t.maxOpen)
	}
	if err := t.applyTLS(options); err != nil {
		return err
	}
	return t.applyCleartext(options["allow-cleartext"])
}

// applyCleartext lets the password go out as it is, as IAM, LDAP and PAM want it, to a
// server that has shown who it is and to nobody else.
func (t *target) applyCleartext(value string) error {
	switch {
	case value == "", value == "false":
		return nil
	case value != "true":
		return Sentence(ErrConfig, "option allow-cleartext in the users URL is neither true nor false")
	case !t.verified:
		return Sentence(ErrConfig, "allow-cleartext=true in the users URL hands the database password to whoever answers, unless the server's certificate is verified; write tls=true beside it, with tls-ca=FILE where the certificate is from an authority of your own or of your cloud's, or tls=verify-ca&tls-ca=FILE")
	}
	t.cleartext = true
	return nil
}

func duration(options map[string]string, name string, into *time.Duration) error {
	text, given := options[name]
	if !given {
		return nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return Sentence(ErrConfig, "option %s in the users URL is not a positive duration such as 500ms, 2s or 5m", name)
	}
	*into = d
	return nil
}

func count(options map[string]string, name string, into *int) error {
	text, given := options[name]
	if !given {
		return nil
	}
	const most = 10_000
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return Sentence(ErrConfig, "option %s in the users URL is not a number from 1 to %d", name, most)
	}
	*into = n
	return nil
}

// at names one of the target's hosts for messages: no user, no password.
func (t target) at(host string) string { return fmt.Sprintf("%s (database %q)", host, t.driver.DBName) }
