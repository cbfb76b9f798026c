package main

import (
	"strings"
	"testing"

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
