package dbtest_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"sync"
	"testing"

	"github.com/restauth/restauth/internal/dbtest"
)

// clientSSL is the capability of a server that has TLS, and what a client says that
// begins with it.
const clientSSL = 0x800

// TestOpenKeepsItsSettings: a server without TLS changes nothing for the connection after
// it. What would change is shared by connections that are made at once, and the race
// detector sees that once in a thousand times.
func TestOpenKeepsItsSettings(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	asked := make(chan bool)
	go func() {
		asked <- greet(listener, 0x200)
		asked <- greet(listener, 0x200|clientSSL)
	}()
	ctx, cancel := context.WithCancel(t.Context())
	db := dbtest.Open(t, "mysql://roy:pw@"+listener.Addr().String()+"/shop")
	var pings sync.WaitGroup
	pings.Go(func() {
		for ctx.Err() == nil {
			_ = db.PingContext(ctx) // the servers hang up
		}
	})
	got := []bool{<-asked, <-asked}
	cancel()
	pings.Wait()
	if want := []bool{false, true}; !slices.Equal(got, want) {
		t.Errorf("TLS is asked for: %v, want %v, as the servers have it", got, want)
	}
}

// greet is a server that says what it can, and hangs up when the client has answered; it
// returns whether that asked for TLS.
func greet(listener net.Listener, capabilities uint16) bool {
	conn, err := listener.Accept()
	if err != nil {
		return false
	}
	defer conn.Close()
	// Protocol 10, version, connection, scramble and filler; behind the lower capabilities
	// come 16 bytes of which no use is made here, and the rest of the scramble.
	greeting := append([]byte("\x0a5.5.0\x00\x01\x00\x00\x00"), "scramble\x00"...)
	greeting = binary.LittleEndian.AppendUint16(greeting, capabilities)
	greeting = append(append(greeting, make([]byte, 16)...), "its other part\x00"...)
	if _, err := conn.Write(append([]byte{byte(len(greeting)), 0, 0, 0}, greeting...)); err != nil {
		return false
	}
	var answer [8]byte // a header of four bytes, and what the client can
	if _, err := io.ReadFull(conn, answer[:]); err != nil {
		return false
	}
	return binary.LittleEndian.Uint32(answer[4:])&clientSSL != 0
}
