package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/restauth/restauth/cmd/restauth/internal/commandtest"
	dbprocess "github.com/restauth/restauth/internal/dbtest/process"
)

// fewRounds are enough to see who is shut out: each has four handshakes.
const fewRounds = 20

// attack is what a connection of an attacker does, once or until it is hung up on.
type attack func(ctx context.Context, i int, conn net.Conn)

// over has the attack go on over TLS, by this protocol.
func over(protocol string, then func(ctx context.Context, i int, conn net.Conn)) attack {
	return func(ctx context.Context, i int, conn net.Conn) {
		secure := tls.Client(conn, anyone(protocol))
		if secure.HandshakeContext(ctx) != nil {
			return
		}
		if protocol == "h2" {
			if _, err := io.WriteString(secure, commandtest.Preface+string(commandtest.Frame(commandtest.FrameSettings, 0, 0, ""))); err != nil {
				return
			}
		}
		then(ctx, i, secure)
	}
}

// endless sends what frames makes until it is hung up on, or the test ends.
func endless(frames func(stream uint32) []byte) attack {
	return over("h2", func(ctx context.Context, _ int, conn net.Conn) {
		go io.Copy(io.Discard, conn)
		go func() {
			for stream := uint32(1); ctx.Err() == nil && stream < 1<<30; {
				var some []byte
				for range 50 {
					some = append(some, frames(stream)...)
					stream += 2
				}
				if _, err := conn.Write(some); err != nil {
					return
				}
			}
		}()
	})
}

func get(stream uint32, header string) []byte {
	return commandtest.Frame(commandtest.FrameHeaders, commandtest.FlagEndHeaders|commandtest.FlagEndStream, stream, commandtest.Get+header)
}

// attackerCommand is what the test binary answers to as the attacker of a benchmark: in a
// process of its own, and behind all others, so that what it takes of the processor is no
// part of what is measured.
const attackerCommand = "restauth-attacker"

// attacker is given an attack and an address, and goes on until it is killed.
func attacker() {
	idle := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_IDLE}
	threads, _ := os.ReadDir("/proc/self/task") // those that come are started by these
	for _, thread := range threads {
		if id, err := strconv.Atoi(thread.Name()); err == nil {
			_ = unix.SchedSetAttr(id, &idle, 0)
		}
	}
	attack, ctx := streamAttacks()[os.Args[1]], context.Background()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(oneAddress(0))}}
	for i := range 20 {
		go func() {
			for ; ; time.Sleep(100 * time.Millisecond) {
				if conn, err := dialer.Dial("tcp", os.Args[2]); err == nil {
					attack(ctx, i, conn)
					io.Copy(io.Discard, conn)
					conn.Close()
				}
			}
		}()
	}
	select {}
}

// heldAttacks take places and memory, streamAttacks work.
func heldAttacks() []attack {
	large := strings.Repeat(commandtest.Field("x", strings.Repeat("x", 1000)), 15)
	return []attack{
		func(context.Context, int, net.Conn) {},
		func(_ context.Context, _ int, conn net.Conn) { conn.Write([]byte("\x16\x03\x01\x02\x00\x01")) }, // a handshake begins
		over("http/1.1", func(_ context.Context, _ int, conn net.Conn) {
			io.WriteString(conn, "GET /livez HTTP/1.1\r\nHost: x\r\nX: "+strings.Repeat("x", 65_000))
		}),
		over("http/1.1", func(ctx context.Context, _ int, conn net.Conn) { request(ctx, conn) }),
		over("h2", func(context.Context, int, net.Conn) {}),
		over("h2", func(_ context.Context, _ int, conn net.Conn) {
			conn.Write(commandtest.Frame(commandtest.FrameHeaders, 0, 1, commandtest.Get+large))
			conn.Write(commandtest.Frame(commandtest.FrameContinuation, 0, 1, large))
		}),
		over("h2", func(_ context.Context, _ int, conn net.Conn) { // bodies that never come, with large headers
			for i := range uint32(10) {
				conn.Write(commandtest.Frame(commandtest.FrameHeaders, commandtest.FlagEndHeaders, 2*i+1, commandtest.Post+large))
			}
		}),
	}
}

func streamAttacks() map[string]attack {
	return map[string]attack{
		"requests": endless(func(stream uint32) []byte { return get(stream, "") }),
		"resets": endless(func(stream uint32) []byte {
			return append(get(stream, ""), commandtest.Frame(commandtest.FrameReset, 0, stream, "\x00\x00\x00\x08")...)
		}),
		"pings":    endless(func(uint32) []byte { return commandtest.Frame(commandtest.FramePing, 0, 0, "12345678") }),
		"settings": endless(func(uint32) []byte { return commandtest.Frame(commandtest.FrameSettings, 0, 0, "") }),
		"headers":  endless(func(stream uint32) []byte { return get(stream, strings.Repeat(commandtest.Field("x", "x"), 1900)) }),
		"continued": endless(func(stream uint32) []byte {
			if stream == 1 {
				return commandtest.Frame(commandtest.FrameHeaders, 0, 1, commandtest.Get)
			}
			return commandtest.Frame(commandtest.FrameContinuation, 0, 1, "")
		}),
		"handshakes": over("h2", func(_ context.Context, _ int, conn net.Conn) { conn.Close() }),
	}
}

