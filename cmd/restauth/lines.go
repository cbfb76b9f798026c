package main

import (
	"bytes"
	"context"
	"errors"
	"math"
	"net"
	"net/http"
	"sync/atomic"
)

// mostHeaderLines is how many lines one request's header may have. Browsers
// send about 20, proxies add ten. net/http bounds the header's bytes only, and
// keeps each short line in ten times as many (docs/decisions/0006).
const mostHeaderLines = 2000

var errHeaderLines = errors.New("a request has too many header lines")

// limitLines has server refuse a request as soon as it has sent more lines than
// mostHeaderLines without reaching the end of its header, and returns the
// listener to serve on. net/http then answers 400 and closes the connection.
func limitLines(server *http.Server, listener net.Listener) net.Listener {
	next := server.Handler
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(lineCounterKey{}).(*lineCounter); ok {
			c.stop() // StateActive would not do: it does not come where the buffer held the whole header
		}
		next.ServeHTTP(w, r)
	})
	server.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		return context.WithValue(ctx, lineCounterKey{}, conn)
	}
	server.ConnState = func(conn net.Conn, state http.ConnState) {
		if c, ok := conn.(*lineCounter); ok && state == http.StateIdle {
			c.start() // the next header may begin
		}
	}
	return lineListener{listener}
}

type lineCounterKey struct{}

type lineListener struct{ net.Listener }

func (l lineListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &lineCounter{Conn: conn}, nil
}

// lineCounter is a connection that counts the lines of a header being read.
type lineCounter struct {
	net.Conn
	lines atomic.Int64 // net/http also reads in the background of a handler
}

func (c *lineCounter) start() { c.lines.Store(0) }

// stop makes the count so low that no body has the lines to reach the bound.
func (c *lineCounter) stop() { c.lines.Store(math.MinInt64 / 2) }

// Read fails before it reads on, not after: what one read returned may hold the
// header's end and lines of a body, and only the caller can tell. It asks for
// more when it has found no end.
func (c *lineCounter) Read(p []byte) (int, error) {
	if c.lines.Load() > mostHeaderLines {
		return 0, errHeaderLines
	}
	n, err := c.Conn.Read(p)
	c.lines.Add(int64(bytes.Count(p[:n], []byte{'\n'})))
	return n, err
}

// CloseWrite is what net/http looks for to end an answer without a reset.
func (c *lineCounter) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
