package users_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/users"
)

// TestForeignURLs: a URL as another program writes it is answered with the line to
// write here. The forms are those of the programs' own documentation; s3cret is
// the password, which no answer may hold.
func TestForeignURLs(t *testing.T) {
	for _, c := range []struct{ given, line, say string }{
		// https://docs.sqlalchemy.org/en/20/dialects/mysql.html
		{"mysql+pymysql://roy:s3cret@localhost/shop?charset=utf8mb4", "mysql://roy:PASSWORD@localhost/shop", "(charset left out"},
		{"mysql+mysqldb://roy:s3cret@db.example:3307/shop?ssl_ca=/home/gord/ca.pem&ssl_cert=/home/gord/c.pem&ssl_key=/home/gord/k.pem", "mysql://roy:PASSWORD@db.example:3307/shop?tls-ca=/home/gord/ca.pem&tls-cert=/home/gord/c.pem&tls-key=/home/gord/k.pem", "SQLAlchemy"},
		{"mysql+pymysql://roy:s3cret@localhost/shop?ssl_ca=/etc/ca.pem&ssl_verify_identity=true", "mysql://roy:PASSWORD@localhost/shop?tls=true&tls-ca=/etc/ca.pem", ""},
		{"mysql+pymysql://roy:s3cret@localhost/shop?ssl_ca=/etc/ca.pem&ssl_check_hostname=false&ssl_verify_cert=true", "mysql://roy:PASSWORD@localhost/shop?tls=verify-ca&tls-ca=/etc/ca.pem", ""},
		{"mysql+pymysql://roy:s3cret@/shop?unix_socket=/run/mysqld/mysqld.sock", "mysql://roy:PASSWORD@/shop?socket=/run/mysqld/mysqld.sock", ""},
		{"mysql+asyncmy://roy:s3cret@localhost/shop?ssl=true", "mysql://roy:PASSWORD@localhost/shop?tls=true", ""},
		{"mariadb+mariadbconnector://roy:s3cret@127.0.0.1:3306/shop?connect_timeout=10", "mysql://roy:PASSWORD@127.0.0.1:3306/shop?connect-timeout=10s", ""},
		// https://github.com/jazzband/dj-database-url and Django's DATABASES
		{"mysql://roy:s3cret@db.example:3306/shop?ssl-mode=REQUIRED", "mysql://roy:PASSWORD@db.example:3306/shop?tls=skip-verify", "tls=true asks"},
		{"mysql://roy:s3cret@db.example/shop?ssl_mode=VERIFY_CA&ssl-ca=ca.pem", "mysql://roy:PASSWORD@db.example/shop?tls=verify-ca&tls-ca=ca.pem", ""},
		{"mysqlgis://roy:s3cret@db.example/shop?conn_max_age=600", "mysql://roy:PASSWORD@db.example/shop", "Django"},
		{"{'ENGINE': 'django.db.backends.mysql', 'NAME': 'shop', 'USER': 'roy', 'PASSWORD': 's3cret', 'HOST': 'db.example', 'PORT': '3306'}", "mysql://roy:PASSWORD@db.example:3306/shop", "Django"},
		// https://laravel.com/docs/database
		{"DB_CONNECTION=mysql DB_HOST=127.0.0.1 DB_PORT=3306 DB_DATABASE=shop DB_USERNAME=roy DB_PASSWORD=s3cret", "mysql://roy:PASSWORD@127.0.0.1:3306/shop", "Laravel"},
		{"mysql://roy:s3cret@127.0.0.1:3306/shop?charset=utf8mb4&prefix=x&strict=true", "mysql://roy:PASSWORD@127.0.0.1:3306/shop", "(charset, prefix, strict left out"},
		{"mysql:host=localhost;port=3307;dbname=shop;user=roy;password=s3cret", "mysql://roy:PASSWORD@localhost:3307/shop", "PDO"},
		{"mysql:unix_socket=/tmp/mysql.sock;dbname=shop", "mysql://USER:PASSWORD@/shop?socket=/tmp/mysql.sock", "PDO"},
		// https://www.prisma.io/docs/orm/overview/databases/mysql
		{"mysql://roy:s3cret@db.example:3306/shop?connection_limit=5&pool_timeout=2&sslaccept=strict", "mysql://roy:PASSWORD@db.example:3306/shop?max-open=5&tls=true", "(pool_timeout left out"},
		{"mysql://roy:s3cret@db.example:3306/shop?sslcert=./ca.pem&sslaccept=strict", "mysql://roy:PASSWORD@db.example:3306/shop?tls=true&tls-ca=./ca.pem", ""},
		{"mysql://roy:s3cret@db.example/shop?sslaccept=accept_invalid_certs", "mysql://roy:PASSWORD@db.example/shop?tls=skip-verify", ""},
		{"mysql://roy:s3cret@localhost/shop?socket=/run/mysqld/mysqld.sock&connect_timeout=5", "mysql://roy:PASSWORD@/shop?connect-timeout=5s&socket=/run/mysqld/mysqld.sock", ""},
		// https://github.com/go-sql-driver/mysql#dsn-data-source-name
		{"roy:s3cret@tcp(db.example:3306)/shop?parseTime=true", "mysql://roy:PASSWORD@db.example:3306/shop", "Go's MySQL driver"},
		{"roy:s3cret@tcp([::1]:3307)/shop?tls=skip-verify&timeout=90s&readTimeout=2s", "mysql://roy:PASSWORD@[::1]:3307/shop?connect-timeout=1m30s&read-timeout=2s&tls=skip-verify", ""},
		{"roy:s3/cr@et@tcp(db.example)/shop?charset=utf8mb4,utf8&loc=Local", "mysql://roy:PASSWORD@db.example:3306/shop", ""},
		{"roy:s3cret@unix(/run/mysqld/mysqld.sock)/shop", "mysql://roy:PASSWORD@/shop?socket=/run/mysqld/mysqld.sock", ""},
		{"roy:s3cret@/shop", "mysql://roy:PASSWORD@127.0.0.1:3306/shop", ""},
		// https://dev.mysql.com/doc/connector-j/en/connector-j-reference-jdbc-url-format.html
		{"jdbc:mysql://db.example:3306/shop?user=roy&password=s3cret&useSSL=true", "mysql://roy:PASSWORD@db.example:3306/shop?tls=true", "JDBC"},
		{"jdbc:mysql://db.example/shop?user=roy&password=s3cret&sslMode=VERIFY_IDENTITY&connectTimeout=1500&serverTimezone=UTC", "mysql://roy:PASSWORD@db.example/shop?connect-timeout=1.5s&tls=true", "(serverTimezone left out"},
		{"jdbc:mariadb://roy:s3cret@db.example/shop?useSSL=false&allowPublicKeyRetrieval=true", "mysql://roy:PASSWORD@db.example/shop?tls=false", ""},
		// Rails, Doctrine, MariaDB's connectors
		{"mysql2://roy:s3cret@db.example/shop?encoding=utf8mb4&pool=5", "mysql://roy:PASSWORD@db.example/shop?max-open=5", "Rails"},
		{"trilogy://roy:s3cret@db.example/shop", "mysql://roy:PASSWORD@db.example/shop", "Rails"},
		{"mysql://roy:s3cret@db.example/shop?serverVersion=10.11.2-MariaDB&charset=utf8mb4", "mysql://roy:PASSWORD@db.example/shop", ""},
		{"mariadb://roy:s3cret@db.example/shop", "mysql://roy:PASSWORD@db.example/shop", "MariaDB"},
		// Files
		{"sqlite:///restauth.db", "sqlite:restauth.db", "SQLAlchemy"},
		{"sqlite:////var/lib/restauth/restauth.db", "sqlite:/var/lib/restauth/restauth.db", "SQLAlchemy"},
		{"sqlite+pysqlite:///:memory:", "sqlite::memory:", ""},
		{"sqlite://", "sqlite::memory:", ""},
		{"sqlite3:db/development.sqlite3?pool=5", "sqlite:db/development.sqlite3", "Rails"},
		{"jdbc:sqlite:/srv/app.db", "sqlite:/srv/app.db", "JDBC"},
		{"file:./dev.db", "sqlite:./dev.db", "Prisma"},
	} {
		_, err := users.Open(t.Context(), users.Config{URL: c.given})
		if !errors.Is(err, database.ErrConfig) || !strings.Contains(err.Error(), "; write "+c.line+" in --users or RESTAUTH_USERS") || !strings.Contains(err.Error(), c.say) {
			t.Errorf("Open(%q) = %v\nwant %q, %q", c.given, err, c.line, c.say)
		}
		if err != nil && strings.Contains(err.Error(), "s3") {
			t.Errorf("Open(%q) repeats the password: %v", c.given, err)
		}
		opens(t, c.line)
	}
}

