package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sql-driver/mysql"
)

// hosts are the servers of a URL, in its order. Connections are made to the first that
// serves. As a driver.Connector it gives them to database/sql.
//
//	serves ──── refuses, is not primary, is ending, ... ────► left out
//	   ▲                                                        │ asked each second
//	   └── served twice in a row, or once where it only seemed ─┘
//
// A host that seems not to serve, because it kept one question waiting or one connection
// broke, is asked as soon as that question has been asked elsewhere: it may be the
// question, or an administrator's KILL.
// While a host is left out no connection to it is used again; when one before is back,
// none to those behind is. One host alone is never left out.
type hosts struct {
	all    []*host
	limit  time.Duration // what connecting to one of several may take
	rest   time.Duration // what is left for a question when it goes elsewhere
	writes bool
	log    *slog.Logger

	// preferred is the first that serves, none when none does.
	preferred atomic.Int32
	left      chan leaving
	stopped   context.Context // of those that ask hosts which were left out
	stop      context.CancelFunc

	mu sync.Mutex // guards host.out
}

const none = -1

// host is one of them.
type host struct {
	connector driver.Connector
	addr      string
	rank      int32
	// era is how often it was found not to serve. Connections from before are not used
	// again.
	era atomic.Uint64
	out bool
}

// openHosts prepares connections to the target's hosts. It connects to nobody yet.
func openHosts(ctx context.Context, t *target, writes bool, log *slog.Logger) (*hosts, error) {
	hs := &hosts{limit: min(t.timeout/connectShare, t.driver.Timeout), rest: t.timeout - t.timeout/firstShare, writes: writes, log: log}
	if log == nil {
		hs.log = slog.New(slog.DiscardHandler)
	}
	for rank, addr := range t.hosts {
		connector, err := mysql.NewConnector(t.driverFor(addr))
		if err != nil {
			return nil, err
		}
		hs.all = append(hs.all, &host{connector: dialer{connector, addr}, addr: addr, rank: int32(rank)})
	}
	ctx, hs.stop = context.WithCancel(context.WithoutCancel(ctx))
	hs.stopped = ctx
	if hs.several() {
		hs.left = make(chan leaving, len(hs.all))
		go hs.watch(ctx)
	}
	return hs, nil
}

// several reports that there is somewhere else to go.
func (hs *hosts) several() bool { return len(hs.all) > 1 }

// Driver implements driver.Connector.
func (hs *hosts) Driver() driver.Driver { return hs.all[0].connector.Driver() }

// Close implements io.Closer, for sql.DB.
func (hs *hosts) Close() error {
	hs.stop()
	return nil
}

// Connect implements driver.Connector. Its error is of every host that was tried.
func (hs *hosts) Connect(ctx context.Context) (driver.Conn, error) {
	if !hs.several() {
		return hs.all[0].connect(ctx, hs)
	}
	var failures connectErrors
	for _, h := range hs.order() {
		conn, err := hs.try(ctx, h)
		if err == nil {
			return conn, nil
		}
		failures = append(failures, err)
		if over(ctx) {
			break
		}
	}
	return nil, failures
}

// order is in which to try them: those that were left out may serve again, when no
// other does.
func (hs *hosts) order() []*host {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	order := make([]*host, 0, len(hs.all))
	for _, out := range []bool{false, true} {
		for _, h := range hs.all {
			if h.out == out {
				order = append(order, h)
			}
		}
	}
	return order
}

// errSilent is why a host is given up that is being connected to: there are others.
var errSilent = errors.New("no answer in the time that connecting to one of several hosts has")

// try connects to one of several hosts and asks it whether it serves.
func (hs *hosts) try(ctx context.Context, h *host) (driver.Conn, error) {
	inner, cancel := context.WithTimeoutCause(ctx, hs.limit, errSilent)
	defer cancel()
	c, err := h.connect(inner, hs)
	if err == nil {
		if err = c.serves(inner); err == nil {
			return c, nil
		}
		_ = c.inner.Close()
		err = connectError{err, h.addr}
	}
	if slow := errors.Is(context.Cause(inner), errSilent); slow || !over(ctx) {
		if slow {
			err = connectError{fmt.Errorf("no answer within %v", hs.limit), h.addr}
		}
		hs.leaveOut(h, err, certain)
	}
	return nil, err
}

func (h *host) connect(ctx context.Context, hs *hosts) (*conn, error) {
	era := h.era.Load()
	c, err := h.connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	inner, ok := c.(driverConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the MySQL driver's connections are %T, which is less than is needed", c), c.Close())
	}
	return &conn{inner: inner, hosts: hs, host: h, era: era}, nil
}

// connectErrors is why each host was not connected to.
type connectErrors []error

func (e connectErrors) Error() string {
	var texts []string
	for _, err := range e {
		texts = append(texts, addressOf(err, "")+": "+err.Error())
	}
	return strings.Join(texts, "; ")
}

// Unwrap is for errors.Is and errors.As.
func (e connectErrors) Unwrap() []error { return e }

// addressOf is the host that an error is from, or otherwise.
func addressOf(err error, otherwise string) string {
	if connecting := (connectError{}); errors.As(err, &connecting) {
		return connecting.addr
	}
	if answer := (answerError{}); errors.As(err, &answer) {
		return answer.addr
	}
	return otherwise
}
