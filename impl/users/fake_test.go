package users_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/users"
)

// fakeServer says its lines, the first at once and one more after each packet from
// the client. It stands for servers that no test can start here: TiDB, those with
// plugins of other makers, and those that mean harm. What real ones do is tested
// with real ones.
func fakeServer(t *testing.T, lines ...[]byte) users.Config {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for i, line := range lines {
					if i > 0 && !readPacket(conn) {
						return
					}
					_, _ = conn.Write(line)
				}
				readPacket(conn)
			}()
		}
	}()
	return users.Config{URL: "mysql://roy:wr0ng@" + listener.Addr().String() + "/shop"}
}

func readPacket(conn net.Conn) bool {
	var head [4]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return false
	}
	_, err := io.CopyN(io.Discard, conn, int64(head[0])|int64(head[1])<<8|int64(head[2])<<16)
	return err == nil
}

// packet frames a payload:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html
func packet(sequence byte, payload string) []byte {
	n := len(payload)
	return append([]byte{byte(n), byte(n >> 8), byte(n >> 16), sequence}, payload...)
}

// greeting is protocol 10's, with the capabilities of a server without TLS.
func greeting(plugin string) []byte {
	const caps = "\x0f\xa2" // PROTOCOL_41, SECURE_CONNECTION, CONNECT_WITH_DB, ...
	return packet(0, "\x0a8.0.11-TiDB-v8.5.0\x00"+"\x01\x00\x00\x00"+"saltsalt\x00"+caps+"\x2d\x02\x00"+"\x08\x00"+"\x15"+
		strings.Repeat("\x00", 10)+"saltsaltsalt\x00"+plugin+"\x00")
}

// useInstead is AuthSwitchRequest.
func useInstead(plugin string) []byte {
	return packet(2, "\xfe"+plugin+"\x00saltsaltsaltsaltsalt\x00")
}

func refusal(sequence byte, number uint16, text string) []byte {
	return packet(sequence, "\xff"+string([]byte{byte(number), byte(number >> 8)})+"#28000"+text)
}

const sha2 = "caching_sha2_password"

func TestPluginsOfOthers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lines [][]byte
		fault
	}{
		// authSha in TiDB's server/conn.go knows no request for a key and takes it
		// for the password.
		"TiDB without TLS": {
			[][]byte{greeting(sha2), packet(2, "\x01\x04"), refusal(4, 1045, "Access denied for user 'roy'@'127.0.0.1' (using password: YES)")},
			fault{database.ErrUnsupported, true, []string{"caching_sha2_password", "TiDB", "tls=true"}},
		},
		"Kerberos": {
			[][]byte{greeting(sha2), useInstead("auth_gssapi_client")},
			fault{database.ErrUnsupported, true, []string{`plugin "auth_gssapi_client", which restauth does not know`, "ALTER USER"}},
		},
		"PARSEC of MariaDB 11.6": {
			[][]byte{greeting("mysql_native_password"), useInstead("parsec")},
			fault{database.ErrUnsupported, true, []string{`plugin "parsec"`}},
		},
		"PAM": {
			[][]byte{greeting("mysql_native_password"), useInstead("dialog")},
			fault{database.ErrUnsupported, true, []string{`plugin "dialog"`}},
		},
		"a plugin's name that moves the cursor": {
			[][]byte{greeting(sha2), useInstead("\x1b[2J\u202e" + strings.Repeat("x", 5000))},
			fault{database.ErrUnsupported, true, []string{`plugin "\x1b[2J\u202exxx`}},
		},
		"LDAP": {
			[][]byte{greeting(sha2), useInstead("mysql_clear_password")},
			fault{database.ErrUnsupported, true, []string{"as it is", "IAM", "certificate is verified", "tls=true&allow-cleartext=true"}},
		},
		"before MySQL 4.1": {
			[][]byte{packet(0, "\x0a4.0.30\x00"+"\x01\x00\x00\x00"+"saltsalt\x00"+"\x2c\x20")},
			fault{database.ErrUnsupported, true, []string{"before MySQL 4.1"}},
		},
		"a host's name that is none": {
			[][]byte{greeting("mysql_native_password"), refusal(2, 1045, "Access denied for user 'roy'@'\x1b[2J' (using password: YES)")},
			fault{database.ErrAccessDenied, true, []string{"database user 'roy'; the password is wrong"}},
		},
		"in German": {
			[][]byte{greeting("mysql_native_password"), refusal(2, 1045, "Benutzer 'roy'@'db1.example' hat keine Zugriffsberechtigung (verwendetes Passwort: JA)")},
			fault{database.ErrAccessDenied, true, []string{"database user 'roy'@'db1.example'; the password is wrong"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.says(t, name, fakeServer(t, c.lines...))
		})
	}
}

// TestUnknownAnswers: what no sentence is known for is repeated, bounded and
// harmless to whoever reads it, and is never the end of the process.
func TestUnknownAnswers(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	public := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	for name, c := range map[string]struct {
		cfg  users.Config
		want string
	}{
		"another number": {fakeServer(t, greeting(sha2), refusal(2, 1105, "\x1b[2J"+strings.Repeat("x", 100_000))), "xxx..."},
		"no MySQL":       {fakeServer(t, packet(7, "hello")), "MySQL's protocol"},
		"a key of another kind": {
			fakeServer(t, greeting(sha2), packet(2, "\x01\x04"), packet(4, "\x01"+public)), "MySQL's protocol",
		},
	} {
		s := open(t, c.cfg)
		for op, err := range map[string]error{"Check()": s.Check(t.Context()), "Ready()": s.Ready(t.Context())} {
			if !errors.Is(err, account.ErrUnavailable) || errors.Is(err, account.ErrUnusable) {
				t.Errorf("%s: %s = %.200v, want an outage", name, op, err)
				continue
			}
			text := err.Error()
			if !strings.Contains(text, c.want) || len(text) > 1000 || strings.ContainsAny(text, "\x1b\r\n") || strings.Contains(text, "start the server") {
				t.Errorf("%s: %s = %.2000q, want %q, bounded and printable", name, op, text, c.want)
			}
		}
	}
}