// opens checks that a line that was proposed is one that is taken.
func opens(t *testing.T, line string) {
	t.Helper()
	if !strings.HasPrefix(line, "mysql://") || strings.Contains(line, ".pem") { // no such files here
		return
	}
	s, err := users.Open(t.Context(), users.Config{URL: line})
	if err != nil {
		t.Errorf("Open(%q), which was proposed, = %v", line, err)
		return
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestForeignURLsThatMayNotBeShown: where it is not certain what the password is,
// or what an option means, nothing of the URL is repeated.
func TestForeignURLsThatMayNotBeShown(t *testing.T) {
	for _, given := range []string{
		"mysql+pymysql://roy:s3@cret@localhost/shop",
		"mysql+pymysql://roy:s3/cret@localhost/shop",
		"mysql+pymysql://roy:s3?cret@localhost/shop",
		"mysql+pymysql://roy:s3#cret@localhost/shop",
		"mysql+pymysql://roy:s3cret@localhost/shop?ssl={'ca': 's3cret'}",
		"mysql+pymysql://roy:s3cret@localhost/shop?s3cret=1",
		"mysql+pymysql://s3cret@x:localhost/shop",
		"mysql+pymysql://roy:s3cret@localhost/shop?unix_socket=s3cret@x",
		"mysql://roy:s3cret@localhost/shop?ssl_ca=s3cret;x",
		"roy:s3cret@tcp(localhost:3306)/shop?tls=s3cret",
		"roy:s3cret@tcp(s3cret@localhost)/sh op",
		"{'PASSWORD': 's3cret', 'NAME': 'shop'}",
		"DB_HOST=s3cret@x DB_DATABASE=shop",
	} {
		_, err := users.Open(t.Context(), users.Config{URL: given})
		if !errors.Is(err, database.ErrConfig) || strings.Contains(err.Error(), "s3") || strings.Contains(err.Error(), "cret") {
			t.Errorf("Open(%q) = %v, want ErrConfig and nothing of it", given, err)
		}
	}
}
