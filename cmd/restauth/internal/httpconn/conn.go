package httpconn

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Limit puts a limitedConn under each of server's connections, and returns the
// listener to serve on, with Serve. It is to be called once for a server, before that
// serves: it sets the server's ConnContext and ConnState, and puts itself before its
// Handler. Where the server has a TLSConfig its connections speak TLS, and HTTP/2 to who
// wants that.
func Limit(server *http.Server, listener net.Listener, bounds Bounds) *Listener {
	next := server.Handler
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(connKey{}).(*limitedConn); ok {
			if c.secure != nil {
				r.TLS = &c.secure.state
			}
			if r.ProtoMajor == 2 {
				c.serveStream(w, r, next) //nolint:contextcheck // what is said of connections belongs to no request
				return
			}
			c.running.Store(1)
			defer c.running.Store(0)
			if c.tooManyLines(r) {
				refuseLines(w)
				return
			}
			c.headerEnded() // StateActive would not do: it does not come where the buffer held the whole header
		}
		next.ServeHTTP(w, r)
	})
	server.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		return context.WithValue(ctx, connKey{}, conn)
	}
	server.ConnState = func(conn net.Conn, state http.ConnState) {
		c, ok := conn.(*limitedConn)
		switch {
		case !ok:
		case c.streams != nil:
			c.streamsOpen(state)
		case state == http.StateIdle:
			c.headerBegins()
		}
	}
	l := &Listener{Listener: listener, clock: newClock(), room: newRoom(bounds)}
	if server.TLSConfig != nil {
		l.tls = overTLS(server)
		l.headerTimeout = cmp.Or(server.ReadHeaderTimeout, server.ReadTimeout, readHeaderTimeout)
	}
	return l
}

type connKey struct{}

// Listener hands out connections that are limited.
type Listener struct {
	net.Listener
	clock   *clock
	room    *room
	parting sync.WaitGroup // counts those that net/http has closed and that are still read from

	tls           *tls.Config   // nil without
	headerTimeout time.Duration // for a handshake, and for a header of HTTP/2
}

// Accept implements net.Listener. It returns a connection that there is room for.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		inner, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c := &limitedConn{Conn: inner, clock: l.clock, room: l.room, parting: &l.parting}
		c.wake.L = &c.mu
		if l.tls != nil {
			c.secure = newSecure(c, l)
		}
		l.clock.add(c)
		c.since.Store(l.clock.about())
		if l.room.admit(c) {
			return c, nil
		}
	}
}

// limitedConn is a connection that
//
//   - refuses a request with more header lines than MostHeaderLines, as soon as it
//     has sent them: the answer is 400, and the connection is closed;
//   - is counted with what its header takes, and closed where others need the room
//     (see room);
//   - keeps deadlines by a clock of its own (see clock), because net/http sets
//     six for each request and hardly one of them ever comes;
//   - looks whether the client has gone only from a handler that takes its time:
//     net/http begins to at every request, and gives it up when that is answered;
//   - is not closed on an answer before the client had time to read it (linger.go);
//   - speaks TLS where the listener does (secure.go), and is bounded in what it asks for
//     by HTTP/2 (streams.go).
type limitedConn struct {
	net.Conn // the system's
	clock    *clock
	room     *room
	parting  *sync.WaitGroup // the listener's
	secure   *secure         // nil without TLS
	streams  *streams        // nil without HTTP/2; set by the handshake

	lines, size atomic.Int64 // what was read of the header being read
	since       atomic.Int64 // when it began to wait for a request; negative: to be busy
	holds       atomic.Bool  // held may be more than 0
	aside       atomic.Bool  // among its address's busy ones; set with the room's lock

	// The room's lock guards these.
	address          *address
	turn             uint64 // in which it came
	noted            int64  // since, as its place among its address's tells it
	held             int64  // by its header, in bytes
	place, heldPlace int    // -1 outside

	readBy, writeBy atomic.Int64 // by the clock, 0 is never
	writing         atomic.Bool
	handling        atomic.Bool  // a handler runs, or is about to; not of HTTP/2
	running         atomic.Int32 // handlers that run
	linger          linger
	late            atomic.Bool // aborted or armed may be set

	mu      sync.Mutex
	wake    sync.Cond
	watch   watching
	aborted bool // net/http wants its watch to end
	armed   bool // Conn's own read deadline is in the past
	closed  bool
}

// watching is how far net/http's look for the end of the connection is.
type watching int8

const (
	notWatching watching = iota
	waiting              // until the clock has ticked twice
	ticked               // once
	reading              // one byte, in earnest
)

func (c *limitedConn) headerBegins() {
	c.handling.Store(false)
	c.linger.answered.Store(false)
	c.lines.Store(0)
	c.size.Store(0)
	if c.holds.Load() {
		c.holds.Store(false)
		c.room.answered(c)
	}
	c.waits()
}

