package httpconn

import (
	"errors"
	"net/http"
	"sync"
	"time"
)

const (
	// MostStreams is how many requests a client may have under way on one connection of
	// HTTP/2. RFC 9113, section 6.5.2, wants no fewer than 100.
	MostStreams = 100

	// A frame that may bring nothing costs one point, and a request requestCost until it
	// is answered; an answered one gives them back, and each bytesOfPoint that are
	// written one more. Who has mostPoints is hung up on: as many requests as may be
	// under way, and as many again that were reset, refused or broken, or a thousand
	// pings, settings and the like, between two answers.
	requestCost  = 10
	bytesOfPoint = 512
	mostPoints   = 2 * MostStreams * requestCost

	// framesAtOnce is how many bytes of frames go on to net/http between two breaths: ten
	// small requests, whose handlers keep others waiting for a quarter of a millisecond.
	framesAtOnce = 512
	// largeHeader is what no header of a browser takes, with lineCost for each line. Only
	// net/http could divide the work of taking it apart.
	largeHeader = 32 << 10

	// fieldCost is at most what one byte of a compressed header stands for in memory,
	// where it is a reference to a field that was sent before.
	fieldCost  = 48
	mostHeader = MostHeaderBytes + MostHeaderLines*lineCost
	// freeHeaders is what headers of a connection may take together uncounted: those of
	// ten ordinary requests.
	freeHeaders = 16 << 10
)

var (
	errPreface = errors.New("HTTP/2 was agreed on and not begun")
	errPoints  = errors.New("a connection of HTTP/2 has brought too many frames of no use")
)

// boundsOfStreams are net/http's own. A header's lines need none: each counts as 32 bytes
// and more of the 64 KiB that a header may have, so that there are never MostHeaderLines.
func boundsOfStreams(writeTimeout time.Duration) *http.HTTP2Config {
	return &http.HTTP2Config{
		MaxConcurrentStreams:          MostStreams,
		MaxDecoderHeaderTableSize:     4096,
		MaxEncoderHeaderTableSize:     4096,
		MaxReadFrameSize:              16 << 10,
		MaxReceiveBufferPerConnection: 256 << 10,
		MaxReceiveBufferPerStream:     64 << 10,
		WriteByteTimeout:              writeTimeout,
	}
}

// streams bound what a client of HTTP/2 asks for beyond what net/http bounds:
//
//   - how long it takes to send a header: net/http waits without an end;
//   - what headers take, as of all connections together: those that are incomplete, that
//     wait for a handler, and that a handler has;
//   - frames that cost work and bring nothing, such as pings, settings, and requests
//     that are reset.
//
// It reads the 9 bytes before each frame (RFC 9113, section 4.1), and of a frame nothing.
type streams struct {
	c       *limitedConn
	timeout time.Duration

	// Whoever reads from the connection has these.
	unbroken int     // bytes since the last breath
	begun    int     // of the preface
	head     [9]byte // of the frame
	have     int     // of head
	left     int     // of the frame behind head
	inBlock  bool    // in a header that has not ended
	block    int64   // bytes of it, compressed
	trails   bool    // it comes behind a body
	last     uint32  // the newest stream

	mu      sync.Mutex // guards what follows
	points  int
	waiting []int64 // by what headers take whose handler has not begun, the oldest first
	takes   int64   // all headers
}

func newStreams(c *limitedConn, timeout time.Duration) *streams {
	return &streams{c: c, timeout: timeout}
}

// readFrames is Read for HTTP/2.
func (c *limitedConn) readFrames(p []byte) (int, error) {
	if s := c.streams; s.unbroken >= framesAtOnce {
		s.unbroken = 0
		c.breathe()
	}
	n, err := c.readOn(p[:min(len(p), framesAtOnce)])
	c.streams.unbroken += n
	if err != nil && n == 0 {
		c.linger.ended.Store(true) // Where the client has not ended, its time is over.
		return 0, err
	}
	if err := c.streams.came(p[:n]); err != nil {
		c.linger.ended.Store(true) // It does not deserve to be waited for.
		c.slowDown()
		return 0, err
	}
	return n, err
}

// streamsOpen is told when the first of some streams is opened, and the last is closed.
func (c *limitedConn) streamsOpen(state http.ConnState) {
	switch state {
	case http.StateActive:
		c.since.Store(-c.clock.about())
	case http.StateIdle:
		c.streams.rest()
		c.waits()
	default:
	}
}

// rest is for the moment in which no stream is open: what still waits for a handler then
// is what never gets one.
func (s *streams) rest() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.c.running.Load() > 0 {
		return
	}
	for _, size := range s.waiting {
		s.takes -= size
	}
	s.waiting = nil
	s.hold(s.takes)
}

