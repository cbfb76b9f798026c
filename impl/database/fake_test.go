package database_test

import (
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// fakeHost is a server that can be told how to fail, as no real one can at will: with a
// number of its own choice, at that moment. It says who it is when it is asked
// "SELECT who". What real servers do is tested with real ones.
type fakeHost struct {
	name string
	addr string

	mu       sync.Mutex
	fails    func(question string) failure // nil answers
	readOnly string                        // what it says of read_only
	ready    string                        // and of wsrep_ready
	conns    map[net.Conn]bool             // that are open
	made     int                           // connections that were let in
	old      int                           // so many of the first are lead to nowhere
	oldSay   failure                       // what those answer
	listener net.Listener
}

// failure is how a question is not answered: with an error, by hanging up, or late.
type failure struct {
	number uint16
	hangUp bool
	wait   time.Duration
}

func newFakeHost(t *testing.T, name string) *fakeHost {
	t.Helper()
	f := &fakeHost{name: name, readOnly: "0", ready: "ON", conns: make(map[net.Conn]bool)}
	f.listen(t, "127.0.0.1:0")
	t.Cleanup(f.close)
	return f
}

func (f *fakeHost) listen(t *testing.T, addr string) {
	t.Helper()
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	f.mu.Lock()
	f.listener, f.addr = listener, listener.Addr().String()
	f.mu.Unlock()
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			f.mu.Lock()
			f.conns[c] = true
			f.mu.Unlock()
			go f.serve(c)
		}
	}()
}

// close refuses new connections and ends all others.
func (f *fakeHost) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	_ = f.listener.Close()
	for c := range f.conns {
		_ = c.Close()
	}
}

// fail sets how questions fail from now on, nil for not at all. Of connecting the
// question is "connect".
func (f *fakeHost) fail(how func(question string) failure) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fails = how
}

// failOld fails the connections that it has now.
func (f *fakeHost) failOld(how failure) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.old, f.oldSay = f.made, how
}

// open is how many connections it has.
func (f *fakeHost) open() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.conns)
}

func (f *fakeHost) how(question string) failure {
	f.mu.Lock()
	fails := f.fails
	f.mu.Unlock()
	if fails == nil {
		return failure{}
	}
	return fails(question)
}

func (f *fakeHost) serve(c net.Conn) {
	defer func() {
		_ = c.Close()
		f.mu.Lock()
		delete(f.conns, c)
		f.mu.Unlock()
	}()
	how := f.how("connect")
	time.Sleep(how.wait)
	if how.hangUp {
		return
	}
	if how.number != 0 {
		_, _ = c.Write(errPacket(0, how.number))
		return
	}
	_, _ = c.Write(greetingPacket())
	if _, _, err := readFrom(c); err != nil {
		return
	}
	_, _ = c.Write(okPacket(2))
	f.mu.Lock()
	f.made++
	ordinal := f.made
	f.mu.Unlock()
	for {
		_, payload, err := readFrom(c)
		if err != nil || payload[0] == 1 { // COM_QUIT
			return
		}
		question := string(payload[1:])
		how := f.how(question)
		f.mu.Lock()
		if ordinal <= f.old {
			how = f.oldSay
		}
		f.mu.Unlock()
		time.Sleep(how.wait)
		switch {
		case how.hangUp:
			return
		case how.number != 0:
			_, _ = c.Write(errPacket(1, how.number))
		case payload[0] == 3 && strings.Contains(question, "read_only"):
			f.mu.Lock()
			value := f.readOnly
			f.mu.Unlock()
			_, _ = c.Write(rowPackets(value))
		case payload[0] == 3 && strings.HasPrefix(question, "SHOW"):
			f.mu.Lock()
			value := f.ready
			f.mu.Unlock()
			_, _ = c.Write(rowPackets(value))
		case payload[0] == 3 && strings.HasPrefix(question, "SELECT"):
			_, _ = c.Write(rowPackets(f.name))
		default:
			_, _ = c.Write(okPacket(1))
		}
	}
}

func readFrom(c net.Conn) (sequence byte, payload []byte, err error) {
	var head [4]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return 0, nil, err
	}
	payload = make([]byte, int(head[0])|int(head[1])<<8|int(head[2])<<16)
	_, err = io.ReadFull(c, payload)
	return head[3], payload, err
}

// framed is a packet:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html
func framed(sequence byte, payload string) []byte {
	n := len(payload)
	return append([]byte{byte(n), byte(n >> 8), byte(n >> 16), sequence}, payload...)
}

// greetingPacket is protocol 10's.
func greetingPacket() []byte {
	return framed(0, "\x0a10.11.0-fake\x00"+"\x01\x00\x00\x00"+"saltsalt\x00"+"\x0f\xa2"+"\x2d\x02\x00"+"\x08\x00"+"\x15"+
		strings.Repeat("\x00", 10)+"saltsaltsalt\x00"+"mysql_native_password\x00")
}

func okPacket(sequence byte) []byte { return framed(sequence, "\x00\x00\x00\x02\x00\x00\x00") }

func errPacket(sequence byte, number uint16) []byte {
	return framed(sequence, "\xff"+string(binary.LittleEndian.AppendUint16(nil, number))+"#08S01WSREP as the test said")
}

// rowPackets are a result of one column and one row.
func rowPackets(value string) []byte {
	column := "\x03def\x00\x00\x00\x01x\x00\x0c\x2d\x00\x00\x01\x00\x00\xfd\x00\x00\x00\x00\x00"
	out := framed(1, "\x01")
	out = append(out, framed(2, column)...)
	out = append(out, framed(3, "\xfe\x00\x00\x02\x00")...)
	out = append(out, framed(4, string(byte(len(value)))+value)...)
	return append(out, framed(5, "\xfe\x00\x00\x02\x00")...)
}

type lockedBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
