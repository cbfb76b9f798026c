package users_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/users"
)

// TestOpenRefuses has every way a Config can be wrong, with the words that lead
// out. None may repeat the password, s3cret.
func TestOpenRefuses(t *testing.T) {
	for _, test := range []struct{ url, want string }{
		{"", "write mysql://user:password@host:port/database"},
		{"restauth.db", "no known scheme"},
		{"roy:s3cret@tcp(localhost)/shop", "Go's MySQL driver"},
		{"roy:s3cret", "no known scheme"},
		{"mysql+pymysql://roy:s3cret@localhost/shop", "SQLAlchemy; write mysql://roy:PASSWORD@localhost/shop in"},
		{"mysql+pymysql://roy:s3@cret@localhost/shop", "another scheme"},
		{"mariadb://roy:s3cret@local host/shop", "mysql:// serves MariaDB too"},
		{"postgres://roy:s3cret@localhost/shop", "PostgreSQL"},
		{"postgres:roy:s3cret@localhost/shop", "PostgreSQL"},
		{"postgres.db", "no known scheme"},
		{"jdbc:postgresql://localhost/shop?user=roy&password=s3cret", "PostgreSQL"},
		{"jdbc:mysql://", "another scheme, as for JDBC; write mysql://user:password@host:port/database or sqlite:FILE in"},
		{"JDBC:MariaDB://s3cret", "another scheme, as for JDBC; write"},
		{"jdbc:mysql:replication://roy:s3cret@localhost/shop", "another scheme, as for JDBC; write"},
		{"jdbc:", "another scheme, as for JDBC; write"},
		{"mysql2://", "another scheme, as for Rails; write"},
		{"mysql+pymysql://", "another scheme, as for SQLAlchemy; write"},
		{"mysql+odbc://", "another scheme; write"},
		{"mysql:roy:s3cret@localhost/shop", "malformed"},
		{"mysql://roy:s3cret%zz@localhost/shop", "malformed"},
		{"mysql://roy:s3cret#x@localhost/shop", "percent-encoded"},
		{"mysql://roy:s3cret/x@localhost/shop", "percent-encoded"},
		{"mysql://roy:s3cret?x@localhost/shop", "percent-encoded"},
		{"mysql://roy:s3cret@localhost:port/shop", "the users URL's port is not a number between 1 and 65535; write host and port as db.example:3306"},
		{"mysql://roy:s3cret@localhost:33o6/", "the users URL's port is not a number"},
		{"mysql://roy:s3cret@[::1]:33o6/shop", "the users URL's port is not a number"},
		{"mysql://roy@x:s3cret@localhost:33o6/shop", "malformed"},
		{"mysql://x@roy:s3cret/a@localhost/shop", "malformed"},
		{"mysql://roy:s3cret/shop", "malformed"},
		{"mysql://roy:s3cret@localhost:0/shop", "between 1 and 65535"},
		{"mysql://roy:s3cret@localhost:65536/shop", "between 1 and 65535"},
		{"mysql://localhost/shop", "names no database user"},
		{"mysql://:s3cret@localhost/shop", "names no database user"},
		{"mysql://roy:s3cret@/shop", "names no host"},
		{"mysql://roy:s3cret@localhost", "names no database"},
		{"mysql://roy:s3cret@localhost/", "names no database"},
		{"mysql://roy:s3cret@localhost/shop/user", "more than a database"},
		{"mysql://roy:s3cret@localhost/sh%00op", "control character"},
		{"mysql://roy:s3cret@localhost/shop?multiStatements=true", "write mysql://roy:PASSWORD@localhost/shop in"},
		{"mysql://roy:s3cret@localhost/shop?allowAllFiles=true", "known are allow-cleartext, connect-timeout"},
		{"mysql://roy:s3cret@localhost/shop?TLS=true", "write mysql://roy:PASSWORD@localhost/shop?tls=true in"},
		{"mysql://roy:s3cret@localhost/shop?tls=true&tls=false", "more than once"},
		{"mysql://roy:s3cret@localhost/shop?tls=", "no value"},
		{"mysql://roy:s3cret@localhost/shop?tls=yes", "none of false, true"},
		{"mysql://roy:s3cret@localhost/shop?a;b", "options are malformed"},
		{"mysql://roy:s3cret@localhost/shop?tls=verify-ca", "needs tls-ca"},
		{"mysql://roy:s3cret@localhost/shop?tls=skip-verify&tls-server-name=x", "no effect"},
		{"mysql://roy:s3cret@localhost/shop?tls-ca=/does/not/exist", "no such file"},
		{"mysql://roy:s3cret@localhost/shop?tls-ca=url_test.go", "no PEM certificate"},
		{"mysql://roy:s3cret@localhost/shop?tls-cert=x", "go together"},
		{"mysql://roy:s3cret@localhost/shop?tls-cert=url_test.go&tls-key=url_test.go", "tls-cert and tls-key"},
		{"mysql://roy:s3cret@localhost/shop?allow-cleartext=true", "certificate is verified"},
		{"mysql://roy:s3cret@localhost/shop?allow-cleartext=true&tls=skip-verify", "certificate is verified"},
		{"mysql://roy:s3cret@localhost/shop?allow-cleartext=true&tls=preferred", "certificate is verified"},
		{"mysql://roy:s3cret@localhost/shop?allow-cleartext=yes&tls=true", "neither true nor false"},
		{"mysql://roy:s3cret@localhost/shop?max-open=0", "number from 1"},
		{"mysql://roy:s3cret@localhost/shop?max-open=2&max-idle=3", "above max-open"},
		{"mysql://roy:s3cret@localhost/shop?timeout=5", "positive duration"},
		{"mysql://roy:s3cret@localhost/shop?read-timeout=-1s", "positive duration"},
		{"mysql://roy:s3cret@db.example/shop?socket=/run/mysqld.sock", "both a host and"},
		{"sqlite:", "names no file"},
		{"sqlite://restauth.db", "write sqlite:restauth.db in"},
		{"sqlite://a b", "sqlite:FILE"},
		{"sqlite:a\x00b", "NUL"},
	} {
		s, err := users.Open(t.Context(), users.Config{URL: test.url})
		if err == nil {
			_ = s.Close()
		}
		if !errors.Is(err, database.ErrConfig) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Open(%q) = %v, want %q", test.url, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("Open(%q) repeats the password: %v", test.url, err)
		}
		if strings.Contains(test.want, "port") && err != nil && strings.Contains(err.Error(), "percent-encoded") {
			t.Errorf("Open(%q) talks of what is not wrong: %v", test.url, err)
		}
	}
}