// came follows the frames.
func (s *streams) came(p []byte) error {
	for len(p) > 0 {
		switch {
		case s.begun < len(preface):
			if p[0] != preface[s.begun] {
				return errPreface
			}
			s.begun++
			p = p[1:]
			continue
		case s.left > 0:
			n := min(s.left, len(p))
			s.left -= n
			p = p[n:]
		default:
			n := copy(s.head[s.have:], p)
			s.have += n
			p = p[n:]
			if s.have < len(s.head) {
				return nil
			}
			s.frameBegins()
		}
		if s.left > 0 {
			continue
		}
		if err := s.frameEnds(); err != nil {
			return err
		}
	}
	return nil
}

// Frames, and their flags (RFC 9113, section 6).
const (
	frameData         = 0
	frameHeaders      = 1
	frameContinuation = 9

	flagEndStream  = 1
	flagEndHeaders = 4
)

func (s *streams) frameBegins() {
	s.left = int(s.head[0])<<16 | int(s.head[1])<<8 | int(s.head[2])
	stream := uint32(s.head[5])<<24 | uint32(s.head[6])<<16 | uint32(s.head[7])<<8 | uint32(s.head[8])
	switch s.head[3] {
	case frameHeaders:
		s.inBlock, s.block, s.trails = true, 0, stream <= s.last
		s.last = max(s.last, stream)
		s.c.readBy.Store(s.c.clock.about() + int64(tickEvery+s.timeout))
		fallthrough
	case frameContinuation:
		s.block += int64(s.left)
	default:
	}
}

// frameEnds counts what the frame costs.
func (s *streams) frameEnds() error {
	s.have = 0
	kind, flags := s.head[3], s.head[4]
	empty := s.head[0]|s.head[1]|s.head[2] == 0
	switch {
	case kind == frameData && (!empty || flags&flagEndStream != 0):
		return nil // flow control bounds these
	case (kind == frameHeaders || kind == frameContinuation) && flags&flagEndHeaders != 0:
		s.inBlock = false
		s.c.readBy.Store(0)
		if s.c.late.Load() {
			if err := s.c.disarm(); err != nil {
				return err
			}
		}
		if !s.trails {
			return s.requestCame()
		}
	default:
	}
	return s.costs(1)
}

func (s *streams) costs(points int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.points += points; s.points > mostPoints {
		return errPoints
	}
	return nil
}

// gives takes points away; it wants the lock.
func (s *streams) gives(points int) { s.points = max(s.points-points, 0) }

// wrote is told of what was written.
func (s *streams) wrote(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gives(n / bytesOfPoint)
}

// requestCame is for a header that has ended. While fewer than MostStreams handlers run
// its own begins at once, and counts what it takes more exactly.
func (s *streams) requestCame() error {
	if err := s.costs(requestCost); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	size := int64(0)
	if int(s.c.running.Load())+len(s.waiting) >= MostStreams {
		size = expanded(s.block)
	}
	s.waiting = append(s.waiting, size)
	s.takes += size
	if !s.hold(s.takes) {
		return errHeaderMemory
	}
	return nil
}

// goesOn is called before TLS reads on: a header that has not ended by then did not come
// in one piece. It reports false when the connection has been closed for others.
func (s *streams) goesOn() bool {
	if !s.inBlock {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hold(s.takes + expanded(s.block))
}

// expanded is the most that a compressed header of so many bytes takes.
func expanded(block int64) int64 { return min(block*fieldCost, mostHeader) }

// hold has the room count what headers take; it wants the lock. It reports false when
// the connection has been closed for others.
func (s *streams) hold(size int64) bool {
	if size > freeHeaders {
		s.c.holds.Store(true)
		return s.c.room.hold(s.c, size)
	}
	if s.c.holds.Swap(false) {
		s.c.room.answered(s.c)
	}
	return true
}

// serveStream is what comes before a handler of HTTP/2.
func (c *limitedConn) serveStream(w http.ResponseWriter, r *http.Request, next http.Handler) {
	c.running.Add(1)
	defer c.running.Add(-1)
	c.address.handlers.Add(1)
	defer c.address.handlers.Add(-1)
	size := int64(0)
	for name, values := range r.Header {
		for _, value := range values {
			size += int64(len(name)+len(value)) + lineCost
		}
	}
	if size > largeHeader {
		c.slowDown()
	}
	if !c.streams.begins(size) {
		panic(http.ErrAbortHandler) // The connection is closed.
	}
	defer c.streams.ends(r, size)
	next.ServeHTTP(w, r)
}

// begins is for a handler. Handlers begin in the order of requests, nearly: it is the
// oldest that waits no more. Those that never begin, because their request was reset or
// refused, are so kept for longer than they are there, and never for shorter.
func (s *streams) begins(size int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) > 0 {
		s.takes -= s.waiting[0]
		s.waiting = s.waiting[1:]
	}
	s.takes += size
	return s.hold(s.takes)
}

// ends is for a handler that is done. Who has reset its request was not answered.
func (s *streams) ends(r *http.Request, size int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.takes -= size
	if r.Context().Err() == nil {
		s.gives(requestCost)
	}
	s.hold(s.takes) //nolint:contextcheck // what is said of connections belongs to no request
}
