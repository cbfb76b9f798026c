package serve

import (
	"log/slog"

	"github.com/restauth/restauth/cmd/restauth/internal/settings"
	"github.com/restauth/restauth/impl/password"
)

// hashOptions reads the files that the settings of stored hashes name. Its errors hold
// nothing of what is in them.
func hashOptions(s *settings.Serve, log *slog.Logger) (password.Options, error) {
	o := password.Options{BareForms: s.BareHashes, BcryptLongPasswords: s.BcryptLongPasswords}
	if s.SaltColumn != "" {
		o.SaltPosition = password.SaltBefore
		if s.SaltPosition == "after" {
			o.SaltPosition = password.SaltAfter
		}
	}
	var err error
	if o.Pepper, err = readHashSecret("hash-pepper-file", s.HashPepperFile, log); err != nil {
		return password.Options{}, err
	}
	if o.FlaskSecuritySalt, err = readHashSecret("flask-security-salt-file", s.FlaskSecuritySaltFile, log); err != nil {
		return password.Options{}, err
	}
	return o, nil
}

func readHashSecret(flag, file string, log *slog.Logger) ([]byte, error) {
	if file == "" {
		return nil, nil
	}
	secret, err := readSecretFile(file, log)
	if err != nil {
		return nil, settings.Errorf("--%s: %w", flag, err)
	}
	if len(secret) == 0 {
		return nil, settings.Errorf("--%s: %s is empty; leave the setting out where the application has no such secret", flag, file)
	}
	return secret, nil
}
