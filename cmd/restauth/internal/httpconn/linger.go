package httpconn

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// lingerTime and lingerBytes bound what a client may still send after an answer
	// that came before all of its request was read.
	lingerTime  = time.Second
	lingerBytes = 4 << 20
)

// linger is how a connection is closed on a client that may still be sending: what
// arrives at a closed one is answered with a reset, and a client that is met by a
// reset may never see the answer that came before it (RFC 9112, section 9.6).
//
//	open ── CloseWrite, or Close after an answer ──▶ draining ── the client's end,
//	  │                                              a bound reached ──▶ closed
//	  └── Close otherwise ─────────────────────────────────────────────▶ closed
//
// net/http half-closes where it left a body unread, and then waits for half a second
// without reading on. Where it refuses a header itself it just closes.
type linger struct {
	answered atomic.Bool // something was written since the header began
	ended    atomic.Bool // the client has closed its side

	begin sync.Once
	done  chan struct{} // closed when nothing more is read; set by begin
}

// CloseWrite is what net/http looks for to end an answer without a reset.
func (c *limitedConn) CloseWrite() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok {
		return nil
	}
	if c.secure != nil {
		c.secure.sayEnd()
	}
	err := half.CloseWrite()
	c.linger.begin.Do(func() {
		c.linger.done = make(chan struct{})
		go c.drain()
	})
	return err
}

// drain reads what the client still sends, and forgets it.
func (c *limitedConn) drain() {
	defer close(c.linger.done)
	if c.Conn.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
		_, _ = io.CopyN(io.Discard, c.Conn, lingerBytes) // However it ends, it has ended.
	}
}

// part closes the connection, after the client has ended where it may not have read
// its answer. A handler that runs is to learn of the end at once: the server is
// closing; and who does not take what is written gets no more of it.
func (c *limitedConn) part() error {
	if c.running.Load() > 0 || c.writing.Load() || c.linger.ended.Load() || !c.linger.answered.Load() {
		return c.shut()
	}
	if err := c.CloseWrite(); err != nil || c.linger.done == nil {
		return c.shut()
	}
	c.waits()
	c.parting.Go(func() {
		<-c.linger.done
		_ = c.shut() // There is nobody left to tell.
	})
	return nil
}

// Wait is for the end of a shutdown, after server.Shutdown has returned: it waits until
// every client had time to read its answer, as above, or ctx ends. net/http knows
// nothing of those, and the end of the process resets them.
func (l *Listener) Wait(ctx context.Context) {
	all := make(chan struct{})
	go func() {
		l.parting.Wait()
		close(all)
	}()
	select {
	case <-all:
	case <-ctx.Done():
	}
}
