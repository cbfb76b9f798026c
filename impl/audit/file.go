package audit

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"
)

const (
	// fileDelay is how long a line may wait for others to be written with it.
	fileDelay = 100 * time.Millisecond
	// retryAfter is how soon a file that took nothing is tried again.
	retryAfter = time.Second
	// mostWaiting is how many bytes may wait for the file: some 4,000 events.
	mostWaiting = 1 << 20
	// mostCrowded is from where on there is room only for what was looked at.
	mostCrowded = mostWaiting * 3 / 4
	// closePatience is how long Close waits for a file that does not answer.
	closePatience = 5 * time.Second
)

// errClosed is what is written after Close.
var errClosed = errors.New("audit: the file is closed")

// File is where the lines of a trail are kept. They are written together, by one
// goroutine: whoever records an event never waits for the disk. While the file takes
// nothing up to a MiB of lines waits for it; what does not fit is counted, and said as
// an event of its own once it takes some again. The log has all of them meanwhile.
type File struct {
	open func() (io.WriteCloser, error)
	name string
	log  *slog.Logger
	gap  func(lost int)

	out io.WriteCloser // write's alone

	mu      sync.Mutex
	waiting []byte
	lost    int
	closed  bool

	wake   chan struct{}
	reopen chan struct{}
	end    chan struct{}
	ended  chan error
}

// OpenFile opens a file by open, which opens it for appending, and again after each
// [File.Reopen]. Its name is for people's eyes; log is told once when it cannot be
// written, and when it can again. Nothing is written before a [Trail] has it.
func OpenFile(name string, open func() (io.WriteCloser, error), log *slog.Logger) (*File, error) {
	out, err := open()
	if err != nil {
		return nil, err
	}
	return &File{
		open: open, name: name, log: log, out: out,
		wake: make(chan struct{}, 1), reopen: make(chan struct{}, 1), end: make(chan struct{}), ended: make(chan error, 1),
	}, nil
}

func (f *File) begin(gap func(lost int)) {
	f.gap = gap
	go f.run()
}

// Write takes a line. It never waits.
func (f *File) Write(line []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.closed:
		return 0, errClosed
	case len(f.waiting)+len(line) > mostWaiting:
		f.lost++
		return len(line), nil
	case len(f.waiting) == 0:
		signal(f.wake)
	}
	f.waiting = append(f.waiting, line...)
	return len(line), nil
}

// crowded reports whether only what matters most is to be written, and if so counts
// what is not.
func (f *File) crowded() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.waiting) < mostCrowded {
		return false
	}
	f.lost++
	return true
}

// Reopen opens the file anew, after what was recorded until now is written: what turns
// logs over has renamed it.
func (f *File) Reopen() { signal(f.reopen) }

// Close writes what waits, and closes the file.
func (f *File) Close() error {
	f.mu.Lock()
	already := f.closed
	f.closed = true
	f.mu.Unlock()
	if already {
		return nil
	}
	if f.gap == nil { // No trail ever had it.
		return f.out.Close()
	}
	close(f.end)
	select {
	case err := <-f.ended:
		return err
	case <-time.After(closePatience):
		return fmt.Errorf("%s did not take the last events within %v", f.name, closePatience)
	}
}

// run writes until Close.
func (f *File) run() {
	failing := false
	for {
		delay := fileDelay
		if failing {
			delay = retryAfter
		}
		select {
		case <-f.end:
			err := f.flush()
			f.ended <- errors.Join(err, f.out.Close())
			return
		case <-f.reopen:
			failing = f.note(failing, f.flush())
			f.again()
		case <-f.wake:
			select {
			case <-time.After(delay):
			case <-f.reopen:
				signal(f.reopen) // at once, behind what waits
			case <-f.end:
			}
			failing = f.note(failing, f.flush())
		}
	}
}

// again puts a file that was just opened in the place of the one there is.
func (f *File) again() {
	out, err := f.open()
	if err != nil {
		f.log.Error("the audit file cannot be opened again; going on with the one there was", "file", f.name, "error", err)
		return
	}
	if err := f.out.Close(); err != nil {
		f.log.Error("the audit file could not be closed", "file", f.name, "error", err)
	}
	f.out = out
	f.log.Info("the audit file was opened again", "file", f.name)
}

// flush writes what waits. What was not written waits on, in front of what came since.
func (f *File) flush() error {
	f.mu.Lock()
	lines := f.waiting
	f.waiting = nil
	f.mu.Unlock()
	if len(lines) == 0 {
		return nil
	}
	n, err := f.out.Write(lines)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		f.waiting = append(lines[n:], f.waiting...)
		signal(f.wake)
		return err
	}
	if f.waiting == nil {
		f.waiting = lines[:0]
	}
	return nil
}

// note says that the file fails, or does no more, once each, and returns whether it
// does. It tells of what was lost.
func (f *File) note(failing bool, err error) bool {
	if err != nil {
		if !failing {
			f.log.Error("the audit file cannot be written; its events wait, and are in the log alone when there are too many", "file", f.name, "error", err)
		}
		return true
	}
	if failing {
		f.log.Info("the audit file can be written again", "file", f.name)
	}
	f.mu.Lock()
	lost := f.lost
	f.lost = 0
	f.mu.Unlock()
	if lost > 0 {
		f.gap(lost)
	}
	return false
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // told already
	}
}
