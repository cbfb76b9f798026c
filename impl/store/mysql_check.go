package store

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/restauth/restauth/impl/account"
)

// ErrNoTLS means that the server cannot speak the TLS the URL asks for. It comes
// with account.ErrUnavailable, but no waiting will help.
var ErrNoTLS = errors.New("server without TLS")

// explainConnect turns a failed connection into a sentence that says what to do.
func (e mySQL) explainConnect(ctx context.Context, err error) error {
	cfg := e.target.driver
	switch mysqlNumber(err) {
	case erUnknownDatabase:
		return setup(ErrUnknownDatabase, "database %s does not exist on %s; correct the name at the end of the URL in --users or RESTAUTH_USERS", quote(cfg.DBName), cfg.Addr)
	case erAccessDenied, erAccessDeniedNoPass:
		return setup(ErrAccessDenied, "%s refuses database user %q with this password; correct user and password in --users or RESTAUTH_USERS", cfg.Addr, cfg.User)
	case erAccountLocked, erAccountLockedMariaDB:
		return setup(ErrAccessDenied, "database user %q is locked on %s; unlock it with ALTER USER ... ACCOUNT UNLOCK", cfg.User, cfg.Addr)
	case erHostNotPrivileged:
		return setup(ErrAccessDenied, "%s lets nobody in from this machine's address; create the database user for this host, or for '%%'", cfg.Addr)
	case erDatabaseAccessDenied:
		return setup(ErrNoGrant, "database user %q may not use database %s, or there is none; %s", cfg.User, quote(cfg.DBName), "grant it SELECT on the user table, or correct the URL in --users or RESTAUTH_USERS")
	}
	if errors.Is(err, mysql.ErrNoTLS) {
		return fmt.Errorf("%w: %w", account.ErrUnavailable, setup(ErrNoTLS, "%s does not support TLS, which the users URL asks for; give the server a certificate, or write tls=false in the URL if the way there is safe", e.target.where()))
	}
	if err := ctx.Err(); errors.Is(err, context.Canceled) {
		return fmt.Errorf("connect to the user database: %w", err)
	}
	return fmt.Errorf("%w: cannot connect to %s: %w; %s", account.ErrUnavailable, e.target.where(), e.plain(ctx, err), connectHint(err))
}

// plain says what an expired time-out means; the driver may have seen no more
// of it than a torn connection.
func (e mySQL) plain(ctx context.Context, err error) error {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("no answer within %v", e.target.timeout)
	}
	return err
}

func connectHint(err error) string {
	var (
		authority    x509.UnknownAuthorityError
		name         x509.HostnameError
		verification *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &authority):
		return "name the authority that signed the server's certificate with tls-ca=FILE in the URL"
	case errors.As(err, &name):
		return "name the host that the server's certificate is for with tls-server-name=NAME, or trust its authority for any name with tls=verify-ca&tls-ca=FILE"
	case errors.As(err, &verification):
		return "renew the server's certificate, or correct tls-ca=FILE in the URL"
	default:
		return "start the server, or correct host and port in --users or RESTAUTH_USERS"
	}
}

// explainColumn turns a failed SELECT of one column into a sentence.
func (e mySQL) explainColumn(ctx context.Context, s *Store, role columnRole, err error) error {
	schema := orDefault(s.names.schema, e.target.driver.DBName)
	switch mysqlNumber(err) {
	case erUnknownDatabase:
		return setup(ErrUnknownDatabase, "database %s does not exist on %s; correct %s", quote(schema), e.target.driver.Addr, setting("users-table"))
	case erNoSuchTable:
		return setup(ErrTableMissing, "table %s not found in database %s%s; name it with %s", quote(s.names.plainTable), quote(schema), tablesHint(ctx, s, schema), setting("users-table"))
	case erTableAccessDenied, erDatabaseAccessDenied:
		return setup(ErrNoGrant, "database user %q may not read table %s in database %s, or there is none%s; %s, or correct %s",
			e.target.driver.User, quote(s.names.plainTable), quote(schema), tablesHint(ctx, s, schema), grantHint(ctx, s, schema), setting("users-table"))
	case erColumnAccessDenied:
		return setup(ErrNoGrant, "database user %q may not read column %s of table %s, or there is none; %s, or correct %s",
			e.target.driver.User, s.names.column(role), s.names.table, grantHint(ctx, s, schema), setting(columnSetting[role]))
	case erUnknownColumn:
		return setup(ErrColumnMissing, "table %s has no column %s%s; name the right one with %s",
			s.names.table, s.names.column(role), columnsHint(ctx, s, schema), setting(columnSetting[role]))
	}
	return s.wrap(ctx, "read the user table", e.plain(ctx, err))
}

// grantHint is the statement that an administrator would run.
func grantHint(ctx context.Context, s *Store, schema string) string {
	who := "the database user"
	var name string
	if err := s.db.GetContext(ctx, &name, "SELECT CURRENT_USER()"); err == nil {
		if user, host, ok := strings.Cut(name, "@"); ok {
			who = "'" + user + "'@'" + host + "'"
		}
	}
	return fmt.Sprintf("run GRANT SELECT (%s, %s, %s) ON %s.%s TO %s",
		s.names.id, s.names.username, s.names.password, quote(schema), quote(s.names.plainTable), who)
}

// mostTables is how many tables an error lists.
const mostTables = 20

// tablesHint lists the tables that the database does have, as far as the
// database user may see them.
func tablesHint(ctx context.Context, s *Store, schema string) string {
	var tables []string
	err := s.db.SelectContext(ctx, &tables, fmt.Sprintf(
		"SELECT table_name FROM information_schema.tables WHERE table_schema = ? ORDER BY table_name LIMIT %d", mostTables+1), schema)
	// A name can hold what would move the cursor of whoever reads it.
	tables = slices.DeleteFunc(tables, func(name string) bool { return validName(name, "", "") != nil })
	if err != nil || len(tables) == 0 {
		return ""
	}
	if len(tables) > mostTables {
		tables = append(tables[:mostTables], "...")
	}
	return " (it has " + strings.Join(tables, ", ") + ")"
}

// columnsHint lists the columns that the table does have, as far as the
// database user may see them.
func columnsHint(ctx context.Context, s *Store, schema string) string {
	var columns []string
	err := s.db.SelectContext(ctx, &columns,
		"SELECT column_name FROM information_schema.columns WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position LIMIT 30",
		schema, s.names.plainTable)
	if err != nil || len(columns) == 0 {
		return ""
	}
	return " (it has " + strings.Join(columns, ", ") + ")"
}
