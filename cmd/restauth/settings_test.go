package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestNewEnvironment(t *testing.T) {
	got, err := newEnvironment([]string{
		"PATH=/bin",
		"RESTAUTH_LISTEN=:80",
		"RESTAUTH_ISSUER=a=b",
		"RESTAUTH_TEST_MARIADB=mysql://",
		"restauth_listen=:81",
		"NOT_RESTAUTH_LISTEN=:82",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := environment{"RESTAUTH_LISTEN": ":80", "RESTAUTH_ISSUER": "a=b", "restauth_listen": ":81"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
}

func TestEditDistance(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "abc", 3},
		{"abc", "", 3},
		{"abc", "abc", 0},
		{"RESTAUTH_LISTN", "RESTAUTH_LISTEN", 1},
		{"kitten", "sitting", 3},
		{"flaw", "lawn", 2},
	}
	for _, tt := range tests {
		if got := editDistance(tt.a, tt.b); got != tt.want {
			t.Errorf("editDistance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestRedactedURL(t *testing.T) {
	tests := []struct{ url, want string }{
		{"sqlite:restauth.db", "sqlite:restauth.db"},
		{"mysql://roy:hunter2@db.example:3306/shop", "mysql://db.example:3306/shop"},
		{"mysql://roy:hunter2@db.example/shop?tls=true&tls-key=x", "mysql://db.example/shop"},
		{"mysql://roy:hunt@er2@db.example/shop", "mysql://db.example/shop"},
		{"mysql://roy:hunt/er2@db.example/shop", "mysql://db.example/shop"},
		{"mysql://roy:hunter2@db.example/shop#hunter2", "mysql://db.example/shop"},
		{"mysql:roy:hunter2", "(set)"},
		{"mysql://roy:hunter2/shop", "(set)"},
		{"mysql://db.example/shop?user=roy&password=hunter2", "(set)"},
		{"roy:hunter2://x@db.example/shop", "(set)"},
		{"postgres://roy@db.example/hunter2", "(set)"},
		{"sqlite://roy:hunter2@db.example/shop", "(set)"},
		{"hunter2", "(set)"},
	}
	for _, tt := range tests {
		s := usersSettings{Users: tt.url}
		if got := s.redactedURL(); got != tt.want {
			t.Errorf("redactedURL of %q = %q, want %q", tt.url, got, tt.want)
		}
	}
}

func TestQuoteShell(t *testing.T) {
	tests := []struct{ word, want string }{
		{"roy", "roy"},
		{"sqlite:/var/lib/x.db", "sqlite:/var/lib/x.db"},
		{"", "''"},
		{"roy batty", "'roy batty'"},
		{"it's", `'it'\''s'`},
		{"$(id)", "'$(id)'"},
	}
	for _, tt := range tests {
		if got := quoteShell(tt.word); got != tt.want {
			t.Errorf("quoteShell(%q) = %s, want %s", tt.word, got, tt.want)
		}
	}
}

func TestReadLine(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"one line", "secret\n", "secret"},
		{"no newline", "secret", "secret"},
		{"of a Windows editor", "secret\r\n", "secret"},
		{"a carriage return without a newline is part of it", "secret\r", "secret\r"},
		{"white space is part of it", "  sec ret \t\n", "  sec ret \t"},
		{"the first line only", "first\nsecond\n", "first"},
		{"an empty line", "\nsecond\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := readLine(strings.NewReader(tt.in))
			if err != nil || got != tt.want {
				t.Errorf("readLine(%q) = %q, %v, want %q", tt.in, got, err, tt.want)
			}
		})
	}
	if _, err := readLine(strings.NewReader("")); err == nil {
		t.Error("no input: no error")
	}
	huge := strings.Repeat("x", 10*maxLineBytes)
	if got, err := readLine(strings.NewReader(huge)); err != nil || len(got) != maxLineBytes {
		t.Errorf("huge input: %d bytes, %v, want %d", len(got), err, maxLineBytes)
	}
}

func TestLoopback(t *testing.T) {
	for _, address := range []string{"127.0.0.1:5000", "127.9.9.9:0", "[::1]:5000", "localhost:5000"} {
		if !loopback(address) {
			t.Errorf("loopback(%q) = false", address)
		}
	}
	for _, address := range []string{":5000", "0.0.0.0:5000", "[::]:5000", "192.0.2.1:5000", "example.com:5000", "localhost.example.com:1", "127.0.0.1", ""} {
		if loopback(address) {
			t.Errorf("loopback(%q) = true", address)
		}
	}
}

func TestSettingsRanges(t *testing.T) {
	good := serveSettings{
		serverSettings: serverSettings{Listen: ":5000", DrainDelay: time.Second, ShutdownTimeout: time.Second},
		usersSettings:  usersSettings{Users: defaultUsers, UsersTimeout: time.Second},
		tokenSettings:  tokenSettings{TokenLifetime: time.Minute},
		gateSettings:   gateSettings{LoginQueue: 1, LoginMaxWait: time.Second, LoginMemory: 128},
	}
	if err := good.Validate(); err != nil {
		t.Fatalf("good settings: %v", err)
	}
	tests := []struct {
		name  string
		spoil func(*serveSettings)
		want  string
	}{
		{"no port", func(s *serveSettings) { s.Listen = "127.0.0.1" }, "HOST:PORT"},
		{"a URL", func(s *serveSettings) { s.Listen = "http://127.0.0.1:5000" }, "without http://"},
		{"a port in words", func(s *serveSettings) { s.Listen = ":http" }, "from 0 to 65535"},
		{"no port behind the colon", func(s *serveSettings) { s.Listen = "127.0.0.1:" }, "from 0 to 65535"},
		{"port 65536", func(s *serveSettings) { s.Listen = "[::1]:65536" }, "from 0 to 65535"},
		{"an origin with a path", func(s *serveSettings) { s.CORSOrigins = []string{"https://a.example/"} }, "--cors-origins"},
		{"no users", func(s *serveSettings) { s.Users = "" }, "--users is empty"},
		{"lifetime 0", func(s *serveSettings) { s.TokenLifetime = 0 }, "--token-lifetime"},
		{"lifetime negative", func(s *serveSettings) { s.TokenLifetime = -time.Minute }, "--token-lifetime"},
		{"lifetime of two days", func(s *serveSettings) { s.TokenLifetime = 48 * time.Hour }, "--token-lifetime"},
		{"half seconds", func(s *serveSettings) { s.TokenLifetime = 1500 * time.Millisecond }, "whole seconds"},
		{"leeway negative", func(s *serveSettings) { s.Leeway = -time.Second }, "--leeway"},
		{"leeway of an hour", func(s *serveSettings) { s.Leeway = time.Hour }, "--leeway"},
		{"leeway half seconds", func(s *serveSettings) { s.Leeway = 100 * time.Millisecond }, "--leeway"},
		{"identity age negative", func(s *serveSettings) { s.IdentityMaxAge = -1 }, "--identity-max-age"},
		{"identity grace of a day", func(s *serveSettings) { s.IdentityOutageGrace = 24 * time.Hour }, "--identity-outage-grace"},
		{"threads negative", func(s *serveSettings) { s.LoginThreads = -1 }, "--login-threads"},
		{"no queue", func(s *serveSettings) { s.LoginQueue = 0 }, "--login-queue"},
		{"a minute's wait", func(s *serveSettings) { s.LoginMaxWait = time.Minute }, "--login-max-wait"},
		{"too little memory", func(s *serveSettings) { s.LoginMemory = 127 }, "--login-memory"},
		{"a proxy's name", func(s *serveSettings) { s.TrustedProxies = []string{"proxy.example"} }, "--trusted-proxies"},
		{"issuer", func(s *serveSettings) { s.Issuer = strings.Repeat("x", 256) }, "--issuer"},
		{"issuer in Latin-1", func(s *serveSettings) { s.Issuer = "caf\xe9" }, "--issuer"},
		{"no time for queries", func(s *serveSettings) { s.UsersTimeout = 0 }, "--users-timeout"},
		{"drain negative", func(s *serveSettings) { s.DrainDelay = -1 }, "--drain-delay"},
		{"shutdown of a day", func(s *serveSettings) { s.ShutdownTimeout = 24 * time.Hour }, "--shutdown-timeout"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := good
			tt.spoil(&s)
			if err := s.Validate(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Validate() = %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func TestExplainFile(t *testing.T) {
	tests := []struct {
		err  error
		want string
	}{
		{&fs.PathError{Op: "open", Path: "key", Err: fs.ErrNotExist}, "open key: file does not exist; check the path"},
		{&fs.PathError{Op: "open", Path: "key", Err: fs.ErrPermission}, "open key: permission denied; let the user that restauth runs as read it"},
		{errors.New("disk on fire"), "disk on fire"},
	}
	for _, tt := range tests {
		if got := explainFile(tt.err); !strings.HasPrefix(got.Error(), tt.want) || !errors.Is(got, tt.err) {
			t.Errorf("explainFile(%v) = %v, want it wrapped and to begin %q", tt.err, got, tt.want)
		}
	}
}

func TestReadSecretFile(t *testing.T) {
	tests := []struct{ name, content, want string }{
		{"plain", "secret", "secret"},
		{"newline", "secret\n", "secret"},
		{"of a Windows editor", "secret\r\n", "secret"},
		{"one newline only", "secret\n\n", "secret\n"},
		{"white space stays", " secret \n", " secret "},
		{"any bytes", "\x00\xff\n", "\x00\xff"},
		{"empty", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "secret")
			if err := os.WriteFile(file, []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			if got, err := readSecretFile(file, slog.New(slog.DiscardHandler)); err != nil || string(got) != tt.want {
				t.Errorf("readSecretFile = %q, %v, want %q", got, err, tt.want)
			}
		})
	}
	if _, err := readSecretFile("/dev/zero", slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("an endless file: %v", err)
	}
}
