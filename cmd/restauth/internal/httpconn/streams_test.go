package httpconn

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restauth/restauth/cmd/restauth/internal/commandtest"
	"github.com/restauth/restauth/internal/certtest"
)

// raw is a client of HTTP/2 that sends whatever frames it likes.
type raw struct {
	*tls.Conn
	t      *testing.T
	begun  time.Time
	stream uint32 // the newest
	gone   atomic.Bool
}

// dialRaw agrees on a protocol, and sends begin.
func dialRaw(t *testing.T, address, protocol, begin string) *raw {
	t.Helper()
	r := &raw{t: t, begun: time.Now()}
	config := &tls.Config{InsecureSkipVerify: true}
	if protocol != "" {
		config.NextProtos = []string{protocol}
	}
	conn, err := tls.Dial("tcp", strings.TrimPrefix(address, secured), config)
	if err != nil {
		t.Fatal(err)
	}
	r.Conn = conn
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(commandtest.Patience))
	if _, err := io.WriteString(conn, begin); err != nil {
		t.Fatal(err)
	}
	return r
}

// dialStreams commandtest.Get HTTP/2.
func dialStreams(t *testing.T, address string) *raw {
	r := dialRaw(t, address, "h2", preface)
	r.frame(commandtest.FrameSettings, 0, 0, "")
	return r
}

func (r *raw) frame(kind, flags byte, stream uint32, payload string) bool {
	_, err := r.Write(commandtest.Frame(kind, flags, stream, payload))
	return err == nil
}

func (r *raw) get(header string) bool {
	r.stream += 2
	return r.frame(commandtest.FrameHeaders, commandtest.FlagEndHeaders|commandtest.FlagEndStream, r.stream-1, commandtest.Get+header)
}

// next reads a frame.
func (r *raw) next() (kind, flags byte, stream uint32, payload []byte, err error) {
	var head [9]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, 0, 0, nil, err
	}
	payload = make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
	_, err = io.ReadFull(r, payload)
	return head[3], head[4], binary.BigEndian.Uint32(head[5:]), payload, err
}

// ends reads until the server hangs up, and returns how many streams it answered or ended.
func (r *raw) ends() (streams int) {
	for {
		kind, flags, _, _, err := r.next()
		if err != nil {
			r.gone.Store(true)
			return streams
		}
		if kind == commandtest.FrameReset || (kind == commandtest.FrameHeaders || kind == commandtest.FrameData) && flags&commandtest.FlagEndStream != 0 {
			streams++
		}
	}
}

// TestStreamsAnnounced: what a client may do is told to it.
func TestStreamsAnnounced(t *testing.T) {
	r := dialStreams(t, newConnServer(t, overTLSs, slow(nil)))
	kind, _, _, payload, err := r.next()
	if kind != commandtest.FrameSettings || err != nil {
		t.Fatalf("the first frame is of kind %d, %v, want settings", kind, err)
	}
	got := make(map[uint16]uint32)
	for ; len(payload) >= 6; payload = payload[6:] {
		got[binary.BigEndian.Uint16(payload)] = binary.BigEndian.Uint32(payload[2:])
	}
	const streams, window, frame, list = 3, 4, 5, 6
	for setting, want := range map[uint16]uint32{streams: MostStreams, window: 64 << 10, frame: 16 << 10} {
		if got[setting] != want {
			t.Errorf("setting %d = %d, want %d", setting, got[setting], want)
		}
	}
	if got[list] < MostHeaderBytes || got[list]/33 > MostHeaderLines {
		t.Errorf("a header may have %d bytes, want %d and room for fewer than %d lines", got[list], MostHeaderBytes, MostHeaderLines)
	}
}

