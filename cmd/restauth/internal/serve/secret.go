package serve

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"syscall"

	"github.com/restauth/restauth/cmd/restauth/internal/settings"
	"github.com/restauth/restauth/impl/custody"
	"github.com/restauth/restauth/impl/keys"
	"github.com/restauth/restauth/impl/state"
)

// maxFileBytes bounds the files that hold one secret each.
const maxFileBytes = 64 << 10

var errNoSecret = settings.Errorf(`there is no secret to sign tokens with. Set RESTAUTH_SECRET_KEY, or
--secret-key-file, to the SECRET_KEY of the Flask application that shares this
table, or, where there is none, to 32 random bytes: openssl rand -hex 32`)

// Secret returns the configured secret, or nil when none is. Its errors hold
// no part of it.
func Secret(s *settings.Token, env map[string]string, log *slog.Logger) ([]byte, error) {
	value, inEnv := env[settings.KeyVariable]
	switch {
	case inEnv && s.SecretKeyFile != "":
		return nil, settings.Usagef("both RESTAUTH_SECRET_KEY and --secret-key-file are given; keep one")
	case inEnv:
		return strongEnough(s, []byte(value), settings.KeyVariable)
	case s.SecretKeyFile != "":
		key, err := readSecretFile(s.SecretKeyFile, log)
		if err != nil {
			return nil, settings.Errorf("--secret-key-file: %w", err)
		}
		return strongEnough(s, key, s.SecretKeyFile)
	}
	return nil, nil
}

func strongEnough(s *settings.Token, key []byte, place string) ([]byte, error) {
	if len(key) == 0 {
		return nil, settings.Errorf("the secret in %s is empty; set it to Flask's SECRET_KEY, or to 32 random bytes: openssl rand -hex 32", place)
	}
	if algorithm := algorithmOf(s); len(key) < algorithm.MinSecretBytes() && !s.AllowWeakSecret {
		return nil, settings.Errorf(`the secret in %s has %d bytes, but %s needs at least %d (RFC 7518, section 3.2):
whoever holds one token can try short secrets without asking this server, and
with the secret can log in as anyone.
  To go over from Flask with the secret as it is:   --allow-weak-secret
  For a good one (all tokens end):                  openssl rand -hex 32`,
			place, len(key), algorithm, algorithm.MinSecretBytes())
	}
	return key, nil
}

// orKept returns the configured secret, or the one that the embedded database
// keeps, which is made as long as any algorithm wants. A database that is only read can
// keep none.
func orKept(ctx context.Context, s *settings.Token, configured []byte, embedded *state.Embedded) ([]byte, error) {
	if configured != nil {
		return configured, nil
	}
	if embedded == nil {
		return nil, errNoSecret
	}
	key, err := embedded.Secret(ctx, func() ([]byte, error) { return randomSecret(rand.Reader) })
	if err != nil {
		return nil, fmt.Errorf("keep a random secret in the database: %w", err)
	}
	// Earlier versions made 32 bytes.
	if algorithm := algorithmOf(s); len(key) < algorithm.MinSecretBytes() && !s.AllowWeakSecret {
		return nil, settings.Errorf(`the secret that the database keeps has %d bytes, but %s needs at least %d (RFC 7518,
section 3.2). Set RESTAUTH_SECRET_KEY to what openssl rand -hex 32 prints, and all
tokens end, or leave --token-algorithm at HS256`, len(key), algorithm, algorithm.MinSecretBytes())
	}
	return key, nil
}

func randomSecret(random io.Reader) ([]byte, error) {
	key := make([]byte, keys.HS512.MinSecretBytes())
	if _, err := io.ReadFull(random, key); err != nil {
		return nil, fmt.Errorf("make a random secret: %w", err)
	}
	return key, nil
}

