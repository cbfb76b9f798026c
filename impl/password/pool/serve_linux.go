package pool

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/restauth/restauth/impl/password/gate"
)

const (
	// firstSocket is the file descriptor of a child's first connection.
	firstSocket = 3
	// mostSlots bounds what ServeChild takes for a number of connections.
	mostSlots = 4096
	// childKill makes the kernel, short of memory, end the child first: what is
	// lost with it is begun again.
	childKill = 500
	// tidyFrom is in bytes: after a hash that took as much its memory is
	// collected at once, or a child's heap would hold several of them.
	tidyFrom = 1 << 20
)

// ServeChild is the main function of a hashing process, which a Pool started
// with Config.Child and what it appended to that: args. It verifies what
// comes over the inherited sockets until the Pool's side closes them. The error
// says that it was not started by a Pool, or that a frame was malformed.
func ServeChild(args []string) error {
	slots, niceness, err := childArgs(args)
	if err != nil {
		return err
	}
	// The Pool says when to end. A terminal or a supervisor that signals all
	// processes means to let logins under way finish.
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	becomeVictim()
	closeInherited(firstSocket + slots)
	runtime.GOMAXPROCS(slots + 1) // One that looks after the runtime itself.
	standAllBack(niceness)
	ends := make(chan error, slots)
	for i := range slots {
		counter := &counter{socket: firstSocket + i, buffer: make([]byte, maxFrame+1), runs: make(map[uint32]*run)}
		go func() {
			w := &worker{from: counter, quantum: childQuantum}
			w.run()
			ends <- counter.end
		}()
	}
	return <-ends // Half a child would answer half of the logins.
}

// childArgs reads what startChild wrote, and sees whether the sockets are there.
func childArgs(args []string) (slots, niceness int, err error) {
	if len(args) == 2 {
		slots, err = strconv.Atoi(args[0])
		if err == nil {
			niceness, err = strconv.Atoi(args[1])
		}
	}
	if err != nil || len(args) != 2 || slots < 1 || slots > mostSlots || niceness < 0 || niceness > farthestBack {
		return 0, 0, errors.New("pool: a hashing process is started by a pool only")
	}
	for i := range slots {
		kind, err := unix.GetsockoptInt(firstSocket+i, unix.SOL_SOCKET, unix.SO_TYPE)
		if err != nil || kind != unix.SOCK_SEQPACKET {
			return 0, 0, fmt.Errorf("pool: a hashing process is started by a pool only: no socket %d", i)
		}
		unix.CloseOnExec(firstSocket + i)
	}
	return slots, niceness, nil
}

// closeInherited closes what whoever started the pool's process left open for
// it. What this process opened itself is not for others to inherit.
func closeInherited(from int) {
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return // No /proc; nobody will use them either.
	}
	for _, file := range files {
		fd, err := strconv.Atoi(file.Name())
		if err != nil || fd < from {
			continue
		}
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && flags&unix.FD_CLOEXEC == 0 {
			_ = unix.Close(fd) // It was open a moment ago.
		}
	}
}

// becomeVictim offers this process to the kernel when memory is short. Where
// that is forbidden it is one among others.
func becomeVictim() {
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte(strconv.Itoa(childKill)), 0)
}

// counter is a child's end of a connection, the dispatcher of one worker.
type counter struct {
	socket  int
	buffer  []byte
	runs    map[uint32]*run
	waiting []*run // of those, for a free lane
	closed  bool
	end     error // why, if not because the other side is done
}

// take returns the next task that the Pool sent, after it has read all that came.
// It waits for something only when the worker has nothing else to do; without any
// task of its own it returns nil only when all is over.
func (d *counter) take(live int) *run {
	for !d.closed {
		n, err := d.receive(live == 0 && len(d.waiting) == 0)
		switch {
		case err == unix.EINTR: //nolint:errorlint // from the kernel, as it is
			continue
		case err == unix.EAGAIN: //nolint:errorlint // from the kernel, as it is
			// All that came may have been given up already.
			if t := d.next(live); t != nil || live > 0 {
				return t
			}
			continue
		case err != nil || n == 0:
			d.close(nil)
			return nil
		}
		f, err := parseFrame(d.buffer[:n])
		clear(d.buffer[:n]) // It holds a password.
		if err != nil {
			d.close(err)
			return nil
		}
		d.open(f)
	}
	return nil
}

// next is the first task that there is a lane for, or that needs none.
func (d *counter) next(live int) *run {
	for i := 0; i < len(d.waiting); {
		t := d.waiting[i]
		given := t.gone.Load()
		if !given && !t.fits(live) {
			i++
			continue
		}
		d.waiting = slices.Delete(d.waiting, i, i+1)
		if !given {
			return t
		}
		d.finish(t, gate.Outcome{})
	}
	return nil
}

func (d *counter) receive(wait bool) (int, error) {
	flags := unix.MSG_DONTWAIT
	if wait {
		flags = 0
	}
	// Not through the poller: a thread of its own waits without any detour.
	n, _, err := unix.Recvfrom(d.socket, d.buffer, flags)
	return n, err
}

// open does what a frame says.
func (d *counter) open(f frame) {
	switch f.kind {
	case kindGiveUp:
		if t := d.runs[f.id]; t != nil {
			t.gone.Store(true)
		}
	case kindBegin, kindOwn:
		h, err := f.parse()
		if err != nil {
			d.send(frame{kind: kindDone, id: f.id, fault: err.Error()})
			return
		}
		t := newRun(&gate.Job{Hash: h, Password: f.password, Own: f.kind == kindOwn})
		t.id = f.id
		d.runs[f.id] = t
		d.waiting = append(d.waiting, t)
	default:
		d.close(errFrame)
	}
}

// close gives up what is under way.
func (d *counter) close(err error) {
	d.closed, d.end = true, err
	for _, t := range d.runs {
		t.gone.Store(true)
	}
}

// charge does nothing: the Pool counts by its own clock.
func (d *counter) charge([]*run, time.Duration) {}

func (d *counter) finish(t *run, end gate.Outcome) {
	delete(d.runs, t.id)
	f := frame{kind: kindDone, id: t.id, match: end.Match}
	if end.Err != nil {
		f.fault = end.Err.Error()
	}
	d.send(f)
	if t.hash.Memory() >= tidyFrom {
		runtime.GC()
	}
}

func (d *counter) send(f frame) {
	if d.closed {
		return
	}
	var packet [64]byte
	for {
		err := unix.Send(d.socket, f.append(packet[:0]), unix.MSG_NOSIGNAL)
		switch err {
		case nil:
			return
		case unix.EINTR:
		default:
			d.close(nil) // The Pool has gone.
			return
		}
	}
}
