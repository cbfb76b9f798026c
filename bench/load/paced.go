package load

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"time"
)

// Paced sends a request every so often over one connection, as a client does that is
// there anyway and not to see how much the server can take. A request that is late
// because the answer before it was counts from when it was due: a server that stands
// still for a while keeps many clients waiting, not one. All must be answered with 200.
func Paced(ctx context.Context, target netip.AddrPort, request []byte, every, warmup, window time.Duration) (*Histogram, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp4", target.String())
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", target, err)
	}
	defer conn.Close()
	var (
		h     = new(Histogram)
		in    = bufio.NewReader(conn)
		start = time.Now()
		ready = start // when the answer before was there
	)
	for due := start; due.Sub(start) < warmup+window; due = due.Add(every) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		time.Sleep(time.Until(due))
		sent := time.Now()
		if ready.After(due) {
			sent = due
		}
		if _, err := conn.Write(request); err != nil {
			return nil, fmt.Errorf("load %s: %w", target, err)
		}
		response, err := http.ReadResponse(in, nil)
		if err != nil {
			return nil, fmt.Errorf("load %s: %w", target, err)
		}
		_, err = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close() // it has been read
		if err != nil || response.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("load %s: %s, %w", target, response.Status, err)
		}
		if ready = time.Now(); due.Sub(start) >= warmup {
			h.Record(ready.Sub(sent))
		}
	}
	return h, nil
}