// readSecretFile reads a small file and cuts the newline that editors and
// `echo` put behind a secret; a second one belongs to it.
func readSecretFile(name string, log *slog.Logger) ([]byte, error) {
	held, err := readHeldFile(name)
	if err != nil {
		return nil, err
	}
	held.warn(log)
	data := held.data
	if trimmed, ok := bytes.CutSuffix(data, []byte("\n")); ok {
		data = bytes.TrimSuffix(trimmed, []byte("\r"))
	}
	return data, nil
}

// passwordIn is the password of a database in a file, and what reads it again for each
// new connection: those that a cloud gives out end after minutes, and somebody keeps
// writing the next one there. What there is to warn of is said once.
func passwordIn(flag, name string, log *slog.Logger) (password string, again func() (string, error), err error) {
	again = func() (string, error) {
		password, err := readSecretFile(name, slog.New(slog.DiscardHandler))
		switch {
		case err != nil:
			return "", fmt.Errorf("--%s: %w", flag, err)
		case len(password) == 0:
			return "", fmt.Errorf("--%s: %s is empty; replace it in one step, by renaming another to it", flag, name)
		}
		return string(password), nil
	}
	held, err := readHeldFile(name)
	if err != nil {
		return "", nil, settings.Errorf("--%s: %w", flag, err)
	}
	held.warn(log)
	if password, err = again(); err != nil {
		return "", nil, settings.Errorf("%w", err)
	}
	return password, again, nil
}

// heldFile is what a file with a secret holds, and in whose hands it is.
type heldFile struct {
	name string
	data []byte
	mode fs.FileMode
	held custody.Held
}

// readHeldFile reads a small file. Whoever could have put another file there would
// choose the secret, so such a file is not used.
func readHeldFile(name string) (heldFile, error) {
	held, err := custody.Look(name)
	if err != nil {
		return heldFile{}, explainFile(err)
	}
	if why := cmp.Or(held.Planted, held.Shared); why != "" {
		return heldFile{}, fmt.Errorf("cannot use %s: %s; keep it in a folder that only its owner can write", name, why)
	}
	file, err := os.Open(name) //nolint:gosec // the operator names the file, nobody else
	if err != nil {
		return heldFile{}, explainFile(err)
	}
	defer func() { _ = file.Close() }() // read only: nothing can be lost
	data, err := readSmall(name, file)
	if err != nil {
		return heldFile{}, err
	}
	f := heldFile{name: name, data: data, held: held}
	if info, err := file.Stat(); err == nil {
		f.mode = info.Mode()
	}
	return f, nil
}

func readSmall(name string, file io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(file, maxFileBytes+1))
	if err != nil {
		return nil, explainFile(err)
	}
	if len(data) > maxFileBytes {
		return nil, fmt.Errorf("%s is longer than %d bytes; is it the right file?", name, maxFileBytes)
	}
	return data, nil
}

func explainFile(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w; check the path, which counts from the folder that restauth was started in", err)
	case errors.Is(err, syscall.EISDIR):
		return fmt.Errorf("%w; name a file in it", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w; let the user that restauth runs as read it (chown, chmod 400)", err)
	}
	return err
}

// explainAppend is explainFile for a file that is written.
func explainAppend(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w; let the user that restauth runs as write it (chown, chmod 600), or, where it is not there yet, its folder", err)
	}
	return explainFile(err)
}

// warn does not refuse: Kubernetes and Docker mount secrets so that all
// users of the container may read them, and some file systems have no better mode
// for any file.
func (f heldFile) warn(log *slog.Logger) {
	if f.mode.IsRegular() && f.mode.Perm()&0o007 != 0 {
		log.Warn("the file with a secret is open to every user of this machine; chmod 600 it", "file", f.name, "mode", f.mode.Perm().String())
	}
	if f.held.Others != "" {
		log.Warn("the file with a secret is in another user's hands", "file", f.name, "why", f.held.Others)
	}
	if strings.Contains(f.held.Exposed, "replace") {
		log.Warn("the file with a secret is in a folder of everybody's; move it to one that only its owner can write", "file", f.name, "why", f.held.Exposed)
	}
}
