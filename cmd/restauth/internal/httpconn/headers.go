package httpconn

import (
	"errors"
	"io"
	"net/http"
)

const (
	// MostHeaderBytes is how large the header of one request may be, its first line
	// and its last, empty one among it. Where requests are sent without waiting for
	// answers, what net/http has read of the next one already comes on top: less than
	// netHTTPBuffer. Server.MaxHeaderBytes would add that to every request but the
	// first of a connection, and as much again.
	MostHeaderBytes = 64 << 10
	// MostHeaderLines is how many lines a header may have between its first line and
	// its last, empty one. Browsers send about 20, proxies add ten.
	MostHeaderLines = 2000

	// netHTTPBuffer is how much net/http reads at once.
	netHTTPBuffer = 4096
	// lineCost is what net/http takes for a line beside its bytes: an entry of a map, a
	// slice and a string.
	lineCost = 128
	// fewLines cannot be too many, even where the buffer held all that fits of the
	// header before it began: a line has 3 bytes at least.
	fewLines = MostHeaderLines - netHTTPBuffer/3
)

var (
	errHeaderLines  = errors.New("a request has too many header lines")
	errHeaderMemory = errors.New("all headers together take too much memory")
)

// headerGoesOn is called before more of a header is read. It refuses one that is as
// large as it may be, or has more lines, and has not ended. It has the room count what
// the header takes: not before, because one that comes in one piece takes no more than
// the buffer that each connection has.
func (c *limitedConn) headerGoesOn() error {
	size := c.size.Load()
	if size <= c.looked() || c.handling.Load() {
		return nil
	}
	if size >= MostHeaderBytes {
		_, _ = c.Write([]byte(tooLarge)) // Whoever is gone needs no answer.
		return io.EOF                    // net/http adds nothing to that
	}
	lines := c.lines.Load()
	if lines > MostHeaderLines+1 { // The first one is none of a header's.
		return errHeaderLines
	}
	c.holds.Store(true)
	if !c.room.hold(c, size+lines*lineCost) {
		return errHeaderMemory
	}
	return nil
}

// tooLarge is what net/http answers to a header that is larger than its own bound.
const tooLarge = "HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n" +
	"431 Request Header Fields Too Large"

// headerPart is as much of a buffer as a header may still fill.
func (c *limitedConn) headerPart(p []byte) []byte {
	if c.handling.Load() {
		return p
	}
	return p[:min(int64(len(p)), MostHeaderBytes-c.size.Load())]
}

// hold counts what a header takes by now. Where all take too much together, the largest
// of the address that holds most is closed. It reports false when that was c, which may
// have been closed before too.
func (r *room) hold(c *limitedConn, size int64) bool {
	r.mu.Lock()
	if c.place < 0 {
		r.mu.Unlock()
		return false
	}
	r.keep(c, size)
	gone, say := r.makeRoom()
	stays := c.place >= 0
	r.mu.Unlock()
	for _, other := range gone {
		other.cut()
	}
	say()
	return stays
}

// makeRoom takes out those that give way to other headers, and returns them; it wants
// the lock.
func (r *room) makeRoom() (gone []*limitedConn, say func()) {
	if r.held <= r.bounds.HeaderMemory {
		return nil, func() {}
	}
	first, _ := r.byHeld.top()
	network, held := first.network.String(), first.held
	for r.held > r.bounds.HeaderMemory {
		a, _ := r.byHeld.top()
		largest, _ := a.headersHeld.top()
		r.leave(largest)
		gone = append(gone, largest)
	}
	return gone, r.note(&r.gaveWay[1], len(gone), "requests whose header is large take all the memory that they may together; the address with most of it gives way to others",
		"bytes", r.bounds.HeaderMemory, "address", network, "of_address", held)
}

// keep wants the lock.
func (r *room) keep(c *limitedConn, size int64) {
	a := c.address
	r.held += size - c.held
	a.held += size - c.held
	c.held = size
	if c.heldPlace < 0 {
		a.headersHeld.add(c)
	} else {
		a.headersHeld.moved(c)
	}
	if a.heldPlace < 0 {
		r.byHeld.add(a)
	} else {
		r.byHeld.moved(a)
	}
}

// release ends what keep began; it wants the lock.
func (r *room) release(c *limitedConn) {
	if c.heldPlace < 0 {
		return
	}
	a := c.address
	a.headersHeld.drop(c)
	r.held -= c.held
	a.held -= c.held
	c.held = 0
	if a.headersHeld.Len() == 0 {
		r.byHeld.drop(a)
		return
	}
	r.byHeld.moved(a)
}

// answered is for a header that was held: its request has been answered.
func (r *room) answered(c *limitedConn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.release(c)
}

// tooManyLines counts the lines of a header that may have too many. What the buffer
// held before the header began was counted with the request before it, and net/http
// takes some lines away that it has understood.
func (c *limitedConn) tooManyLines(r *http.Request) bool {
	if c.lines.Load() <= fewLines {
		return false
	}
	lines := 0
	for _, values := range r.Header {
		lines += len(values)
	}
	if r.Host != "" {
		lines++
	}
	if len(r.TransferEncoding) > 0 {
		lines++
	}
	if r.Trailer != nil {
		lines++
	}
	return lines > MostHeaderLines
}

// refuseLines answers as net/http does where it refuses a header itself.
func refuseLines(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Connection", "close")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = w.Write([]byte("400 Bad Request")) // Whoever is gone needs no answer.
}
