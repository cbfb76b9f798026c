package database_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/database"
)

// TestUnfitFromTheStart: a host that lets clients in and serves nobody, or that lets
// nobody in, is passed over.
func TestUnfitFromTheStart(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*fakeHost){
		"refuses":              func(f *fakeHost) { f.close() },
		"hangs up":             func(f *fakeHost) { f.fail(always(failure{hangUp: true})) },
		"says nothing":         func(f *fakeHost) { f.fail(always(failure{wait: patience})) },
		"too many connections": func(f *fakeHost) { f.fail(always(failure{number: 1040})) },
		"no such user":         func(f *fakeHost) { f.fail(always(failure{number: 1045})) },
		"not primary":          func(f *fakeHost) { f.ready = "OFF"; f.fail(notPrimary) },
		"read-only":            func(f *fakeHost) { f.readOnly = "1" },
		"read-only, MariaDB12": func(f *fakeHost) { f.readOnly = "ON" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b, c := newFakeHost(t, "a"), newFakeHost(t, "b"), newFakeHost(t, "c")
			b.close()
			prepare(a)
			m := openHosts(t, database.Config{Writes: true}, a, b, c)
			for range 5 {
				answers(t, m, "two of three do not serve", "c")
			}
		})
	}
	t.Run("read-only is fit for reading", func(t *testing.T) {
		a, b := newFakeHost(t, "a"), newFakeHost(t, "b")
		a.readOnly = "1"
		answers(t, openHosts(t, database.Config{}, a, b), "a replica", "a")
	})
}

// notPrimary is how a node of Galera fails without the others: it says of itself what it
// is, and answers nothing that reads a table.
func notPrimary(question string) failure {
	if question == who {
		return failure{number: 1047}
	}
	return failure{}
}

// TestNoneServes: the error says what each host said, and no secret.
func TestNoneServes(t *testing.T) {
	t.Parallel()
	a, b, c := newFakeHost(t, "a"), newFakeHost(t, "b"), newFakeHost(t, "c")
	a.close()
	b.fail(always(failure{number: 1045}))
	c.ready = "OFF"
	c.fail(notPrimary)
	m := openHosts(t, database.Config{Timeout: time.Second}, a, b, c)
	_, err := ask(m)
	explained := m.ExplainConnect(t.Context(), err)
	if !errors.Is(explained, account.ErrUnavailable) || errors.Is(explained, account.ErrUnusable) {
		t.Errorf("ExplainConnect() = %v, want an outage", explained)
	}
	text := explained.Error()
	for _, want := range []string{"none of 3 hosts serves", "cannot connect to " + a.addr, "refused", b.addr + " refuses database user 'roy'", c.addr + " has no cluster"} {
		if !strings.Contains(text, want) {
			t.Errorf("ExplainConnect() = %s\nwant %q in it", text, want)
		}
	}
	if plain := m.Plain(t.Context(), err).Error(); !strings.Contains(plain, a.addr) || !strings.Contains(plain, c.addr) || strings.Contains(plain+text, "s3cret") {
		t.Errorf("Plain() = %s", plain)
	}

	// Where none will serve as it is, waiting is no help.
	m = openHosts(t, database.Config{Timeout: time.Second}, b)
	_, one := ask(m)
	d := newFakeHost(t, "d")
	d.fail(always(failure{number: 1045}))
	m = openHosts(t, database.Config{Timeout: time.Second}, b, d)
	_, two := ask(m)
	for of, err := range map[string]error{"one": one, "two": two} {
		if refused := m.ExplainRefusal(err); !errors.Is(refused, database.ErrAccessDenied) || !errors.Is(refused, account.ErrUnusable) {
			t.Errorf("%s that refuses: ExplainRefusal() = %v, want ErrAccessDenied", of, refused)
		}
	}
}

// lateContext learns that its time is over a while after the clock says so, as contexts do
// on a busy machine.
type lateContext struct {
	context.Context
	deadline time.Time
}

func newLateContext(t *testing.T, after, late time.Duration) lateContext {
	ctx, cancel := context.WithTimeoutCause(t.Context(), after+late, context.DeadlineExceeded)
	t.Cleanup(cancel)
	return lateContext{ctx, time.Now().Add(after)}
}

func (c lateContext) Deadline() (time.Time, bool) { return c.deadline, true }

