package users_test

import (
	"io"
	"net"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/restauth/restauth/impl/userid"
	"github.com/restauth/restauth/impl/users"
	"github.com/restauth/restauth/internal/dbtest"
)

// TestOneRoundTrip counts what goes over the wire: a lookup is one packet there
// and one answer back, and nothing else.
func TestOneRoundTrip(t *testing.T) {
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			admin := fresh(t)
			dbtest.Exec(t, admin, tutorialTable, rows)
			var sent atomic.Int64
			addr := countingProxy(t, mustParse(t, admin).Host, &sent)
			s := open(t, users.Config{URL: edit(t, admin, func(u *url.URL) { u.Host, u.RawQuery = addr, "max-open=1" })})
			available(t, s, "through the proxy")
			const lookups = 10
			before := sent.Load()
			for range lookups {
				if _, err := s.FindByID(t.Context(), userid.Number(1)); err != nil {
					t.Fatal(err)
				}
			}
			if got := sent.Load() - before; got != lookups {
				t.Errorf("%d lookups by id sent %d packets", lookups, got)
			}
			before = sent.Load()
			for range lookups {
				if _, err := s.FindByUsername(t.Context(), "roy"); err != nil {
					t.Fatal(err)
				}
			}
			if got := sent.Load() - before; got != lookups {
				t.Errorf("%d lookups by name sent %d packets", lookups, got)
			}
		})
	}
}

// countingProxy forwards to a server and counts the reads from its clients,
// one a packet, as each waits for its answer.
func countingProxy(t *testing.T, server string, sent *atomic.Int64) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial("tcp", server)
			if err != nil {
				_ = client.Close()
				continue
			}
			go func() {
				defer client.Close()
				_, _ = io.Copy(client, upstream)
			}()
			go func() {
				defer upstream.Close()
				buffer := make([]byte, 64<<10)
				for {
					n, err := client.Read(buffer)
					if err != nil {
						return
					}
					sent.Add(1)
					if _, err := upstream.Write(buffer[:n]); err != nil {
						return
					}
				}
			}()
		}
	}()
	return listener.Addr().String()
}

// TestHostileDefaults: what the server is told to do with every client's
// character set and SQL mode must not change which user a name finds.
func TestHostileDefaults(t *testing.T) {
	t.Parallel()
	server := dbtest.Start(t, dbtest.KindMariaDB)
	admin := server.Database(t)
	dbtest.Exec(t, admin,
		"CREATE TABLE `user` (id int, username char(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci, password char(20))",
		"INSERT INTO `user` VALUES (1, 'ユーザー', 'hash1'), (2, 'ROY', 'hash2'), (3, 'roy', 'hash3')",
		"SET GLOBAL init_connect = 'SET NAMES latin1'",
		"SET GLOBAL sql_mode = 'PAD_CHAR_TO_FULL_LENGTH,ANSI_QUOTES,NO_BACKSLASH_ESCAPES,ORACLE'")
	s := open(t, users.Config{URL: dbtest.User(t, admin, "SELECT ON `user`")})
	for username, want := range map[string]string{"ユーザー": "hash1", "ROY": "hash2", "roy": "hash3"} {
		record, err := s.FindByUsername(t.Context(), username)
		if err != nil || record.Username != username || record.PasswordHash != want {
			t.Errorf("FindByUsername(%s) = %+v, %v, want %s", username, record, err, want)
		}
	}
}

// proxyFrom forwards to a server from another address of this machine.
func proxyFrom(t *testing.T, server, from string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			upstream, err := dialer.Dial("tcp", server)
			if err != nil {
				_ = client.Close()
				continue
			}
			go func() {
				defer client.Close()
				_, _ = io.Copy(client, upstream)
			}()
			go func() {
				defer upstream.Close()
				_, _ = io.Copy(upstream, client)
			}()
		}
	}()
	return listener.Addr().String()
}

// breakOff connects and goes away in the middle of the server's greeting.
func breakOff(t *testing.T, server string) {
	t.Helper()
	conn, err := net.Dial("tcp", server)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
}
