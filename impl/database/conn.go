package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
)

// driverConn is what the MySQL driver's connections can do.
type driverConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.NamedValueChecker
	driver.Pinger
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

// driverStmt is what its statements can do.
type driverStmt interface {
	driver.Stmt
	driver.NamedValueChecker
	driver.StmtExecContext
	driver.StmtQueryContext
}

// conn is a connection that leaves the pool when its host, or the way there, is of no
// use any more, and tells of it. Like any driver's it is used by one at a time.
type conn struct {
	inner driverConn
	hosts *hosts
	host  *host
	era   uint64 // of the host, when it was made
	reset bool   // since it was made
	bad   bool
}

var _ driverConn = (*conn)(nil)

// answerError is an answer to a question, and of which of several hosts it is.
type answerError struct {
	error
	addr string
}

func (e answerError) Unwrap() error { return e.error }

// noted takes note of what an error says of the connection and of its host.
func (c *conn) noted(ctx context.Context, err error) error {
	if err == nil || errors.Is(err, driver.ErrSkip) {
		return err
	}
	switch {
	case NotServing(err) && (c.hosts.writes || !readOnly(err)):
		c.bad = true
		c.hosts.leaveOut(c.host, err, certain)
	case brokeOff(err):
		c.bad = true
		c.hosts.leaveOut(c.host, err, seeming)
	case errors.Is(err, context.DeadlineExceeded) && Kept(ctx):
		c.bad = true
		c.hosts.leaveOut(c.host, errKept, seeming)
	}
	if c.hosts.several() {
		return answerError{err, c.host.addr}
	}
	return err
}

// serves asks a host whether it answers questions. A node of Galera that is cut off from
// the others lets clients in and answers what reads no table all the same. Where there is
// something to be written, it must not be read-only.
func (c *conn) serves(ctx context.Context) error {
	ready, err := c.value(ctx, "SHOW GLOBAL STATUS LIKE 'wsrep_ready'") // nothing without Galera
	if err != nil {
		return err
	}
	if ready != "" && ready != "ON" {
		return errNotReady
	}
	if !c.hosts.writes {
		return nil
	}
	only, err := c.value(ctx, "SELECT @@global.read_only")
	if err != nil {
		return err
	}
	if only != "0" && only != "OFF" { // the latter since MariaDB 12
		return errReadOnly
	}
	return nil
}

// value is the last column of the first row of an answer, "" where there is no row.
func (c *conn) value(ctx context.Context, question string) (string, error) {
	rows, err := c.inner.QueryContext(ctx, question, nil)
	if err != nil {
		return "", err
	}
	defer func() { _ = rows.Close() }()
	values := make([]driver.Value, len(rows.Columns()))
	if err := rows.Next(values); errors.Is(err, io.EOF) || len(values) == 0 {
		return "", nil
	} else if err != nil {
		return "", err
	}
	last := values[len(values)-1]
	if text, ok := last.([]byte); ok {
		return string(text), nil
	}
	return fmt.Sprint(last), nil
}

var (
	errNotReady = errors.New("it has no cluster (wsrep_ready)")
	errReadOnly = errors.New("it is read-only (read_only), and restauth has to write there")
)

// ResetSession implements driver.SessionResetter: database/sql calls it before it uses a
// connection again.
func (c *conn) ResetSession(ctx context.Context) error {
	c.reset = true
	if !c.current() {
		return driver.ErrBadConn
	}
	return c.inner.ResetSession(ctx)
}

// begins comes before each question. What database/sql connects in the background may lie
// in the pool for long before its first one, and is not reset for that: then the server
// may have ended it. driver.ErrBadConn says that nothing was sent yet.
func (c *conn) begins(ctx context.Context) error {
	if c.reset {
		return nil
	}
	return c.ResetSession(ctx)
}

// IsValid implements driver.Validator: database/sql calls it after use.
func (c *conn) IsValid() bool { return !c.bad && c.inner.IsValid() }

// current reports that there is no better connection to be had.
func (c *conn) current() bool {
	if c.bad || c.era != c.host.era.Load() {
		return false
	}
	preferred := c.hosts.preferred.Load()
	return preferred == c.host.rank || preferred == none
}

// Close implements driver.Conn.
func (c *conn) Close() error { return c.inner.Close() }

// CheckNamedValue implements driver.NamedValueChecker.
func (c *conn) CheckNamedValue(value *driver.NamedValue) error { return c.inner.CheckNamedValue(value) }

// Ping implements driver.Pinger.
func (c *conn) Ping(ctx context.Context) error {
	if err := c.begins(ctx); err != nil {
		return err
	}
	return c.noted(ctx, c.inner.Ping(ctx))
}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.begins(ctx); err != nil {
		return nil, err
	}
	rows, err := c.inner.QueryContext(ctx, query, args)
	return rows, c.noted(ctx, err)
}

// ExecContext implements driver.ExecerContext.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.begins(ctx); err != nil {
		return nil, err
	}
	result, err := c.inner.ExecContext(ctx, query, args)
	return result, c.noted(ctx, err)
}

// Begin implements driver.Conn; database/sql calls BeginTx.
func (c *conn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

// BeginTx implements driver.ConnBeginTx.
func (c *conn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	if err := c.begins(ctx); err != nil {
		return nil, err
	}
	inner, err := c.inner.BeginTx(ctx, options)
	if err != nil {
		return nil, c.noted(ctx, err)
	}
	return &tx{inner, c}, nil
}

// Prepare implements driver.Conn; database/sql calls PrepareContext.
func (c *conn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

// PrepareContext implements driver.ConnPrepareContext.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if err := c.begins(ctx); err != nil {
		return nil, err
	}
	prepared, err := c.inner.PrepareContext(ctx, query)
	if err != nil {
		return nil, c.noted(ctx, err)
	}
	inner, ok := prepared.(driverStmt)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the MySQL driver's statements are %T, which is less than is needed", prepared), prepared.Close())
	}
	return &stmt{inner, c}, nil
}

// stmt is a statement on a conn.
type stmt struct {
	driverStmt
	conn *conn
}

// QueryContext implements driver.StmtQueryContext.
func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := s.driverStmt.QueryContext(ctx, args)
	return rows, s.conn.noted(ctx, err)
}

// ExecContext implements driver.StmtExecContext.
func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	result, err := s.driverStmt.ExecContext(ctx, args)
	return result, s.conn.noted(ctx, err)
}

// tx is a transaction on a conn.
type tx struct {
	driver.Tx
	conn *conn
}

// Commit implements driver.Tx.
func (t *tx) Commit() error { return t.conn.noted(context.Background(), t.Tx.Commit()) }

// Rollback implements driver.Tx.
func (t *tx) Rollback() error { return t.conn.noted(context.Background(), t.Tx.Rollback()) }
