package serve

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/restauth/restauth/cmd/restauth/internal/settings"
	"github.com/restauth/restauth/internal/certtest"
)

// lines are the messages of a log, each with what the test looks for.
func lines(log *bytes.Buffer) []string {
	var all []string
	for line := range strings.Lines(log.String()) {
		_, message, _ := strings.Cut(line, "level=")
		all = append(all, message)
	}
	log.Reset()
	return all
}

func textLog(log *bytes.Buffer) *slog.Logger { return slog.New(slog.NewTextHandler(log, nil)) }

func open(t *testing.T, cert, key string, log *bytes.Buffer, now func() time.Time) *certificate {
	t.Helper()
	c, err := openCertificate(&settings.Server{TLSCert: cert, TLSKey: key}, textLog(log), now)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// said reports whether the log has just one line, which begins so.
func said(t *testing.T, log *bytes.Buffer, what string, want ...string) {
	t.Helper()
	got := lines(log)
	if len(got) != len(want) {
		t.Errorf("%s: the log has %q, want %d lines", what, got, len(want))
		return
	}
	for i := range want {
		if !strings.Contains(got[i], want[i]) {
			t.Errorf("%s: line %d is %q, want %q in it", what, i, got[i], want[i])
		}
	}
}

// TestCertificateReplaced in each way in which files are: written anew, renamed over,
// through a link to a folder as Kubernetes does, through links to files as certbot does.
func TestCertificateReplaced(t *testing.T) {
	link := func(t *testing.T, to, name string) {
		if err := errors.Join(os.Symlink(to, name+".new"), os.Rename(name+".new", name)); err != nil {
			t.Fatal(err)
		}
	}
	version := func(t *testing.T, folder string, pair certtest.Pair) string {
		name := fmt.Sprintf("..%x", pair.Leaf.SerialNumber)
		if err := os.Mkdir(filepath.Join(folder, name), 0o700); err != nil {
			t.Fatal(err)
		}
		pair.Write(t, filepath.Join(folder, name))
		return name
	}
	ways := map[string]func(t *testing.T, folder string, pair certtest.Pair) (cert, key string){
		"written": func(t *testing.T, folder string, pair certtest.Pair) (string, string) { return pair.Write(t, folder) },
		"renamed": func(t *testing.T, folder string, pair certtest.Pair) (string, string) {
			from := filepath.Join(folder, version(t, folder, pair))
			for _, name := range []string{"cert.pem", "key.pem"} {
				if err := os.Rename(filepath.Join(from, name), filepath.Join(folder, name)); err != nil {
					t.Fatal(err)
				}
			}
			return filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
		},
		"Kubernetes": func(t *testing.T, folder string, pair certtest.Pair) (string, string) {
			data := filepath.Join(folder, "..data")
			link(t, version(t, folder, pair), data)
			for _, name := range []string{"cert.pem", "key.pem"} {
				link(t, filepath.Join("..data", name), filepath.Join(folder, name))
			}
			return filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
		},
		"certbot": func(t *testing.T, folder string, pair certtest.Pair) (string, string) {
			at := version(t, folder, pair)
			for _, name := range []string{"cert.pem", "key.pem"} {
				link(t, filepath.Join(at, name), filepath.Join(folder, name))
			}
			return filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
		},
	}
	for name, replace := range ways {
		t.Run(name, func(t *testing.T) {
			folder, log := t.TempDir(), new(bytes.Buffer)
			first, second := certtest.Valid(t), certtest.Valid(t)
			cert, key := replace(t, folder, first)
			c := open(t, cert, key, log, time.Now)
			c.look(t.Context(), false)
			if got := c.inUse.Load().Leaf; !got.Equal(first.Leaf) {
				t.Errorf("in use is %x, want the first, %x", got.SerialNumber, first.Leaf.SerialNumber)
			}
			said(t, log, "nothing changed")
			replace(t, folder, second)
			c.look(t.Context(), false)
			if got := c.inUse.Load().Leaf; !got.Equal(second.Leaf) {
				t.Errorf("in use is %x, want the second, %x", got.SerialNumber, second.Leaf.SerialNumber)
			}
			said(t, log, "replaced", "a new certificate is in use")
		})
	}
}

// TestCertificateBroken: what cannot be used is said once and changes nothing; half a
// replacement, whose other half comes within a second, is not said at all.
func TestCertificateBroken(t *testing.T) {
	first, second := certtest.Valid(t), certtest.Valid(t)
	const wrong = "the certificate's files cannot be used; the certificate that was read before stays in use"
	ways := map[string]struct {
		spoil func(cert, key string) error
		why   string
	}{
		"another's key": {func(_, key string) error { return os.WriteFile(key, second.Key, 0o600) }, "private key does not match public key"},
		"no PEM":        {func(cert, _ string) error { return os.WriteFile(cert, []byte("no certificate"), 0o600) }, "failed to find any PEM data in certificate input"},
		"empty":         {func(_, key string) error { return os.Truncate(key, 0) }, "failed to find any PEM data in key input"},
		"gone":          {func(cert, _ string) error { return os.Remove(cert) }, "no such file"},
		"mixed up":      {func(cert, _ string) error { return os.WriteFile(cert, first.Key, 0o600) }, "found a certificate rather than a key"},
		"a passphrase": {func(_, key string) error {
			return os.WriteFile(key, []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"), 0o600)
		}, "is encrypted"},
		"a folder": {func(cert, _ string) error { return errors.Join(os.Remove(cert), os.Mkdir(cert, 0o700)) }, "is a directory; name a file in it"},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			folder, log := t.TempDir(), new(bytes.Buffer)
			cert, key := first.Write(t, folder)
			c := open(t, cert, key, log, time.Now)
			if err := way.spoil(cert, key); err != nil {
				t.Fatal(err)
			}
			c.look(t.Context(), false)
			said(t, log, "at the first look")
			if c.looking != lookAgain {
				t.Errorf("the next look is after %v, want %v", c.looking, lookAgain)
			}
			for range 3 {
				c.look(t.Context(), false)
			}
			got := lines(log)
			if name == "mixed up" { // crypto/tls says it the other way round
				way.why = "PEM inputs may have been switched"
			}
			if len(got) != 1 || !strings.Contains(got[0], wrong) || !strings.Contains(got[0], way.why) {
				t.Errorf("the log has %q, want one line of %q", got, way.why)
			}
			if got := c.inUse.Load().Leaf; !got.Equal(first.Leaf) {
				t.Error("the certificate is not the one that was read before")
			}
			if _, err := openCertificate(&settings.Server{TLSCert: cert, TLSKey: key}, slog.New(slog.DiscardHandler), time.Now); err == nil || !strings.Contains(err.Error(), way.why) {
				t.Errorf("at the start the error is %v, want %q", err, way.why)
			}
			os.Remove(cert) // the folder
			first.Write(t, folder)
			c.look(t.Context(), false)
			said(t, log, "put right", "the certificate's files can be used again")
			if err := way.spoil(cert, key); err != nil {
				t.Fatal(err)
			}
			c.look(t.Context(), true)
			said(t, log, "asked by a signal", wrong)
			os.Remove(cert)
			second.Write(t, folder)
			c.look(t.Context(), false)
			said(t, log, "replaced", "a new certificate is in use")
		})
	}
	t.Run("half replaced", func(t *testing.T) {
		folder, log := t.TempDir(), new(bytes.Buffer)
		cert, key := first.Write(t, folder)
		c := open(t, cert, key, log, time.Now)
		for _, write := range []func() error{
			func() error { return os.WriteFile(cert, second.Cert, 0o600) },
			func() error { return os.WriteFile(key, second.Key, 0o600) },
		} {
			if err := write(); err != nil {
				t.Fatal(err)
			}
			c.look(t.Context(), false)
		}
		said(t, log, "both halves", "a new certificate is in use")
	})
}

