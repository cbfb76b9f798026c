// Package commandtest has what tests of the command and of its packages wait and
// look with. It is for tests only.
package commandtest

import (
	"bytes"
	"sync"
	"testing"
	"time"
)

// Patience is how long a test waits for what takes milliseconds on an idle
// machine. Hashing, which stands back behind all else, may take a minute on a busy one.
const Patience = 3 * time.Minute

// Eventually waits until ok holds.
func Eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(Patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not so after %v: %s", Patience, what)
		}
	}
}

// Buffer is a bytes.Buffer that a server may write while a test reads.
type Buffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// String is what was written until now.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