// TestTLSConnectionsOfOneAddress: who takes all connections, before, in and after their
// handshake, by both protocols, takes them and their memory from nobody else.
func TestTLSConnectionsOfOneAddress(t *testing.T) {
	flags, _ := secured(t)
	s := startWithFiles(t, fewFiles, flags...)
	kinds := heldAttacks()
	made := flood(t, s, 250, 3*time.Second, oneAddress, func(ctx context.Context, i int, conn net.Conn) { kinds[i%len(kinds)](ctx, i, conn) })
	if got := servedOf(t, s, "127.0.0.7", fewRounds); got != fewRounds {
		t.Errorf("beside %d connections of one address, %d of 20 rounds went well, want all\n%s", made.Load(), got, tail(s.log.String()))
	}
	if files := openFiles(t, s); files >= fewFiles {
		t.Errorf("%d files are open, want fewer than %d", files, fewFiles)
	}
}

// TestTLSMemory: headers of HTTP/2 and unfinished handshakes take little together.
func TestTLSMemory(t *testing.T) {
	flags, _ := secured(t)
	s := startWithFiles(t, 1000, flags...)
	kinds := heldAttacks()
	made := flood(t, s, 250, 3*time.Second, manyAddresses, func(ctx context.Context, i int, conn net.Conn) { kinds[i%len(kinds)](ctx, i, conn) })
	if got := servedOf(t, s, "127.0.0.7", fewRounds); got != fewRounds {
		t.Errorf("beside %d connections of many addresses, %d of 20 rounds went well, want all\n%s", made.Load(), got, tail(s.log.String()))
	}
	peak := peakMemory(t, s)
	t.Logf("peak: %d MiB after %d connections", peak>>20, made.Load())
	if most := int64(200 << 20); peak > most {
		t.Errorf("the server took %d MiB at its peak, want at most %d", peak>>20, most>>20)
	}
}

// TestTLSStreams: floods of streams and headers of one address keep nobody from being
// answered; BenchmarkTLSStreams has the times.
func TestTLSStreams(t *testing.T) {
	flags, pair := secured(t)
	s := startWithFiles(t, fewFiles, flags...)
	client := newKeeping(&s.testServer, pair, "h2")
	for name, attack := range streamAttacks() {
		t.Run(name, func(t *testing.T) {
			made := flood(t, s, 4, time.Second, oneAddress, attack)
			for range 10 {
				client.get(t)
				if _, err := s.dial(net.Dialer{}); err != nil {
					t.Errorf("a newcomer beside %d connections: %v", made.Load(), err)
				}
			}
			s.login("ann", "correct horse battery staple")
			t.Logf("peak: %d MiB after %d connections", peakMemory(t, s)>>20, made.Load())
		})
	}
	if lines := strings.Count(s.log.String(), "http2: "); lines > 0 {
		t.Errorf("the log has %d lines of what clients did wrong, want none", lines)
	}
	// Headers with many small fields are the most of it, from when they are decoded until
	// their handler begins and counts them; a busy machine makes that longer.
	if peak, most := peakMemory(t, s), int64(256<<20); peak > most {
		t.Errorf("the server took %d MiB at its peak, want at most %d", peak>>20, most>>20)
	}
}

// BenchmarkTLSStreams is the 99th percentile of an honest client's logins and guarded
// requests, alone and beside a flood of streams, and how many times as long that is.
func BenchmarkTLSStreams(b *testing.B) {
	flags, pair := secured(b)
	for name := range streamAttacks() {
		b.Run(name, func(b *testing.B) {
			s := startWithFiles(b, fewFiles, flags...)
			client := newKeeping(&s.testServer, pair, "h2")
			idle := percentile(b, client)
			attackers, err := dbprocess.Start(exec.Command(attackerCommand, name, strings.TrimPrefix(s.URL, "https://")), filepath.Join(b.TempDir(), "log"), nil)
			if err != nil {
				b.Fatal(err)
			}
			defer attackers.Signal(syscall.SIGKILL)
			time.Sleep(time.Second)
			for b.Loop() {
				beside := percentile(b, client)
				for i, what := range []string{"login", "guarded"} {
					b.ReportMetric(float64(idle[i].Microseconds())/1e3, "ms/"+what+"-p99-idle")
					b.ReportMetric(float64(beside[i].Microseconds())/1e3, "ms/"+what+"-p99-flood")
					b.ReportMetric(float64(beside[i])/float64(idle[i]), what+"-ratio")
				}
			}
		})
	}
}

// percentile is the 99th of 200 logins, and of 2,000 guarded requests.
func percentile(b *testing.B, client keeping) (p99 [2]time.Duration) {
	b.Helper()
	token := ""
	ask := func(method, path, body string) time.Duration {
		req, err := http.NewRequest(method, client.url+path, strings.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+token)
		begin := time.Now()
		resp, err := client.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 200 {
			b.Fatalf("%s %s = %d %s, %v", method, path, resp.StatusCode, answer, err)
		}
		took := time.Since(begin)
		if path == "/auth" {
			var got struct {
				Token string `json:"access_token"`
			}
			if err := json.Unmarshal(answer, &got); err != nil {
				b.Fatal(err)
			}
			token = got.Token
		}
		return took
	}
	for i, what := range []func() time.Duration{
		func() time.Duration {
			return ask("POST", "/auth", `{"username":"ann","password":"correct horse battery staple"}`)
		},
		func() time.Duration { return ask("GET", "/rest-auth", "") },
	} {
		times := make([]time.Duration, []int{200, 2_000}[i])
		for j := range times {
			times[j] = what()
		}
		slices.Sort(times)
		p99[i] = times[len(times)*99/100]
	}
	return p99
}
