package serve

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/restauth/restauth/cmd/restauth/internal/settings"
)

// TestSecretFilesInOthersHands: a file with a secret that another user may have
// put there is not used; one of another owner elsewhere is, with a warning, as is
// one of ours that others could replace.
func TestSecretFilesInOthersHands(t *testing.T) {
	const key = "0123456789abcdef0123456789abcdef"
	folder := func(mode fs.FileMode) string {
		dir := filepath.Join(t.TempDir(), "d")
		if err := errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, mode), os.WriteFile(filepath.Join(dir, "key"), []byte(key), 0o600)); err != nil {
			t.Fatal(err)
		}
		return filepath.Join(dir, "key")
	}
	anothers := func(file string) string {
		if err := os.Lchown(file, 4242, 4242); err != nil {
			t.Fatal(err)
		}
		return file
	}
	cases := []struct{ file, refused, warned string }{
		{file: folder(0o755)},
		{file: folder(fs.ModeSticky | 0o777)},
		{file: folder(0o777), warned: "in a folder of everybody's"},
	}
	if os.Geteuid() == 0 { // who alone can give files away; package custody tests the rest for all
		cases = append(cases, []struct{ file, refused, warned string }{
			{file: anothers(folder(0o755)), warned: "in another user's hands"},
			{file: anothers(folder(fs.ModeSticky | 0o777)), refused: "may have put it there"},
			{file: anothers(folder(0o777)), refused: "may have put it there"},
			{file: anothers(folder(0o775)), refused: "may have put it there"},
		}...)
	}
	for _, c := range cases {
		var out bytes.Buffer
		log := slog.New(slog.NewTextHandler(&out, nil))
		_, fromKey := Secret(&settings.Token{SecretKeyFile: c.file}, nil, log)
		cfg, fromPassword := usersConfig(&settings.Users{URL: "mysql://roy@localhost/shop", PasswordFile: c.file}, log)
		for setting, err := range map[string]error{"--secret-key-file: ": fromKey, "--users-password-file: ": fromPassword} {
			if (err == nil) != (c.refused == "") || err != nil && (!strings.Contains(err.Error(), c.refused) || !strings.HasPrefix(err.Error(), setting)) {
				t.Errorf("%s%s: %v, want %q", setting, c.file, err, c.refused)
			}
		}
		if c.refused != "" && cfg.Password != "" {
			t.Errorf("%s: used all the same", c.file)
		}
		if n := strings.Count(out.String(), c.warned); c.warned == "" && out.Len() > 0 || c.warned != "" && n != 2 {
			t.Errorf("%s: logged %q, want %q for each", c.file, &out, c.warned)
		}
	}
}
