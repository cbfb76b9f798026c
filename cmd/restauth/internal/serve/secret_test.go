package serve

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

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