// TestStreamsOfNoUse: floods of what brings nothing end with their connection.
func TestStreamsOfNoUse(t *testing.T) {
	floods := map[string]func(r *raw) bool{
		"pings":          func(r *raw) bool { return r.frame(commandtest.FramePing, 0, 0, "12345678") },
		"answered pings": func(r *raw) bool { return r.frame(commandtest.FramePing, 1, 0, "12345678") },
		"settings":       func(r *raw) bool { return r.frame(commandtest.FrameSettings, 0, 0, "\x00\x04\x00\x00\x10\x00") },
		"empty settings": func(r *raw) bool { return r.frame(commandtest.FrameSettings, 0, 0, "") },
		"priorities":     func(r *raw) bool { return r.frame(commandtest.FramePriority, 0, 1, "\x00\x00\x00\x00\x01") },
		"windows":        func(r *raw) bool { return r.frame(commandtest.FrameWindow, 0, 0, "\x00\x00\x00\x01") },
		"unknown frames": func(r *raw) bool { return r.frame(99, 0, 0, "?") },
		"empty data": func(r *raw) bool {
			if r.stream == 0 {
				r.stream = 2
				return r.frame(commandtest.FrameHeaders, commandtest.FlagEndHeaders, 1, "\x83\x87\x04\x03/1h\x41\x01x")
			}
			return r.frame(commandtest.FrameData, 0, 1, "")
		},
		"empty continuations": func(r *raw) bool {
			if r.stream == 0 {
				r.stream = 2
				return r.frame(commandtest.FrameHeaders, 0, 1, commandtest.Get)
			}
			return r.frame(commandtest.FrameContinuation, 0, 1, "")
		},
		"continuations": func(r *raw) bool {
			if r.stream == 0 {
				r.stream = 2
				return r.frame(commandtest.FrameHeaders, 0, 1, commandtest.Get)
			}
			return r.frame(commandtest.FrameContinuation, 0, 1, commandtest.Field("x", strings.Repeat("x", 1000)))
		},
		"requests that are reset": func(r *raw) bool {
			return r.get("") && r.frame(commandtest.FrameReset, 0, r.stream-1, "\x00\x00\x00\x08")
		},
		"requests that the server has to reset": func(r *raw) bool {
			return r.get("") && r.frame(commandtest.FrameWindow, 0, r.stream-1, "\x7f\xff\xff\xff")
		},
		"requests that are none": func(r *raw) bool { return r.get(commandtest.Field("Upper", "")) },
		"requests that are large": func(r *raw) bool {
			return r.get(commandtest.Field("x", strings.Repeat("x", 16<<10-100))) && r.get(strings.Repeat("\x84", 3000))
		},
	}
	for name, flood := range floods {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var handlers, most atomic.Int32
			address := newConnServer(t, overTLSs, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				for now := handlers.Add(1); ; {
					if was := most.Load(); now <= was || most.CompareAndSwap(was, now) {
						break
					}
				}
				<-r.Context().Done()
				handlers.Add(-1)
			}))
			r := dialStreams(t, address)
			var reading sync.WaitGroup
			reading.Go(func() { r.ends() })
			sent := 0
			for !r.gone.Load() && sent < 1_000_000 && flood(r) {
				sent++
			}
			reading.Wait()
			// What is on its way when the server hangs up was sent for nothing.
			if sent >= 1_000_000 {
				t.Errorf("after %d frames the connection is still there", sent)
			}
			if most.Load() > MostStreams {
				t.Errorf("%d handlers ran at once, want %d at most", most.Load(), MostStreams)
			}
			commandtest.Eventually(t, "no handler goes on", func() bool { return handlers.Load() == 0 })
		})
	}
}

// TestStreamsOfUse: who asks for much and is answered keeps the connection.
func TestStreamsOfUse(t *testing.T) {
	_, address := startConnServer(t, overTLSs, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.URL.Path == "/large" {
			_, _ = w.Write(make([]byte, 4<<20))
		}
	}))
	dials := new(atomic.Int32)
	transport := &http.Transport{
		ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		MaxConnsPerHost: 1,
	}
	transport.DialContext = countedDialer(dials)
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: commandtest.Patience}
	ask := func(path string, body io.Reader) {
		resp, err := client.Post("https://"+strings.TrimPrefix(address, secured)+path, "text/plain", body)
		if err != nil {
			t.Error(err)
			return
		}
		defer resp.Body.Close()
		if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.ProtoMajor != 2 {
			t.Errorf("%s: %s, %v", path, resp.Proto, err)
		}
	}
	for range 4 { // each with hundreds of window updates
		ask("/large", nil)
	}
	var asking sync.WaitGroup
	for range 50 {
		asking.Go(func() {
			for range 60 {
				ask("/", strings.NewReader("x"))
			}
		})
	}
	asking.Wait()
	if got := dials.Load(); got != 1 {
		t.Errorf("%d connections were made, want one", got)
	}
}

func countedDialer(dials *atomic.Int32) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		dials.Add(1)
		return new(net.Dialer).DialContext(ctx, network, address)
	}
}