func TestOpenAccepts(t *testing.T) {
	for _, url := range []string{
		"mysql://roy@localhost/shop",
		"MySQL://roy:p%40%2F%3F%23%25@localhost:3307/my%20shop%2Fold",
		"mysql://roy:pw@[::1]/shop",
		"mysql://roy:pw@[::1]:3306/shop?tls=true&tls-server-name=db.example",
		"mysql://roy:pw@/shop?socket=/run/mysqld/mysqld.sock",
		"mysql://roy:pw@db.example/shop?max-open=5&max-idle=2&max-lifetime=1m&timeout=1s&connect-timeout=300ms&read-timeout=1s&write-timeout=1s",
		"mysql://roy:pw@db.example/shop?max-open=3",
		"mysql://roy:pw@db.example/shop?tls=preferred",
		"mysql://roy:pw@db.example/shop?tls=true&allow-cleartext=true",
		"mysql://roy:pw@db.example/shop?allow-cleartext=false",
		"sqlite::memory:",
	} {
		s, err := users.Open(t.Context(), users.Config{URL: url})
		if err != nil {
			t.Errorf("Open(%q) = %v", url, err)
			continue
		}
		if err := s.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	}
}

func TestOpenRefusesNames(t *testing.T) {
	for want, cfg := range map[string]users.Config{
		"longer than 64":    {Table: strings.Repeat("t", 65)},
		"is empty":          {Table: ".user"},
		"control character": {IDColumn: "i\x00d"},
		"ends with a space": {UsernameColumn: "name "},
		"is not UTF-8":      {PasswordColumn: "\xff"},
		"no database allow": {Table: "😀"},
	} {
		cfg.URL = "mysql://roy:s3cret@localhost/shop"
		_, err := users.Open(t.Context(), cfg)
		if !errors.Is(err, database.ErrConfig) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "RESTAUTH_USERS_") {
			t.Errorf("Open(%+v) = %v, want %q and the setting", cfg, err, want)
		}
	}
	_, err := users.Open(t.Context(), users.Config{URL: "sqlite::memory:", Table: "main.user"})
	if !errors.Is(err, database.ErrConfig) {
		t.Errorf("Open(sqlite, main.user) = %v, want ErrConfig", err)
	}
}
