package serve

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/restauth/restauth/cmd/restauth/internal/settings"
)

const (
	// lookEvery is how often the files are read, and lookAgain how soon those that were
	// found broken: one of two may have been replaced and the other not yet.
	lookEvery = 10 * time.Second
	lookAgain = time.Second
	// A certificate has to be replaced soon when less than soonPart of its time is left,
	// and less than soonMost. What renews them by itself does so at a third.
	soonPart = 5
	soonMost = 14 * 24 * time.Hour
	// warnAgain is how often the log hears that a certificate is out of its time.
	warnAgain = 24 * time.Hour
)

// certificate is what the server shows its clients, from two files that somebody may
// replace at any time: by writing, by renaming, or by turning a link to others.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger
	now               func() time.Time
	inUse             atomic.Pointer[tls.Certificate]

	// Whoever looks at the files has these.
	read    [sha256.Size]byte // what inUse is made of
	wrong   string            // why the files could not be used at the last look
	said    bool              // the log has heard that
	inTime  string            // what is wrong with inUse's time
	told    time.Time         // when the log heard that
	looking time.Duration     // until the next look
}

// openCertificate is nil without TLS.
func openCertificate(s *settings.Server, log *slog.Logger, now func() time.Time) (*certificate, error) {
	if s.TLSCert == "" {
		return nil, nil //nolint:nilnil // no certificate is no fault
	}
	c := &certificate{certFile: s.TLSCert, keyFile: s.TLSKey, log: log, now: now, looking: lookEvery}
	if _, err := c.load(); err != nil {
		return nil, settings.Errorf("%w", err)
	}
	c.warnOfTime()
	return c, nil
}

// config is for TLS 1.2 with the suites that have forward secrecy and authenticated
// encryption, which are those that HTTP/2 permits too, and TLS 1.3.
func (c *certificate) config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		CipherSuites: []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.inUse.Load(), nil },
	}
}

// load reads the files and uses what they hold. It reports whether that is another
// certificate than before.
func (c *certificate) load() (bool, error) {
	cert, err := readFile(c.certFile)
	if err != nil {
		return false, fmt.Errorf("--tls-cert: %w", err)
	}
	key, err := readHeldFile(c.keyFile)
	if err != nil {
		return false, fmt.Errorf("--tls-key: %w", err)
	}
	digest := sha256.New()
	for _, data := range [][]byte{cert, key.data} {
		sum := sha256.Sum256(data)
		digest.Write(sum[:])
	}
	read := [sha256.Size]byte(digest.Sum(nil))
	if read == c.read {
		return false, nil
	}
	pair, err := tls.X509KeyPair(cert, key.data)
	switch {
	case err == nil:
	case bytes.Contains(key.data, []byte("ENCRYPTED")):
		return false, fmt.Errorf("--tls-key: %s is encrypted, and there is nobody to ask for its passphrase; write it without one: openssl pkey -in %[1]s -out …", c.keyFile)
	default:
		return false, fmt.Errorf("--tls-cert %s and --tls-key %s are no pair that can be used: %w", c.certFile, c.keyFile, err)
	}
	key.warn(c.log)
	c.inUse.Store(&pair)
	c.read = read
	return true, nil
}

// look loads what there is now. What cannot be used is said once, at the second look at
// the earliest unless somebody asked for this one.
func (c *certificate) look(ctx context.Context, asked bool) {
	replaced, err := c.load()
	c.looking = lookEvery
	switch {
	case err != nil:
		again := err.Error() == c.wrong
		if !again {
			c.wrong, c.said, c.looking = err.Error(), false, lookAgain
		}
		if (again || asked) && !c.said {
			c.said = true
			c.log.ErrorContext(ctx, "the certificate's files cannot be used; the certificate that was read before stays in use", "error", err, "until", c.inUse.Load().Leaf.NotAfter.UTC())
		}
		return
	case replaced:
		leaf := c.inUse.Load().Leaf
		c.log.InfoContext(ctx, "a new certificate is in use", "file", c.certFile, "names", leaf.DNSNames, "serial", leaf.SerialNumber.Text(16), "until", leaf.NotAfter.UTC())
		c.inTime = ""
	case c.said:
		c.log.InfoContext(ctx, "the certificate's files can be used again; they hold what is in use", "file", c.certFile)
	}
	c.wrong, c.said = "", false
	c.warnOfTime()
}

// warnOfTime warns of a certificate that clients refuse, or soon will.
func (c *certificate) warnOfTime() {
	leaf, now := c.inUse.Load().Leaf, c.now()
	left, lasts := leaf.NotAfter.Sub(now), leaf.NotAfter.Sub(leaf.NotBefore)
	what := ""
	switch {
	case left <= 0:
		what = "the certificate has expired; clients refuse it"
	case leaf.NotBefore.After(now):
		what = "the certificate is not valid yet; clients refuse it, or the clock of this machine is wrong"
	case left < min(lasts/soonPart, soonMost):
		what = "the certificate expires soon; replace its files, and restauth takes the new one"
	}
	if what == "" || what == c.inTime && now.Sub(c.told) < warnAgain {
		return
	}
	c.inTime, c.told = what, now
	c.log.Warn(what, "file", c.certFile, "from", leaf.NotBefore.UTC(), "until", leaf.NotAfter.UTC())
}

// tend looks until ctx ends, and whenever somebody asks.
func (c *certificate) tend(ctx context.Context, asked <-chan os.Signal) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-asked:
			c.look(ctx, true)
		case <-time.After(c.looking):
			c.look(ctx, false)
		}
	}
}

// readFile reads a small file.
func readFile(name string) (data []byte, err error) {
	file, err := os.Open(name) //nolint:gosec // the operator names the file, nobody else
	if err != nil {
		return nil, explainFile(err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return readSmall(name, file)
}
