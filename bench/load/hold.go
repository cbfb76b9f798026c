//go:build linux

package load

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Held are idle keep-alive connections.
type Held struct{ fds []int }

// Close closes them.
func (h *Held) Close() error {
	for _, fd := range h.fds {
		_ = unix.Close(fd)
	}
	h.fds = nil
	return nil
}

// Hold opens n connections, gets one answer with status 200 on each, and leaves
// them open, as clients that are done for the moment do.
func Hold(ctx context.Context, target netip.AddrPort, n, sources int, request []byte) (*Held, error) {
	p := Plan{Target: target, Connections: n, Requests: [][]byte{request}, Sources: sources, Window: 1}
	if err := p.check(); err != nil {
		return nil, err
	}
	h := &Held{}
	for i := range n {
		err := ctx.Err()
		if err == nil {
			err = h.add(p, i)
		}
		if err != nil {
			_ = h.Close()
			return nil, fmt.Errorf("idle connection %d of %d to %s: %w", i+1, n, target, err)
		}
	}
	return h, nil
}

func (h *Held) add(p Plan, i int) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("make a socket: %w", err)
	}
	h.fds = append(h.fds, fd)
	if err := dial(fd, p, i); err != nil {
		return err
	}
	// One at a time, so blocking is simplest; a dead server must not block for ever.
	if err := unix.SetNonblock(fd, false); err != nil {
		return err
	}
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 5}); err != nil {
		return err
	}
	if _, err := unix.Write(fd, p.Requests[0]); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return readOne(fd)
}

func readOne(fd int) error {
	buf := make([]byte, bufferSize)
	for have := 0; have < len(buf); {
		n, err := unix.Read(fd, buf[have:])
		if errors.Is(err, unix.EINTR) { // the Go scheduler's signals
			continue
		}
		if err != nil {
			return fmt.Errorf("no answer: %w", err)
		}
		if n == 0 {
			return errors.New("closed without an answer")
		}
		have += n
		r, whole, err := parse(buf[:have])
		if err != nil {
			return err
		}
		if whole {
			if r.status != 200 {
				return fmt.Errorf("status %d", r.status)
			}
			return nil
		}
	}
	return errTooLarge
}
