//go:build linux

package load

import (
	"context"
	"errors"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// loop is one running plan. All of it belongs to one thread.
type loop struct {
	plan    Plan
	epoll   int
	conns   []conn
	result  *Result
	start   time.Time // of the window, not of the warm-up
	pausing int       // connections that wait before their next request
	busy    int       // connections that are owed an answer
	stopped bool      // no new requests
}

// tick is how often the loop looks at ctx and the clock when nothing arrives.
const tick = 100 * time.Millisecond

func newLoop(p Plan) (*loop, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	l := &loop{plan: p, epoll: epoll, conns: make([]conn, p.Connections), result: &Result{window: p.Window}}
	for i := range l.conns {
		l.conns[i] = conn{fd: -1, next: i % len(p.Requests), buf: make([]byte, bufferSize)}
		if err := l.connect(i); err != nil {
			l.close()
			return nil, err
		}
	}
	return l, nil
}

func (l *loop) close() {
	for i := range l.conns {
		if l.conns[i].fd >= 0 {
			_ = unix.Close(l.conns[i].fd)
		}
	}
	_ = unix.Close(l.epoll)
}

func (l *loop) run(ctx context.Context) error {
	// The thread is the loop's own: being moved between threads shows in p99.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	l.start = time.Now().Add(l.plan.Warmup)
	end := l.start.Add(l.plan.Window)
	for i := range l.conns {
		if err := l.send(i); err != nil {
			return err
		}
	}
	events := make([]unix.EpollEvent, min(len(l.conns), 256))
	for {
		now := time.Now()
		if l.stop(now, end) {
			if l.busy == 0 || now.Sub(end) > maxDrain {
				l.result.Unanswered = l.busy
				return ctx.Err()
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := unix.EpollWait(l.epoll, events, l.timeout(now, end))
		if err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
		for _, event := range events[:max(n, 0)] {
			if err := l.receive(int(event.Fd), end); err != nil {
				return err
			}
		}
		if err := l.wake(end); err != nil {
			return err
		}
	}
}

// timeout is how long epoll may wait, in milliseconds: until the window ends or
// a pause is over, at most a tick.
func (l *loop) timeout(now, end time.Time) int {
	wait := tick
	if !l.stopped {
		wait = min(wait, end.Sub(now))
	}
	if l.pausing > 0 {
		wait = min(wait, time.Millisecond)
	}
	return max(1, int(wait/time.Millisecond))
}

// stop reports whether the window has ended, and from then on nothing is sent.
func (l *loop) stop(now, end time.Time) bool {
	l.stopped = l.stopped || !now.Before(end)
	return l.stopped
}

// wake sends on the connections whose pause is over.
func (l *loop) wake(end time.Time) error {
	if l.pausing == 0 {
		return nil
	}
	now := time.Now()
	if l.stop(now, end) {
		return nil
	}
	for i := range l.conns {
		if c := &l.conns[i]; !c.until.IsZero() && !now.Before(c.until) {
			c.until = time.Time{}
			l.pausing--
			if err := l.send(i); err != nil {
				return err
			}
		}
	}
	return nil
}

// answered counts an answer and goes on with the connection's next request.
func (l *loop) answered(i int, status int, end time.Time) error {
	c := &l.conns[i]
	now := time.Now()
	l.busy--
	if !now.Before(l.start) {
		l.result.count(status, now.Sub(c.sent), now.Before(end))
	}
	if l.stop(now, end) {
		return nil
	}
	if l.plan.Pause > 0 && (status == 429 || status == 503) {
		c.until = now.Add(l.plan.Pause)
		l.pausing++
		return nil
	}
	return l.send(i)
}
