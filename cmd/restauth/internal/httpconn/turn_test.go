package httpconn

import (
	"net"
	"net/http"
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
