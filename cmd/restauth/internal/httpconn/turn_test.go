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

// TestPauses: turns that come now and then wait for nothing, and those of a flood for as
// long as they last.
func TestPauses(t *testing.T) {
	var p pauses
	now := time.Unix(1, 0)
	turn := func(lasts, until time.Duration) (waited time.Duration) {
		waited = p.begins(now)
		now = now.Add(waited + lasts)
		p.ends(now)
		now = now.Add(until)
		return waited
	}
	for range 1000 {
		if waited := turn(100*time.Microsecond, 100*time.Microsecond); waited != 0 {
			t.Fatalf("a turn as long as the pause before it waits for %v", waited)
		}
	}
	begin, busy := now, time.Duration(0)
	for range 1000 {
		busy += 100 * time.Microsecond
		turn(100*time.Microsecond, 0)
	}
	if passed := now.Sub(begin); busy > passed/2+ahead || busy < passed/3 {
		t.Errorf("turns without pauses lasted %v of %v, want half", busy, passed)
	}
	now = now.Add(time.Hour)
	turn(time.Second, 0)
	if waited := turn(0, 0); waited != time.Second {
		t.Errorf("after a turn of 1s the next waits for %v", waited)
	}
}
