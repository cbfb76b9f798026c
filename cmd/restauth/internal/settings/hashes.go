package settings

import (
	"errors"
	"slices"
)

// Hashes says what the application beside did to passwords that the stored hash does not
// tell.
type Hashes struct {
	BareHashes            []string `group:"hashes" name:"bare-hashes" enum:"text,md5,sha1,sha256,sha512" placeholder:"FORM" help:"Let in users whose row has no more than this: the password as it is (text), or an unsalted digest of it in hex. They count as weak, and could be anything else."`
	SaltPosition          string   `group:"hashes" name:"users-salt-position" enum:"before,after" default:"before" placeholder:"PLACE" help:"Where a bare digest has the salt of --users-salt-column: before the password or after it."`
	HashPepperFile        string   `group:"hashes" name:"hash-pepper-file" placeholder:"FILE" help:"File with Devise's config.pepper, which stands behind each password of a bcrypt hash; one newline at its end is left out."`
	FlaskSecuritySaltFile string   `group:"hashes" name:"flask-security-salt-file" placeholder:"FILE" help:"File with Flask-Security's SECURITY_PASSWORD_SALT, which it signs passwords with before they are hashed; one newline at its end is left out."`
	BcryptLongPasswords   bool     `group:"hashes" name:"bcrypt-long-passwords" help:"Flask-Bcrypt's BCRYPT_HANDLE_LONG_PASSWORDS: bcrypt hashes are of the password's SHA-256 in hex."`
}

// checkHashes holds the settings together, and with those of the table.
func (s *Hashes) checkHashes(users *Users) error {
	digests := slices.ContainsFunc(s.BareHashes, func(form string) bool { return form != "text" })
	ways := 0
	for _, is := range []bool{s.HashPepperFile != "", s.FlaskSecuritySaltFile != "", s.BcryptLongPasswords} {
		if is {
			ways++
		}
	}
	switch {
	case ways > 1:
		return errors.New("of --hash-pepper-file, --flask-security-salt-file and --bcrypt-long-passwords only one can be: a hash does not tell which it is of")
	case users.SaltColumn != "" && !digests:
		return errors.New("--users-salt-column is for bare digests; name which the table has, such as --bare-hashes sha256")
	case users.Embedded() && (ways > 0 || users.SaltColumn != ""):
		return errors.New("--hash-pepper-file, --flask-security-salt-file, --bcrypt-long-passwords and --users-salt-column are for another application's table; users in " + users.RedactedURL() + " are restauth's own")
	}
	return nil
}