func (c *limitedConn) headerEnded() {
	c.since.Store(-c.clock.about())
	c.handling.Store(true)
}

// waits is for one that has nothing to do from now on.
func (c *limitedConn) waits() {
	c.since.Store(c.clock.about())
	if c.aside.Load() {
		c.room.waits(c)
	}
}

// Read fails before it reads on, not after: what one read returned may hold the
// header's end and lines of a body, and only the caller can tell. It asks for
// more when it has found no end.
func (c *limitedConn) Read(p []byte) (int, error) {
	if c.secure != nil {
		if err := c.shakeHands(); err != nil {
			return 0, err
		}
		if c.streams != nil {
			return c.readFrames(p)
		}
	}
	n, err := 0, error(nil)
	if len(p) == 1 {
		n, err = c.watchRead(p) // not of a header, or of one whose next read counts it
	} else {
		if err := c.headerGoesOn(); err != nil {
			return 0, err
		}
		n, err = c.readOn(c.headerPart(p))
	}
	if errors.Is(err, io.EOF) {
		c.linger.ended.Store(true)
	}
	if !c.handling.Load() {
		c.size.Add(int64(n))
		c.lines.Add(int64(bytes.Count(p[:n], []byte{'\n'})))
	}
	if c.secure != nil && c.secure.unasked(p[:n]) {
		return 0, errUnasked
	}
	return n, err
}

// readOn reads until a deadline of net/http's comes: the clock may have ended
// the read for one that has been moved since.
func (c *limitedConn) readOn(p []byte) (int, error) {
	for {
		n, err := c.readInner(p)
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) || c.overdue() {
			return n, err
		}
		if err := c.disarm(); err != nil {
			return 0, err
		}
	}
}

func (c *limitedConn) readInner(p []byte) (int, error) {
	if c.secure != nil {
		return c.secure.conn.Read(p)
	}
	return c.Conn.Read(p)
}

// watchRead is the read of one byte by which net/http notices, beside a running
// handler, that the client has gone. Most handlers are done before a read would
// be worth its system calls. Where no handler runs yet there is no telling this
// read from that of a header's 4096th byte, so it waits for nothing.
func (c *limitedConn) watchRead(p []byte) (int, error) {
	c.mu.Lock()
	c.watch = waiting
	if c.closed || !c.handling.Load() {
		c.watch = reading
	}
	for !c.aborted && c.watch != reading {
		c.wake.Wait()
	}
	if c.aborted {
		c.watch = notWatching
		c.mu.Unlock()
		return 0, os.ErrDeadlineExceeded // what net/http expects of a watch it ended
	}
	c.mu.Unlock()
	n, err := c.readOn(p)
	c.mu.Lock()
	c.watch = notWatching
	c.mu.Unlock()
	return n, err
}

// Write implements net.Conn.
func (c *limitedConn) Write(p []byte) (int, error) {
	c.linger.answered.Store(true)
	if c.streams != nil {
		c.streams.wrote(len(p))
	}
	if c.secure != nil {
		return c.secure.conn.Write(p)
	}
	return c.writeOn(p)
}

// writeOn writes until a deadline of net/http's comes, as readOn reads. TLS survives no
// write that was ended too early, so this is below it.
func (c *limitedConn) writeOn(p []byte) (int, error) {
	c.writing.Store(true)
	defer c.writing.Store(false)
	written := 0
	for {
		n, err := c.Conn.Write(p[written:])
		written += n
		if !errors.Is(err, os.ErrDeadlineExceeded) || c.clock.over(c.writeBy.Load()) {
			return written, err
		}
		if err := c.Conn.SetWriteDeadline(time.Time{}); err != nil {
			return written, err
		}
	}
}

// Close implements net.Conn.
func (c *limitedConn) Close() error {
	c.clock.remove(c)
	c.leavesTurn()
	err := c.part()
	c.ends()
	return err
}

// cut closes a connection that gives way, at once. When it returns its descriptor is
// free.
func (c *limitedConn) cut() {
	c.clock.remove(c)
	_ = c.Conn.Close() // It may be closed already.
	c.ends()
}

// shut closes what is below, and makes room for another.
func (c *limitedConn) shut() error {
	err := c.closeInner()
	c.room.forget(c)
	return err
}

func (c *limitedConn) closeInner() error {
	if c.secure != nil {
		return c.secure.conn.Close()
	}
	return c.Conn.Close()
}

// ends has the watch read at once, because no clock ticks for it from now on; its
// failure is how a handler learns of the end.
func (c *limitedConn) ends() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.giveTurn()
	if c.watch == waiting || c.watch == ticked {
		c.watch = reading
		c.wake.Signal()
	}
}
