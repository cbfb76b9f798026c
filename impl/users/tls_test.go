package users_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/users"
	"github.com/restauth/restauth/internal/dbtest"
)

// TestTLS goes through every mode, first with the certificate that MySQL makes
// for itself, which names nobody, then with a proper one.
func TestTLS(t *testing.T) {
	t.Parallel()
	server := dbtest.Start(t, dbtest.KindMySQL)
	admin := server.Database(t)
	dbtest.Exec(t, admin, tutorialTable, rows)
	with := func(databaseURL, options string) users.Config {
		return users.Config{URL: edit(t, databaseURL, func(u *url.URL) { u.RawQuery = options })}
	}
	works := func(cfg users.Config, when string) {
		t.Helper()
		s := open(t, cfg)
		if err := s.Check(t.Context()); err != nil {
			t.Errorf("%s: Check() = %v", when, err)
		}
		available(t, s, when)
	}
	fails := func(cfg users.Config, when, hint string) {
		t.Helper()
		s := open(t, cfg)
		if err := s.Check(t.Context()); !errors.Is(err, account.ErrUnavailable) || !strings.Contains(err.Error(), hint) {
			t.Errorf("%s: Check() = %v, want ErrUnavailable and %q", when, err, hint)
		}
		if record, err := s.FindByUsername(t.Context(), "roy"); !errors.Is(err, account.ErrUnavailable) {
			t.Errorf("%s: FindByUsername() = %v, %v, want ErrUnavailable", when, record, err)
		}
	}

	// Each user is new to the server, so caching_sha2_password goes the long
	// way: the password itself under TLS, encrypted to the server's key without.
	secure := dbtest.User(t, admin, "SELECT ON `user`")
	dbtest.Exec(t, admin, "ALTER USER '"+mustParse(t, secure).User.Username()+"'@'%' REQUIRE SSL")
	works(with(dbtest.User(t, admin, "SELECT ON `user`"), "tls=false"), "plain")
	works(with(secure, "tls=skip-verify"), "skip-verify")
	works(with(secure, "tls=preferred"), "preferred")
	works(with(secure, "tls=verify-ca&tls-ca="+server.CA()), "verify-ca")
	if err := open(t, with(secure, "tls=false")).Check(t.Context()); !errors.Is(err, database.ErrAccessDenied) {
		t.Errorf("tls=false for a user who must use TLS: Check() = %v, want ErrAccessDenied", err)
	}
	fails(with(secure, "tls=true"), "true with the system's authorities", "tls=verify-ca&tls-ca=FILE")
	fails(with(secure, "tls=true&tls-ca="+server.CA()), "true with a certificate for nobody", "tls=verify-ca")

	data := filepath.Dir(server.CA())
	other := issue(t, t.TempDir(), "other.example")
	fails(with(secure, "tls=verify-ca&tls-ca="+other), "verify-ca with another authority", "tls-ca=FILE")

	server.Stop(t)
	ca := issue(t, data, "db.example")
	server.Start(t)
	works(with(secure, "tls-ca="+ca), "own authority, certificate for 127.0.0.1")
	works(with(secure, "tls=true&tls-server-name=db.example&tls-ca="+ca), "own authority, by name")
	works(with(secure, "tls-ca="+ca+"&tls-cert="+filepath.Join(data, "server-cert.pem")+"&tls-key="+filepath.Join(data, "server-key.pem")), "with a client certificate")
	fails(with(secure, "tls=true&tls-server-name=shop.example&tls-ca="+ca), "the wrong name", "tls-server-name=NAME")
}

// issue writes an authority and a certificate for the name and 127.0.0.1 where
// MySQL looks for them, and returns the authority's file.
func issue(t *testing.T, dir, name string) string {
	t.Helper()
	template := func(serial int64, cn string) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: cn},
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		}
	}
	write := func(file, kind string, der []byte) string {
		path := filepath.Join(dir, file)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key := func() *ecdsa.PrivateKey {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	sign := func(cert, parent *x509.Certificate, public *ecdsa.PublicKey, by *ecdsa.PrivateKey) []byte {
		der, err := x509.CreateCertificate(rand.Reader, cert, parent, public, by)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	caKey, serverKey := key(), key()
	ca := template(1, "Test authority")
	ca.IsCA, ca.BasicConstraintsValid, ca.KeyUsage = true, true, x509.KeyUsageCertSign
	leaf := template(2, name)
	leaf.DNSNames, leaf.IPAddresses = []string{name}, []net.IP{net.IPv4(127, 0, 0, 1)}
	leaf.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}

	write("server-cert.pem", "CERTIFICATE", sign(leaf, ca, &serverKey.PublicKey, caKey))
	der, err := x509.MarshalPKCS8PrivateKey(serverKey)
	if err != nil {
		t.Fatal(err)
	}
	write("server-key.pem", "PRIVATE KEY", der)
	return write("ca.pem", "CERTIFICATE", sign(ca, ca, &caKey.PublicKey, caKey))
}

// TestTLSWanted: a server without TLS is refused, unless TLS is only preferred.
func TestTLSWanted(t *testing.T) {
	t.Parallel()
	admin := dbtest.MariaDB(t) // 10.11 makes itself no certificate
	dbtest.Exec(t, admin, tutorialTable, rows)
	preferred := edit(t, admin, func(u *url.URL) { u.RawQuery = "tls=preferred" })
	s := open(t, users.Config{URL: preferred})
	warm(t, s) // no connection may change what the others connect by
	available(t, s, "preferred")
	wanted := edit(t, admin, func(u *url.URL) { u.RawQuery = "tls=true" })
	if err := open(t, users.Config{URL: wanted}).Check(t.Context()); !errors.Is(err, account.ErrUnavailable) || !strings.Contains(err.Error(), "tls=false") {
		t.Errorf("Check() with tls=true and a server without = %v", err)
	}
}
