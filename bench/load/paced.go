//go:build linux

package load

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// Paced is what Each was told of a window behind a warm-up.
func Paced(ctx context.Context, target netip.AddrPort, request []byte, every, warmup, window time.Duration) (*Histogram, error) {
	var (
		h     = new(Histogram)
		start time.Time
	)
	err := Each(ctx, target, request, every, func(due time.Time, took time.Duration) bool {
		if start.IsZero() {
			start = due
		}
		since := due.Sub(start)
		if since >= warmup {
			h.Record(took)
		}
		return since+every < warmup+window
	})
	return h, err
}

// Each sends a request every so often over one connection, as a client does that is
// there anyway and not to see how much the server can take, and tells how long each took,
// until it is told that there are no more. A request that is late
// because the answer before it was counts from when it was due: a server that stands
// still for a while keeps many clients waiting, not one. All must be answered with 200.
//
// Such a client is another machine's. Here it would wait for a core behind whatever
// computes, a container's hashing too, which stands back only behind its own server: up
// to 3 ms, which the answer did not take. So it has a thread of its own that goes before
// all others where that is allowed, and does nothing but wait for the kernel.
func Each(ctx context.Context, target netip.AddrPort, request []byte, every time.Duration, answered func(due time.Time, took time.Duration) (more bool)) error {
	runtime.LockOSThread() // It ends with the goroutine, and so does what it was given.
	goFirst()
	conn, err := dialBlocking(target)
	if err != nil {
		return fmt.Errorf("load %s: %w", target, err)
	}
	defer conn.Close()
	var (
		in    = bufio.NewReader(conn)
		ready = time.Now() // when the answer before was there
	)
	for due, more := ready, true; more; due = due.Add(every) {
		if err := ctx.Err(); err != nil {
			return err
		}
		wait(time.Until(due))
		sent := time.Now()
		if ready.After(due) {
			sent = due
		}
		if _, err := conn.Write(request); err != nil {
			return fmt.Errorf("load %s: %w", target, err)
		}
		response, err := http.ReadResponse(in, nil)
		if err != nil {
			return fmt.Errorf("load %s: %w", target, err)
		}
		_, err = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close() // it has been read
		if err != nil || response.StatusCode != http.StatusOK {
			return fmt.Errorf("load %s: %s, %w", target, response.Status, err)
		}
		ready = time.Now()
		more = answered(due, ready.Sub(sent))
	}
	return nil
}

// goFirst gives the calling thread a priority before all usual ones. Only root may, as
// a rule; without it the thread waits for its turn as others do.
func goFirst() {
	attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 1}
	_ = unix.SchedSetAttr(0, &attr, 0)
}

// wait sleeps in the kernel: a timer of Go's is looked after by other threads.
func wait(d time.Duration) {
	for t := unix.NsecToTimespec(int64(d)); t.Sec > 0 || t.Sec == 0 && t.Nsec > 0; {
		if unix.Nanosleep(&t, &t) == nil { // else a signal came, and t is what is left
			return
		}
	}
}

// dialBlocking returns a connection whose reads wait in the kernel, not in Go's poller.
func dialBlocking(target netip.AddrPort) (*os.File, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("make a socket: %w", err)
	}
	err = unix.Connect(fd, &unix.SockaddrInet4{Port: int(target.Port()), Addr: target.Addr().As4()})
	if err == nil {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	}
	if err == nil { // An answer that never comes is a fault of the run.
		err = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 10})
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("connect: %w", err)
	}
	return os.NewFile(uintptr(fd), "client"), nil
}