// TestStreamsLines: as large a header as may be comes through, with fewer lines than may
// be, and none larger.
func TestStreamsLines(t *testing.T) {
	lines := make(chan int, 1)
	address := newConnServer(t, overTLSs, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		n := 0
		for _, values := range r.Header {
			n += len(values)
		}
		lines <- n
	}))
	send := func(n int) int {
		r := dialStreams(t, address)
		var header strings.Builder
		for range n {
			header.WriteString(commandtest.Field("a", ""))
		}
		r.frame(commandtest.FrameHeaders, commandtest.FlagEndStream, 1, commandtest.Get)
		rest := header.String()
		for len(rest) > 16_000 {
			r.frame(commandtest.FrameContinuation, 0, 1, rest[:16_000])
			rest = rest[16_000:]
		}
		r.frame(commandtest.FrameContinuation, commandtest.FlagEndHeaders, 1, rest)
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			for {
				if kind, _, stream, _, err := r.next(); err != nil || stream == 1 && kind == commandtest.FrameHeaders {
					return
				}
			}
		}()
		select {
		case n := <-lines:
			return n
		case <-answered:
			select {
			case n := <-lines:
				return n
			default:
				return 0
			}
		}
	}
	if got := send(1_980); got != 1_980 {
		t.Errorf("of 1,980 lines %d came through", got)
	}
	if got := send(MostHeaderLines); got != 0 {
		t.Errorf("of %d lines %d came through, want a refusal", MostHeaderLines, got)
	}
}

// TestStreamsTimes: a header has to come within its time, bit by bit or at once, and a
// body, and who does not read is hung up on.
func TestStreamsTimes(t *testing.T) {
	address := newConnServer(t, overTLSs, slow(nil))
	closes := func(what string, r *raw, after time.Duration) {
		r.ends()
		if took := time.Since(r.begun); took < after || took > after+2*time.Second {
			t.Errorf("%s: closed after %v, want %v", what, took, after)
		}
	}
	tests := map[string]func(t *testing.T){
		"nothing":             func(t *testing.T) { closes("nothing", dialRaw(t, address, "h2", ""), testHeader) },
		"half of the preface": func(t *testing.T) { closes("half of the preface", dialRaw(t, address, "h2", preface[:15]), testHeader) },
		"half a header": func(t *testing.T) {
			r := dialStreams(t, address)
			r.frame(commandtest.FrameHeaders, 0, 1, commandtest.Get)
			closes("half a header", r, testHeader)
		},
		"half a header behind a request": func(t *testing.T) {
			r := dialStreams(t, address)
			r.get("")
			r.frame(commandtest.FrameHeaders, 0, 3, commandtest.Get)
			closes("half a header behind a request", r, testHeader)
		},
		"bit by bit without an end": func(t *testing.T) {
			r := dialStreams(t, address)
			r.frame(commandtest.FrameHeaders, 0, 1, commandtest.Get)
			go func() {
				for r.frame(commandtest.FrameContinuation, 0, 1, commandtest.Field("a", "")) {
					time.Sleep(tickEvery / 5)
				}
			}()
			closes("bit by bit", r, testHeader)
		},
		"bit by bit": func(t *testing.T) {
			r := dialStreams(t, address)
			r.frame(commandtest.FrameHeaders, commandtest.FlagEndStream, 1, commandtest.Get)
			time.Sleep(testHeader / 2)
			r.frame(commandtest.FrameContinuation, commandtest.FlagEndHeaders, 1, "")
			time.Sleep(testHeader) // the deadline is over
			r.frame(commandtest.FramePing, 0, 0, "12345678")
			for {
				kind, flags, _, _, err := r.next()
				if err != nil {
					t.Fatalf("a header that came in time: %v", err)
				}
				if kind == commandtest.FramePing && flags == 1 {
					return
				}
			}
		},
		"a body that never comes": func(t *testing.T) {
			r := dialStreams(t, address)
			r.frame(commandtest.FrameHeaders, commandtest.FlagEndHeaders, 1, commandtest.Post)
			for {
				kind, flags, stream, _, err := r.next()
				if err != nil || stream == 1 && (kind == commandtest.FrameReset || flags&commandtest.FlagEndStream != 0) {
					break
				}
			}
			if took := time.Since(r.begun); took < testRead || took > testRead+2*time.Second {
				t.Errorf("a body that never comes: ended after %v, want %v", took, testRead)
			}
		},
		"idle": func(t *testing.T) {
			closes("idle", dialStreams(t, address), testIdle+time.Second) // it is told before that
		},
	}
	for name, run := range tests {
		t.Run(name, func(t *testing.T) { t.Parallel(); run(t) })
	}
}

