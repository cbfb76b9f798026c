package httpconn

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/restauth/restauth/cmd/restauth/internal/commandtest"
)

// TestTurnsComeBack: however connections end, in a handshake, in a flood or between, the
// turn of their address is free afterwards.
func TestTurnsComeBack(t *testing.T) {
	server, address := startConnServer(t, overTLSs, slow(nil), func(server *http.Server) {
		server.ReadHeaderTimeout = commandtest.Patience
	})
	var ending sync.WaitGroup
	for i := range 200 {
		ending.Go(func() {
			switch i % 4 {
			case 0: // in its handshake
				conn, err := net.Dial("tcp", address[len(secured):])
				if err != nil {
					t.Error(err)
					return
				}
				conn.Write([]byte{22, 3, 1, 2, 0, 1})
				time.Sleep(time.Duration(i) * time.Millisecond / 10)
				conn.Close()
			case 1: // at what it sends too much of
				r := dialStreams(t, address)
				for range 3_000 {
					if !r.frame(commandtest.FramePing, 0, 0, "12345678") {
						break
					}
				}
			case 2: // with what is no frame
				r := dialStreams(t, address)
				r.frame(commandtest.FrameHeaders, commandtest.FlagEndHeaders, 2, "\xff\xff\xff")
			case 3: // with requests under way
				r := dialStreams(t, address)
				for range 20 {
					r.get("")
				}
				r.Close()
			}
		})
	}
	ending.Wait()
	r := dialStreams(t, address)
	r.get("")
	for {
		kind, _, stream, _, err := r.next()
		if err != nil {
			t.Fatalf("afterwards: %v", err)
		}
		if kind == commandtest.FrameHeaders && stream == 1 {
			break
		}
	}
	r.Close()
	server.Close()
}

// TestLargeHeadersSlow: whoever sends a header that takes long to be taken apart has what
// comes next read slowly, a piece at a time.
func TestLargeHeadersSlow(t *testing.T) {
	_, address := startConnServer(t, overTLSs, slow(nil), func(server *http.Server) {
		server.ReadHeaderTimeout = commandtest.Patience
	})
	r := dialStreams(t, address)
	defer r.Close()
	r.get(strings.Repeat(commandtest.Field("x", "x"), largeHeader/lineCost))
	for {
		kind, _, _, _, err := r.next()
		if err != nil {
			t.Fatal(err)
		}
		if kind == commandtest.FrameHeaders { // its handler has run
			break
		}
	}
	const pieces = 8
	begin, pings := time.Now(), pieces*framesAtOnce/17 // a ping has 17 bytes
	ping := string(commandtest.Frame(commandtest.FramePing, 0, 0, "12345678"))
	if _, err := io.WriteString(r, strings.Repeat(ping, pings)); err != nil {
		t.Fatal(err)
	}
	for got := range pings {
		for kind := byte(0); kind != commandtest.FramePing; {
			var err error
			if kind, _, _, _, err = r.next(); err != nil {
				t.Fatalf("after %d of %d answers: %v", got, pings, err)
			}
		}
	}
	if took, least := time.Since(begin), (pieces-1)*mostBreaths*breath; took < least {
		t.Errorf("%d bytes of frames were read in %v, want at least %v", pings*17, took, least)
	}
}
