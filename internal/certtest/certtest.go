// Package certtest makes certificates for tests, each signed by itself alone.
package certtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Pair is a certificate for localhost and 127.0.0.0/8's first address, and its key.
type Pair struct {
	Cert, Key []byte // PEM
	Leaf      *x509.Certificate
}

// New makes one that is valid from and until then.
func New(t testing.TB, from, until time.Time) Pair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 100))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, NotBefore: from, NotAfter: until,
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return Pair{
		Cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}),
		Key:  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
		Leaf: leaf,
	}
}

// Valid makes one that is valid for some months.
func Valid(t testing.TB) Pair {
	t.Helper()
	return New(t, time.Now().Add(-time.Hour), time.Now().Add(100*24*time.Hour))
}

// Write puts the two into a folder, as cert.pem and key.pem, and returns their paths. Each
// takes the place of what was there at once: a server may look at any time.
func (p Pair) Write(t testing.TB, folder string) (cert, key string) {
	t.Helper()
	cert, key = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	for name, data := range map[string][]byte{cert: p.Cert, key: p.Key} {
		if err := errors.Join(os.WriteFile(name+".new", data, 0o600), os.Rename(name+".new", name)); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// TLS is the pair as a server has it.
func (p Pair) TLS(t testing.TB) tls.Certificate {
	t.Helper()
	pair, err := tls.X509KeyPair(p.Cert, p.Key)
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

// Client is what a client that trusts this certificate alone dials with.
func (p Pair) Client(protocols ...string) *tls.Config {
	roots := x509.NewCertPool()
	roots.AddCert(p.Leaf)
	return &tls.Config{RootCAs: roots, ServerName: "localhost", NextProtos: protocols, MinVersion: tls.VersionTLS12}
}
