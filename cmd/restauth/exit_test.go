package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/restauth/restauth/cmd/restauth/internal/settings"
	"github.com/restauth/restauth/impl/keys"
)

// TestExitCodes: a service manager goes by the code. 2 says that no restart mends
// it, whether the command line shows that or the setting's value does.
func TestExitCodes(t *testing.T) {
	const good = settings.KeyVariable + "=01234567890123456789012345678901"
	missing := filepath.Join(t.TempDir(), "missing")
	tests := []struct {
		name string
		args []string
		env  []string
		want int
	}{
		{"good", []string{"config", "check"}, []string{good}, exitOK},
		{"help", []string{"--help"}, nil, exitOK},
		{"no command", nil, nil, exitUsage},
		{"an unknown flag", []string{"serve", "--lsten", ":80"}, nil, exitUsage},
		{"an unknown variable", []string{"version"}, []string{"RESTAUTH_LISTN=:80"}, exitUsage},
		{"out of range", []string{"config", "check", "--leeway", "2h"}, nil, exitUsage},
		{"a weak secret", []string{"config", "check"}, []string{settings.KeyVariable + "=hunter2"}, exitUsage},
		{"an empty secret", []string{"config", "check"}, []string{settings.KeyVariable + "="}, exitUsage},
		{"no secret", []string{"config", "check", "--users", "mysql://roy@127.0.0.1:1/shop"}, nil, exitUsage},
		{"no such secret file", []string{"config", "check", "--secret-key-file", missing}, nil, exitUsage},
		{"no such password file", []string{"config", "check", "--users", "mysql://roy@127.0.0.1:1/shop", "--users-password-file", missing}, []string{good}, exitUsage},
		{"another program's URL", []string{"config", "check", "--users", "postgres://roy@127.0.0.1/shop"}, []string{good}, exitUsage},
		{"an unknown option", []string{"config", "check", "--users", "mysql://roy@127.0.0.1/shop?tsl=true"}, []string{good}, exitUsage},
		{"nobody listens", []string{"config", "check", "--connect", "--users", "mysql://roy@127.0.0.1:1/shop"}, []string{good}, exitFailed},
		{"no database", []string{"user", "list", "--users", "sqlite:" + missing}, nil, exitFailed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, said := runOnce(t, tt.env, tt.args...)
			if code != tt.want {
				t.Errorf("exit code %d, want %d:\n%s", code, tt.want, said)
			}
		})
	}
}

// TestNotUTF8: kong reads U+FFFD for a byte that is no UTF-8, so `user add` made
// another name than the one that was typed.
func TestNotUTF8(t *testing.T) {
	file := "sqlite:" + filepath.Join(t.TempDir(), "users.db")
	tests := []struct {
		name string
		args []string
		env  []string
		want string
	}{
		{"a name", []string{"user", "add", "--users", file, "ro\x80y"}, nil, "argument 5 of the command line is not UTF-8"},
		{"a password", []string{"config", "check", "--users=mysql://roy:hunter\xff2@db.example/shop"}, nil, "argument 3 of the command line is not UTF-8"},
		{"a variable", []string{"config", "check"}, []string{"RESTAUTH_SECRET_KEY_FILE=hunter\xff2"}, "RESTAUTH_SECRET_KEY_FILE is not UTF-8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, said := runOnce(t, tt.env, tt.args...)
			if code != exitUsage || !strings.Contains(said, tt.want) || strings.Contains(said, "hunter") {
				t.Errorf("exit code %d, want %d and %q without the value:\n%s", code, exitUsage, tt.want, said)
			}
		})
	}
	if code, said := runOnce(t, []string{settings.KeyVariable + "=" + strings.Repeat("\xff", keys.HS256.MinSecretBytes())}, "config", "check"); code != exitOK {
		t.Errorf("a secret of any bytes: exit code %d, want 0:\n%s", code, said)
	}
}

// runOnce runs a command to its end and returns its code and all that it wrote.
func runOnce(t *testing.T, env []string, args ...string) (code int, said string) {
	t.Helper()
	var out bytes.Buffer
	code = run(t.Context(), world{args: args, env: env, stdin: strings.NewReader("a password to be refused for nothing\n"), stdout: &out, stderr: &out, cores: 1})
	return code, out.String()
}
