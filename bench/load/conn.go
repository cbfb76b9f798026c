//go:build linux

package load

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// bufferSize holds the largest answer that is expected, a Problem, with room.
const bufferSize = 8 << 10

// conn is one keep-alive connection.
type conn struct {
	fd    int
	next  int // index of its next request
	buf   []byte
	have  int       // bytes of the answer so far
	owed  []byte    // the request under way, nil when idle
	sent  time.Time // when it was first written
	until time.Time // end of a pause
}

// connect opens connection i and has epoll watch it.
func (l *loop) connect(i int) error {
	c := &l.conns[i]
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("make a socket: %w", err)
	}
	if err := dial(fd, l.plan, i); err != nil {
		_ = unix.Close(fd)
		return err
	}
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(i)}
	if err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
		_ = unix.Close(fd)
		return fmt.Errorf("watch a socket: %w", err)
	}
	c.fd, c.have = fd, 0
	return nil
}

func dial(fd int, p Plan, i int) error {
	// The port is chosen when connecting: else sources × connections share one
	// range of local ports with everything else on the machine.
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: p.source(i).As4()}); err != nil {
		return fmt.Errorf("bind %s: %w", p.source(i), err)
	}
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: int(p.Target.Port()), Addr: p.Target.Addr().As4()}); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return fmt.Errorf("set TCP_NODELAY: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return fmt.Errorf("make a socket non-blocking: %w", err)
	}
	return nil
}

// send writes the connection's next request.
func (l *loop) send(i int) error {
	c := &l.conns[i]
	c.owed = l.plan.Requests[c.next]
	c.next = (c.next + l.plan.Connections) % len(l.plan.Requests)
	c.have, c.sent = 0, time.Now()
	l.busy++
	return l.write(i)
}

// write writes what is owed. A server may have closed an idle connection: then
// it is opened again, which counts into the latency, as it would for a client.
func (l *loop) write(i int) error {
	c := &l.conns[i]
	n, err := unix.Write(c.fd, c.owed)
	switch {
	case err == nil && n == len(c.owed):
		return nil
	case closed(err):
		return l.reconnect(i)
	case err == nil:
		return errors.New("a request did not fit into the socket's buffer")
	}
	return fmt.Errorf("write: %w", err)
}

// maxReconnects keeps a server that closes every connection unanswered from
// being called for ever.
const maxReconnects = 1_000_000

func (l *loop) reconnect(i int) error {
	c := &l.conns[i]
	_ = unix.Close(c.fd)
	c.fd = -1
	if l.result.Reconnects++; l.result.Reconnects > maxReconnects {
		return errors.New("the server goes on closing connections")
	}
	if err := l.connect(i); err != nil {
		return err
	}
	if c.owed == nil {
		return nil
	}
	return l.write(i)
}

// receive reads what has arrived on connection i.
func (l *loop) receive(i int, end time.Time) error {
	c := &l.conns[i]
	n, err := unix.Read(c.fd, c.buf[c.have:])
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return nil
	case closed(err), err == nil && n == 0:
		if c.have > 0 {
			return errors.New("the server closed a connection within an answer")
		}
		return l.reconnect(i)
	case err != nil:
		return fmt.Errorf("read: %w", err)
	}
	c.have += n
	r, whole, err := parse(c.buf[:c.have])
	switch {
	case err != nil:
		return err
	case !whole && c.have == len(c.buf):
		return errTooLarge
	case !whole:
		return nil
	case r.size != c.have || c.owed == nil:
		return errors.New("the server sent more than one answer to a request")
	}
	c.owed, c.have = nil, 0
	return l.answered(i, r.status, end)
}

func closed(err error) bool {
	return errors.Is(err, unix.ECONNRESET) || errors.Is(err, unix.EPIPE)
}