// TestLateContext: when the network knows before the context that the time is over, the
// error is still of what the host said while there was time, and no host is left out.
func TestLateContext(t *testing.T) {
	t.Parallel()
	a := newFakeHost(t, "a")
	m := openHosts(t, database.Config{}, a)
	told := &mysql.MySQLError{Number: 1047, Message: "WSREP has not yet prepared node for application use"}
	asked := 0
	err := m.Ask(newLateContext(t, 100*time.Millisecond, 300*time.Millisecond), func(context.Context) error {
		if asked++; asked == 1 {
			return told
		}
		time.Sleep(150 * time.Millisecond)
		return os.ErrDeadlineExceeded // as a connection's own deadline
	})
	if asked != 2 || !errors.Is(err, told) {
		t.Errorf("Ask() = %v after %d questions, want %v after 2", err, asked, told)
	}

	a, b := newFakeHost(t, "a"), newFakeHost(t, "b")
	var log lockedBuffer
	m = openHosts(t, database.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))}, a, b)
	ctx := newLateContext(t, 0, 300*time.Millisecond)
	conn, err := m.DB.Conn(ctx)
	if err == nil {
		_ = conn.Close()
		t.Fatal("a connection was made when the time was over")
	}
	time.Sleep(100 * time.Millisecond) // the log is written beside it
	if strings.Contains(log.String(), "left out") {
		t.Errorf("who asked too late has a host left out: %v\n%s", err, log.String())
	}

	m = openHosts(t, database.Config{Timeout: 200 * time.Millisecond}, a, b)
	first, cancel := m.First(t.Context())
	defer cancel()
	deadline, _ := first.Deadline()
	for time.Now().Before(deadline) { // without giving its timer the processor
	}
	if !database.Kept(first) {
		t.Error("the first question's time is over by the clock, and it is not to be asked elsewhere")
	}
}

// TestNotCarriedOut: of these errors of a commit it is known that it changed nothing. The
// texts are MariaDB's with Galera.
func TestNotCarriedOut(t *testing.T) {
	for text, want := range map[string]bool{
		"1047 WSREP has not yet prepared node for application use":                                                       true,
		"1180 Error while appending streaming replication fragment(provider status: Not connected to Primary Component)": true,
		"1290 The MariaDB server is running with the --read-only option so it cannot execute this statement":             true,
		"1180 Got error 5 \"Input/output error\" during COMMIT":                                                          false,
		"1053 Server shutdown in progress":                                                                               false,
		"1158 Got an error reading communication packets":                                                                false,
	} {
		number, message, _ := strings.Cut(text, " ")
		n, err := strconv.ParseUint(number, 10, 16)
		if err != nil {
			t.Fatal(err)
		}
		if got := database.NotCarriedOut(fmt.Errorf("commit: %w", &mysql.MySQLError{Number: uint16(n), Message: message})); got != want {
			t.Errorf("NotCarriedOut(%s) = %v, want %v", text, got, want)
		}
	}
	if database.NotCarriedOut(mysql.ErrInvalidConn) {
		t.Error("NotCarriedOut(a connection that broke) = true, and nobody knows")
	}
}

// TestEndedBeforeItsFirstQuestion: what was connected in the background, and ended by the
// server before anybody used it, says so in a way that lets database/sql take another.
func TestEndedBeforeItsFirstQuestion(t *testing.T) {
	t.Parallel()
	for name, use := range map[string]func(driver.Conn) error{
		"query": func(c driver.Conn) error {
			_, err := c.(driver.QueryerContext).QueryContext(t.Context(), who, nil)
			return err
		},
		"exec": func(c driver.Conn) error {
			_, err := c.(driver.ExecerContext).ExecContext(t.Context(), "DO 1", nil)
			return err
		},
		"prepare": func(c driver.Conn) error {
			_, err := c.(driver.ConnPrepareContext).PrepareContext(t.Context(), who)
			return err
		},
		"begin": func(c driver.Conn) error {
			_, err := c.(driver.ConnBeginTx).BeginTx(t.Context(), driver.TxOptions{})
			return err
		},
		"ping": func(c driver.Conn) error { return c.(driver.Pinger).Ping(t.Context()) },
	} {
		a := newFakeHost(t, "a")
		c, err := openHosts(t, database.Config{}, a).Connector().Connect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		a.close()
		eventually(t, "the server ended it", func() bool { return a.open() == 0 })
		if err := use(c); !errors.Is(err, driver.ErrBadConn) {
			t.Errorf("%s = %v, want ErrBadConn", name, err)
		}
		_ = c.Close()
	}
}
