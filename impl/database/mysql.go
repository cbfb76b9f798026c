package database

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"
)

// MySQL is a database on MySQL 8.4 and newer or MariaDB 10.11 and newer.
type MySQL struct {
	// DB connects when it is asked something.
	DB *sqlx.DB

	target target
	hosts  *hosts
	cfg    Config
	plugin *pluginNote
}

// OpenMySQL prepares the use of a mysql:// URL. It connects to nobody yet. A
// Config that cannot work is ErrConfig.
func OpenMySQL(ctx context.Context, cfg Config) (*MySQL, error) {
	cfg = cfg.withDefaults()
	m, err := openMySQL(ctx, cfg)
	return m, cfg.as(err)
}

func openMySQL(ctx context.Context, cfg Config) (*MySQL, error) {
	t, err := parseMySQL(cfg)
	if err != nil {
		return nil, err
	}
	m := &MySQL{target: t, cfg: cfg, plugin: new(pluginNote)}
	hardenDriver(t.driver, t.timeout)
	t.driver.AllowCleartextPasswords = t.cleartext
	t.driver.Logger = m.plugin // errors are returned, and logged once above
	if err := t.driver.Apply(mysql.BeforeConnect(m.beforeConnect)); err != nil {
		return nil, Sentence(ErrConfig, "the users URL is not accepted by the MySQL driver; %s", mysqlForm)
	}
	if m.hosts, err = openHosts(ctx, &m.target, cfg.Writes, cfg.Logger); err != nil {
		// The driver says which field; it has no reason to, but could say the
		// password too.
		return nil, Sentence(ErrConfig, "the users URL is not accepted by the MySQL driver; %s", mysqlForm)
	}
	db := sql.OpenDB(m.hosts)
	db.SetMaxOpenConns(t.maxOpen)
	db.SetMaxIdleConns(t.maxIdle)
	db.SetConnMaxLifetime(t.maxLifetime)
	m.DB = sqlx.NewDb(db, "mysql")
	return m, nil
}

// Timeout bounds each call: Config's, or what the URL says.
func (m *MySQL) Timeout() time.Duration { return m.target.timeout }

// User is the database user.
func (m *MySQL) User() string { return m.target.driver.User }

// Address is where the server is; of several hosts, the one that err is from.
func (m *MySQL) Address(err error) string { return addressOf(err, m.target.driver.Addr) }

// Database is the name at the end of the URL.
func (m *MySQL) Database() string { return m.target.driver.DBName }

// beforeConnect is told of each connection before it is made, and gets a copy of the
// driver's settings for it alone. There has to be one: with tls=preferred the driver
// changes the settings of a connection whose server has no TLS, which all later ones
// would do without then.
func (m *MySQL) beforeConnect(_ context.Context, own *mysql.Config) error {
	if m.cfg.PasswordOf == nil {
		return nil
	}
	password, err := m.cfg.PasswordOf()
	if err != nil {
		return passwordError{err}
	}
	own.Passwd = password
	return nil
}

// passwordError is why there was no password to connect with.
type passwordError struct{ error }

func (e passwordError) Unwrap() error { return e.error }

// hardenDriver sets what no URL may change.
func hardenDriver(cfg *mysql.Config, timeout time.Duration) {
	cfg.AllowAllFiles = false           // a hostile server may ask for files
	cfg.AllowCleartextPasswords = false // nor for the password as it is, unless the URL says so
	cfg.AllowOldPasswords = false
	cfg.AllowNativePasswords = true // MariaDB's usual way; MySQL 9 has its own
	cfg.MultiStatements = false
	cfg.InterpolateParams = false // values travel apart from the SQL
	cfg.ParseTime = true
	cfg.CheckConnLiveness = true
	cfg.ConnectionAttributes = "program_name:restauth"

	// One SET at connecting. The SQL mode is fixed rather than extended: a
	// server's PAD_CHAR_TO_FULL_LENGTH would change the names that come back.
	// A server may be told to ignore the character set of the handshake, so it
	// is said again.
	cfg.Params = map[string]string{
		"sql_mode":                 "'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'" + serverLimit(timeout),
		"character_set_client":     "utf8mb4",
		"character_set_connection": "utf8mb4",
		"character_set_results":    "utf8mb4",
	}
}

// serverLimit has the server give up a query when nobody waits for it any
// longer, which matters when the name column has no index. The two engines call
// the setting differently, so each hides in a comment that only the other
// skips: MariaDB passes over /*!5.7.0 to 9.99.99*/, MySQL over /*M!*/.
func serverLimit(timeout time.Duration) string {
	ms := max(timeout.Milliseconds(), 1)
	return fmt.Sprintf(" /*!80000 , max_execution_time = %d */ /*M!100101 , max_statement_time = %d.%03d */", ms, ms/1000, ms%1000)
}

// Local reports whether all that is said to the server stays on this machine.
func (m *MySQL) Local() bool {
	if m.target.driver.Net == "unix" {
		return true
	}
	for _, host := range m.target.hosts {
		name, _, _ := net.SplitHostPort(host)
		if ip := net.ParseIP(name); name != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return false
		}
	}
	return true
}

// Verified reports whether the server's certificate is checked.
func (m *MySQL) Verified() bool { return m.target.verified }
