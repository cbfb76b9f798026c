package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"
)

// mySQL is the engine for MySQL 8.4 and newer and MariaDB 10.11 and newer.
type mySQL struct {
	target target
	names  names
	plugin *pluginNote
}

func openMySQL(cfg Config, n names) (*Store, error) {
	t, err := parseMySQL(cfg)
	if err != nil {
		return nil, err
	}
	e := mySQL{target: t, names: n, plugin: new(pluginNote)}
	hardenDriver(t.driver, t.timeout)
	t.driver.Logger = e.plugin // errors are returned, and logged once above
	if err := t.driver.Apply(mysql.BeforeConnect(ownConfig)); err != nil {
		return nil, setup(ErrConfig, "the users URL is not accepted by the MySQL driver; %s", mysqlForm)
	}
	connector, err := mysql.NewConnector(t.driver)
	if err != nil {
		// The driver says which field; it has no reason to, but could say the
		// password too.
		return nil, setup(ErrConfig, "the users URL is not accepted by the MySQL driver; %s", mysqlForm)
	}
	db := sql.OpenDB(dialer{connector})
	db.SetMaxOpenConns(t.maxOpen)
	db.SetMaxIdleConns(t.maxIdle)
	db.SetConnMaxLifetime(t.maxLifetime)
	cfg.Timeout = t.timeout
	return newStore(e, n, cfg, sqlx.NewDb(db, "mysql"), nil), nil
}

// ownConfig gives each connection a copy of the driver's settings: with
// tls=preferred the driver changes those of a connection whose server has no TLS,
// which all later ones would do without then.
func ownConfig(context.Context, *mysql.Config) error { return nil }

// hardenDriver sets what no URL may change.
func hardenDriver(cfg *mysql.Config, timeout time.Duration) {
	cfg.AllowAllFiles = false           // a hostile server may ask for files
	cfg.AllowCleartextPasswords = false // nor for the password as it is
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

// exactly compares bytes in the connection's character set, whatever the
// column's is.
func (mySQL) exactly(column string) string {
	return "(CAST(CONVERT(" + column + " USING utf8mb4) AS BINARY) = CAST(? AS BINARY))"
}

func (mySQL) inexpressible(err error) bool {
	number := mysqlNumber(err)
	return number == erMixOfCollations || number == erImpossibleConversion
}

// transient: database/sql itself tries again where nothing was sent yet; these
// are the connections that died with a query in flight.
func (mySQL) transient(err error) bool {
	switch mysqlNumber(err) {
	case erServerShutdown, erConnectionKilled, erIdleDisconnect, erPrepareAgain:
		return true
	}
	return errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, driver.ErrBadConn)
}

func (mySQL) unsuitable(role columnRole, databaseType string) string {
	if role == roleID {
		switch strings.TrimPrefix(databaseType, "UNSIGNED ") {
		case "TINYINT", "SMALLINT", "MEDIUMINT", "INT", "BIGINT":
			return ""
		}
		return "ids must be whole numbers"
	}
	switch databaseType {
	case "CHAR", "VARCHAR", "TINYTEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT",
		"BINARY", "VARBINARY", "TINYBLOB", "BLOB", "MEDIUMBLOB", "LONGBLOB":
		return ""
	}
	return "it must hold text"
}

// readable tries a column without reading a row.
func readable(ctx context.Context, s *Store, column string) error {
	rows, err := s.db.QueryContext(ctx, fmt.Sprintf("SELECT %s FROM %s LIMIT 0", column, s.names.table))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	return rows.Err()
}

func (e mySQL) check(ctx context.Context, s *Store) error {
	if err := s.db.PingContext(ctx); err != nil {
		return e.explainConnect(ctx, err)
	}
	for role, column := range []string{s.names.id, s.names.username, s.names.password} {
		if err := readable(ctx, s, column); err != nil {
			return e.explainColumn(ctx, s, columnRole(role), err)
		}
	}
	if err := s.verifyColumns(ctx); err != nil {
		if errors.Is(err, ErrColumnType) {
			return err
		}
		return s.wrap(ctx, "read the user table", e.plain(ctx, err))
	}
	return nil
}