// TestCertificateTime warns once a day of what clients refuse or soon will.
func TestCertificateTime(t *testing.T) {
	const day = 24 * time.Hour
	begin := time.Now().Truncate(time.Second)
	tests := map[string]struct {
		from, until time.Duration
		want        string
	}{
		"90 days, 30 are left":        {-60 * day, 30 * day, ""},
		"90 days, 15 are left":        {-75 * day, 15 * day, ""},
		"90 days, 13 are left":        {-77 * day, 13 * day, "expires soon"},
		"6 days, 2 are left":          {-4 * day, 2 * day, ""},
		"6 days, one is left":         {-5 * day, day, "expires soon"},
		"expired":                     {-90 * day, -time.Second, "has expired"},
		"a year, a fortnight is left": {-351 * day, 14*day + time.Hour, ""},
		"from tomorrow on":            {day, 90 * day, "is not valid yet"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var want []string
			if tt.want != "" {
				want = []string{tt.want}
			}
			now, log := begin, new(bytes.Buffer)
			cert, key := certtest.New(t, begin.Add(tt.from), begin.Add(tt.until)).Write(t, t.TempDir())
			c := open(t, cert, key, log, func() time.Time { return now })
			said(t, log, "at the start", want...)
			now = now.Add(time.Hour / 2)
			c.look(t.Context(), false)
			said(t, log, "soon after")
			if tt.want == "has expired" || tt.want == "expires soon" && tt.until > 2*day {
				now = now.Add(day)
				c.look(t.Context(), false)
				said(t, log, "a day later", want...)
			}
			certtest.Valid(t).Write(t, filepath.Dir(cert))
			now = begin
			c.look(t.Context(), false)
			said(t, log, "renewed", "a new certificate is in use")
		})
	}
}

// TestCertificatesKey: one that others can read is warned of, and not for ever.
func TestCertificatesKey(t *testing.T) {
	for mode, want := range map[fs.FileMode][]string{0o600: nil, 0o640: nil, 0o644: {"the file with a secret is open to every user of this machine"}} {
		log := new(bytes.Buffer)
		cert, key := certtest.Valid(t).Write(t, t.TempDir())
		if err := os.Chmod(key, mode); err != nil {
			t.Fatal(err)
		}
		c := open(t, cert, key, log, time.Now)
		said(t, log, mode.String(), want...)
		c.look(t.Context(), false)
		said(t, log, "at the next look")
	}
}
