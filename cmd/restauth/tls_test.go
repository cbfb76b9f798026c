package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/restauth/restauth/internal/certtest"
)

// serial is that of the certificate which the server shows a newcomer.
func (s *testServer) serial() string {
	s.t.Helper()
	conn, err := s.dial(net.Dialer{})
	if err != nil {
		return err.Error()
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.String()
}

// keeping is a client that keeps one connection, and get a request over it.
type keeping struct {
	*http.Client
	url string
}

func newKeeping(s *testServer, pair certtest.Pair, protocol string) keeping {
	transport := &http.Transport{TLSClientConfig: pair.Client(protocol), ForceAttemptHTTP2: protocol == "h2"}
	s.t.Cleanup(transport.CloseIdleConnections)
	return keeping{&http.Client{Transport: transport, Timeout: patience}, s.URL}
}

// get returns the protocol of the answer, and whether the connection was kept.
func (k keeping) get(t testing.TB) (protocol string, kept bool) {
	t.Helper()
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) { kept = info.Reused }})
	req, err := http.NewRequestWithContext(ctx, "GET", k.url+"/livez", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := k.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != 200 {
		t.Errorf("GET /livez = %d, %v", resp.StatusCode, err)
	}
	return resp.Proto, kept
}

// TestCertificateIsReplaced under a running server: newcomers see the new one, and no
// connection is lost; a broken pair changes nothing, and is said once.
func TestCertificateIsReplaced(t *testing.T) {
	flags, first := secured(t)
	s := startBinary(t, t.TempDir(), append([]string{"serve", "--listen", "127.0.0.1:0", "--drain-delay", "0s", "--log-format", "json"}, flags...)...)
	h1, h2 := newKeeping(&s.testServer, first, "http/1.1"), newKeeping(&s.testServer, first, "h2")
	for client, want := range map[keeping]string{h1: "HTTP/1.1", h2: "HTTP/2.0"} {
		if got, _ := client.get(t); got != want {
			t.Errorf("the protocol is %s, want %s", got, want)
		}
	}
	if got, want := s.serial(), first.Leaf.SerialNumber.String(); got != want {
		t.Errorf("serial = %s, want %s", got, want)
	}

	second := certtest.Valid(t)
	second.Write(t, filepath.Dir(flags[1]))
	eventually(t, "the new certificate is shown, without any signal", func() bool { return s.serial() == second.Leaf.SerialNumber.String() })

	if err := os.WriteFile(flags[3], first.Key, 0o600); err != nil {
		t.Fatal(err)
	}
	const wrong = "the certificate's files cannot be used; the certificate that was read before stays in use"
	for range 3 {
		if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		eventually(t, "it is said", func() bool { return s.logLine(wrong) != nil })
	}
	if got := s.serial(); got != second.Leaf.SerialNumber.String() {
		t.Errorf("with a broken pair, serial = %s, want the one before", got)
	}

	third := certtest.Valid(t)
	third.Write(t, filepath.Dir(flags[1]))
	if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the third certificate is shown", func() bool { return s.serial() == third.Leaf.SerialNumber.String() })
	if n := strings.Count(s.log.String(), wrong); n != 1 {
		t.Errorf("it was said %d times that the pair is broken, want once\n%s", n, s.log)
	}
	for client, name := range map[keeping]string{h1: "HTTP/1.1", h2: "HTTP/2"} {
		if _, kept := client.get(t); !kept {
			t.Errorf("the connection of %s was lost", name)
		}
	}
	s.terminate()
}

// TestTLSVersions: 1.2 and 1.3, and no cipher without forward secrecy and authentication.
func TestTLSVersions(t *testing.T) {
	flags, pair := secured(t)
	s := startServer(t, append(flags, "--demo")...)
	tests := map[string]struct {
		change func(*tls.Config)
		works  bool
	}{
		"1.3": {func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 }, true},
		"1.2": {func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }, true},
		"1.1": {func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }, false},
		"1.2, CBC": {func(c *tls.Config) {
			c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}
		}, false},
		"of another name":                 {func(c *tls.Config) { c.ServerName = "example.com" }, false},
		"a protocol that is none of ours": {func(c *tls.Config) { c.NextProtos = []string{"smtp"} }, false},
		"no protocol":                     {func(c *tls.Config) { c.NextProtos = nil }, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			config := pair.Client("h2", "http/1.1")
			tt.change(config)
			conn, err := tls.Dial("tcp", strings.TrimPrefix(s.URL, "https://"), config)
			if (err == nil) != tt.works {
				t.Errorf("dial: %v, want success: %v", err, tt.works)
			}
			if err == nil {
				conn.Close()
			}
		})
	}
	if line := s.logLine("clients came to no agreement on TLS; this is about the last of them"); line == nil {
		t.Errorf("the log has nothing of those who came to no agreement:\n%s", s.log)
	}
}

// TestPlainTextOverTLS: who forgot the s of https:// is told so.
func TestPlainTextOverTLS(t *testing.T) {
	flags, _ := secured(t)
	s := startServer(t, append(flags, "--demo")...)
	if !strings.HasPrefix(s.stdout.String(), "restauth") || !strings.Contains(s.stdout.String(), "https://127.0.0.1:") {
		t.Errorf("it says %q, want the address with https://", s.stdout)
	}
	for _, body := range []string{"", strings.Repeat("x", 100_000)} {
		resp, err := http.Post("http"+strings.TrimPrefix(s.URL, "https")+"/auth", "application/json", bytes.NewBufferString(body))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 400 || !strings.Contains(string(answer), "use https://") {
			t.Errorf("plain text = %d %q, %v, want 400 and https:// in it", resp.StatusCode, answer, err)
		}
	}
}

// TestLoginOverTLS with the contract's own address, by both protocols.
func TestLoginOverTLS(t *testing.T) {
	flags, pair := secured(t)
	s := startServer(t, append(flags, "--demo")...)
	for _, protocol := range []string{"http/1.1", "h2"} {
		client := newKeeping(s, pair, protocol)
		resp, err := client.Post(s.URL+"/auth", "application/json", strings.NewReader(`{"username":"roy","password":"roy"}`))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if answer, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != 200 || !strings.Contains(string(answer), "access_token") {
			t.Errorf("%s: login = %d %s, %v", protocol, resp.StatusCode, answer, err)
		}
	}
	if _, document := s.do("GET", "/openapi.json", "", ""); !strings.Contains(document, s.URL) {
		t.Errorf("the contract does not name %s", s.URL)
	}
}
