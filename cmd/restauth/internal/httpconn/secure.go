package httpconn

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

const (
	// mostHandshakeBytes is what a client may send until the handshake has ended. A
	// ClientHello has 2 KiB with the keys that stand quantum computers.
	mostHandshakeBytes = 32 << 10
	// preface is what a client begins HTTP/2 with (RFC 9113, section 3.4). net/http
	// looks at the first 14 bytes alone to begin with.
	preface     = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	prefaceLook = 14
)

var (
	errHandshakeBytes = errors.New("a handshake has too many bytes")
	errUnasked        = errors.New("HTTP/2 was begun without having been agreed on")
)

// secure is the TLS of a connection. net/http would have it from a *tls.Conn alone, and
// there is no place for limits between that and net/http: the header's bytes are known
// only once they are decrypted. So limitedConn is what net/http sees, speaks TLS itself,
// and net/http takes the connection for a plain one:
//
//	system's ── wire ── tls.Conn ── limitedConn ── net/http
//	            (deadlines)         (limits)
//
// Which protocol it is the handshake says, and what the client then sends must be that:
// net/http would go by the first bytes.
type secure struct {
	conn    *tls.Conn
	turns   turns               // of the address; nil for a proxy
	hasTurn bool                // the connection's lock guards it
	state   tls.ConnectionState // once the hands are shaken
	timeout time.Duration

	shaken atomic.Bool
	failed bool
	read   int64 // bytes of the handshake
	began  int   // with so much of HTTP/2's preface, though it was not agreed on; -1: not so
}

// overTLS has server take connections for plain ones, and begin HTTP/2 on those that ask
// for it. It returns what they are to be secured with.
func overTLS(server *http.Server) *tls.Config {
	config := server.TLSConfig.Clone()
	config.NextProtos = []string{"h2", "http/1.1"}
	server.Protocols = new(http.Protocols)
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true) // below, it is encrypted
	server.MaxHeaderBytes = MostHeaderBytes    // of HTTP/2; it has 320 bytes more
	server.HTTP2 = boundsOfStreams(server.WriteTimeout)
	return config
}

func newSecure(c *limitedConn, l *Listener) *secure {
	return &secure{conn: tls.Server(wire{c.Conn, c}, l.tls), timeout: l.headerTimeout}
}

// wire is what TLS reads from and writes to.
type wire struct {
	net.Conn
	of *limitedConn
}

// Read counts what a handshake takes, from its second piece on, as that of a header is.
func (w wire) Read(p []byte) (int, error) {
	c := w.of
	switch s := c.secure; {
	case s.shaken.Load():
		if c.streams != nil && !c.streams.goesOn() {
			return 0, errHeaderMemory
		}
		if c.streams == nil {
			return w.Conn.Read(p)
		}
		return w.readInTurn(p)
	case s.read > mostHandshakeBytes:
		return 0, errHandshakeBytes
	case s.read > netHTTPBuffer:
		c.holds.Store(true)
		if !c.room.hold(c, s.read) {
			return 0, errHeaderMemory
		}
	}
	n, err := w.readInTurn(p)
	c.secure.read += int64(n)
	c.breathe()
	return n, err
}

// readInTurn ends a turn, and begins another when something has come.
func (w wire) readInTurn(p []byte) (int, error) {
	w.of.leavesTurn()
	n, err := w.Conn.Read(p)
	if err != nil {
		return n, err
	}
	return n, w.of.takesTurn()
}

// Write is the end of limitedConn's.
func (w wire) Write(p []byte) (int, error) { return w.of.writeOn(p) }

// SetWriteDeadline is called by tls.Conn alone, before its last word: that has no time to
// lose, and the clock may tick no more for the connection.
func (w wire) SetWriteDeadline(time.Time) error {
	w.of.writeBy.Store(1) // long ago
	return w.Conn.SetWriteDeadline(time.Now().Add(lingerTime))
}

// shakeHands is called before each read, by whoever reads. It fails as the end of the
// connection does: net/http would answer anything else in plain text.
func (c *limitedConn) shakeHands() error {
	s := c.secure
	switch {
	case s.shaken.Load():
		return nil
	case s.failed:
		return io.EOF
	}
	if err := c.handshake(); err != nil {
		s.failed = true
		c.noHandshake(err)
		return io.EOF
	}
	s.state = s.conn.ConnectionState()
	if c.holds.Swap(false) {
		c.room.answered(c)
	}
	if s.state.NegotiatedProtocol == "h2" {
		c.streams = newStreams(c, s.timeout)
	}
	s.shaken.Store(true)
	return nil
}

// handshake has a deadline of the system's for what is read: a read that the clock ended
// early could not go on.
func (c *limitedConn) handshake() error {
	by := time.Now().Add(c.secure.timeout)
	if err := errors.Join(c.Conn.SetReadDeadline(by), c.SetWriteDeadline(by)); err != nil {
		return err
	}
	c.secure.turns = c.address.turns
	defer c.leavesTurn()
	if err := c.secure.conn.HandshakeContext(context.Background()); err != nil { // closed, it ends
		return err
	}
	return errors.Join(c.Conn.SetReadDeadline(time.Time{}), c.SetWriteDeadline(time.Time{}))
}

// noHandshake answers who speaks no TLS, and has the log hear of the others.
func (c *limitedConn) noHandshake(err error) {
	var record tls.RecordHeaderError
	if errors.As(err, &record) && record.Conn != nil && looksLikeHTTP(record.RecordHeader) {
		c.linger.answered.Store(true)
		_, _ = c.writeOn([]byte(plainRefused)) // Whoever is gone needs no answer.
		return
	}
	if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
		return // a port scan, or a load balancer that looks whether somebody listens
	}
	c.room.noHandshake(c.RemoteAddr(), err)
}

const plainRefused = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n" +
	"This port speaks HTTPS; use https:// in the address.\n"

func looksLikeHTTP(begin [5]byte) bool {
	switch string(begin[:]) {
	case "GET /", "HEAD ", "POST ", "PUT /", "OPTIO", "DELET", "PATCH", "PRI *":
		return true
	}
	return false
}

// noHandshake tells the log, once a minute, that there are such clients, and of the last.
func (r *room) noHandshake(addr net.Addr, err error) {
	r.mu.Lock()
	say := r.note(&r.unshaken, 1, "clients came to no agreement on TLS; this is about the last of them", "address", addr.String(), "error", err)
	r.mu.Unlock()
	say()
}

// sayEnd tells the client that nothing more comes.
func (s *secure) sayEnd() {
	if s.shaken.Load() {
		_ = s.conn.CloseWrite() // Whoever is gone needs no telling.
	}
}

// unasked reports whether the client of HTTP/1 has begun HTTP/2.
func (s *secure) unasked(p []byte) bool {
	if s.began < 0 {
		return false
	}
	for _, b := range p {
		if b != preface[s.began] {
			s.began = -1
			return false
		}
		if s.began++; s.began == prefaceLook {
			return true
		}
	}
	return false
}

// looked is how much net/http reads of a connection to begin with: no piece of a header.
func (c *limitedConn) looked() int64 {
	if c.secure == nil {
		return 0
	}
	return prefaceLook
}
