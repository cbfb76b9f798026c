package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/go-sql-driver/mysql"
	_ "modernc.org/sqlite" // to fill a table faster than one login server needs to

	"github.com/restauth/restauth/impl/state"
	"github.com/restauth/restauth/impl/users"
)

// sqliteTable makes a database the way restauth makes its own and fills it.
func sqliteTable(ctx context.Context, file string, people int, hashes [passwords]string) error {
	made, err := state.OpenEmbedded(ctx, state.EmbeddedConfig{Config: users.Config{URL: "sqlite:" + file}})
	if err != nil {
		return fmt.Errorf("make %s: %w", file, err)
	}
	if err := made.Close(); err != nil {
		return fmt.Errorf("make %s: %w", file, err)
	}
	// Nothing here has to survive a crash, so the disk is not waited for.
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=synchronous(OFF)&_pragma=cache_size(-65536)")
	if err != nil {
		return fmt.Errorf("open %s: %w", file, err)
	}
	db.SetMaxOpenConns(1)
	err = insert(ctx, db, hashes, fmt.Sprintf(
		"WITH RECURSIVE seq(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM seq WHERE n < %d) "+
			"INSERT INTO user (id, username, password) "+
			"SELECT seq.n, printf('user%%07d', seq.n), hashes.hash FROM seq JOIN hashes ON hashes.n = seq.n %% %d", people, passwords))
	return errors.Join(err, db.Close())
}

// insert runs fill with the hashes at hand in a table of that name.
func insert(ctx context.Context, db *sql.DB, hashes [passwords]string, fill string) error {
	if _, err := db.ExecContext(ctx, "CREATE TEMPORARY TABLE hashes (n int PRIMARY KEY, hash varchar(255))"); err != nil {
		return fmt.Errorf("make the table of hashes: %w", err)
	}
	for i, hash := range hashes {
		if _, err := db.ExecContext(ctx, "INSERT INTO hashes VALUES (?, ?)", i, hash); err != nil {
			return fmt.Errorf("fill the table of hashes: %w", err)
		}
	}
	if _, err := db.ExecContext(ctx, fill); err != nil {
		return fmt.Errorf("fill the table of users: %w", err)
	}
	return nil
}

// mariadb is the server's administrator.
type mariadb struct {
	admin   string // mysql://user:password@host:port/
	version string
}

// open connects to a database of the server; "" to none.
func (m *mariadb) open(database string) (*sql.DB, error) {
	u, err := url.Parse(m.admin)
	if err != nil {
		return nil, errors.New("the URL of the database server is malformed") // it holds a password
	}
	cfg := mysql.NewConfig()
	cfg.Net, cfg.Addr, cfg.DBName = "tcp", u.Host, database
	cfg.User = u.User.Username()
	cfg.Passwd, _ = u.User.Password()
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, fmt.Errorf("connect to MariaDB: %w", err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1) // temporary tables belong to a connection
	return db, nil
}

// prepare gives the server the memory that one with such a table would have.
func (m *mariadb) prepare(ctx context.Context) error {
	db, err := m.open("")
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "SET GLOBAL innodb_buffer_pool_size = 1024*1024*1024"); err != nil {
		return fmt.Errorf("give MariaDB more memory: %w", err)
	}
	if err := db.QueryRowContext(ctx, "SELECT VERSION()").Scan(&m.version); err != nil {
		return fmt.Errorf("ask for MariaDB's version: %w", err)
	}
	return nil
}

// table makes a database with the tutorial's table in it, user names indexed,
// fills it, and returns the URL of a user that may only read it.
func (m *mariadb) table(ctx context.Context, database string, users int, hashes [passwords]string) (string, error) {
	db, err := m.open("")
	if err != nil {
		return "", err
	}
	defer db.Close()
	reader, secret := database+"_reader", random()[:24]
	for _, statement := range []string{
		"CREATE DATABASE " + database + " CHARACTER SET utf8mb4",
		"USE " + database,
		"CREATE TABLE user (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, username varchar(45) DEFAULT NULL, " +
			"password varchar(255) DEFAULT NULL, UNIQUE KEY (username)) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci",
		"CREATE USER " + reader + "@'%' IDENTIFIED BY '" + secret + "'",
		"GRANT SELECT ON " + database + ".user TO " + reader + "@'%'",
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return "", fmt.Errorf("make the database %s: %w", database, err)
		}
	}
	err = insert(ctx, db, hashes, fmt.Sprintf(
		"INSERT INTO user (id, username, password) SELECT seq, CONCAT('user', LPAD(seq, 7, '0')), hash "+
			"FROM seq_1_to_%d JOIN hashes ON hashes.n = seq %% %d ORDER BY seq", users, passwords))
	if err != nil {
		return "", err
	}
	if _, err := db.ExecContext(ctx, "ANALYZE TABLE user"); err != nil {
		return "", fmt.Errorf("analyze the table of users: %w", err)
	}
	u, err := url.Parse(m.admin)
	if err != nil {
		return "", errors.New("the URL of the database server is malformed")
	}
	u.User, u.Path = url.UserPassword(reader, secret), "/"+database
	return u.String(), nil
}

// dsn writes a mysql:// URL the way Go's driver takes it.
func dsn(databaseURL string) (string, error) {
	u, err := url.Parse(databaseURL)
	if err != nil {
		return "", errors.New("the URL of a database is malformed")
	}
	cfg := mysql.NewConfig()
	cfg.Net, cfg.Addr, cfg.DBName = "tcp", u.Host, strings.TrimPrefix(u.Path, "/")
	cfg.User = u.User.Username()
	cfg.Passwd, _ = u.User.Password()
	return cfg.FormatDSN(), nil
}