// TestProtocolAgreedOn: what was not agreed on is not served, whatever the limits of the
// other protocol are.
func TestProtocolAgreedOn(t *testing.T) {
	served := make(chan string, 1)
	address := newConnServer(t, overTLSs, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { served <- r.Proto }))
	for _, tt := range []struct{ protocol, begin string }{
		{"h2", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"h2", "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"},
		{"http/1.1", preface},
		{"", preface},
	} {
		r := dialRaw(t, address, tt.protocol, tt.begin)
		if tt.begin == preface {
			r.frame(commandtest.FrameSettings, 0, 0, "")
			r.get("")
		}
		_, _ = io.Copy(io.Discard, r)
		select {
		case protocol := <-served:
			t.Errorf("agreed on %q, begun with %q: served as %s", tt.protocol, tt.begin, protocol)
		default:
		}
	}
}

// TestStreamsHeaders: what headers take is counted while handlers have them, while they
// are not whole, and not after that; who takes too much gives way.
func TestStreamsHeaders(t *testing.T) {
	release, again := make(chan struct{}), make(chan struct{})
	var until atomic.Pointer[chan struct{}]
	until.Store(&release)
	server := &http.Server{
		ReadHeaderTimeout: commandtest.Patience, TLSConfig: &tls.Config{Certificates: []tls.Certificate{certtest.Valid(t).TLS(t)}},
		Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-*until.Load() }),
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	const most = 1 << 20
	l := Limit(server, listener, Bounds{HeaderMemory: most})
	go server.Serve(l)
	defer server.Close()
	held := func() int64 {
		l.room.mu.Lock()
		defer l.room.mu.Unlock()
		return l.room.held
	}
	large := commandtest.Field("x", strings.Repeat("x", 15_000))

	r := dialStreams(t, listener.Addr().String())
	for range 10 {
		r.get(large)
	}
	commandtest.Eventually(t, "ten headers are counted", func() bool { return held() > 150_000 && held() < 200_000 })
	unfinished := dialStreams(t, listener.Addr().String())
	unfinished.frame(commandtest.FrameHeaders, 0, 1, commandtest.Get+large)
	commandtest.Eventually(t, "an unfinished one is too", func() bool { return held() > 400_000 })
	unfinished.Close()
	close(release)
	commandtest.Eventually(t, "nothing is held any more", func() bool { return held() == 0 })

	until.Store(&again)
	defer close(again)
	r = dialStreams(t, listener.Addr().String())
	go func() {
		for range 99 {
			r.get(large)
		}
	}()
	commandtest.Eventually(t, "who takes too much gives way", func() bool {
		if got := held(); got > most {
			t.Errorf("%d bytes are held, want %d at most", got, most)
		}
		kind, _, _, _, err := r.next()
		return err != nil || kind == commandtest.FrameGoAway
	})
	commandtest.Eventually(t, "and holds nothing", func() bool { return held() == 0 })
}

// TestHandshakes that do not end in time, or in size, and their place among connections.
func TestHandshakes(t *testing.T) {
	address := strings.TrimPrefix(newConnServer(t, overTLSs, slow(nil)), secured)
	hello := func(size int) string { // a ClientHello of that size commandtest.Get, in records of 16 KiB
		body := string([]byte{1, byte(size >> 16), byte(size >> 8), byte(size)}) + strings.Repeat("x", size)
		text := ""
		for len(body) > 0 {
			n := min(len(body), 16<<10)
			text += string([]byte{22, 3, 1, byte(n >> 8), byte(n)}) + body[:n]
			body = body[n:]
		}
		return text
	}
	for name, tt := range map[string]struct {
		send string
		drip bool
		want time.Duration
	}{
		"nothing":            {"", false, testHeader},
		"half a hello":       {hello(500)[:100], false, testHeader},
		"bit by bit":         {hello(500)[:400], true, testHeader},
		"larger than may be": {hello(60_000), false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scenario(t, address, func(c *client) {
				if !tt.drip {
					c.send(tt.send)
				} else {
					go func() {
						for i := range tt.send {
							if _, err := c.Write([]byte{tt.send[i]}); err != nil {
								return
							}
							time.Sleep(tickEvery / 10)
						}
					}()
				}
				c.closes(tt.want)
			})
		})
	}
}
