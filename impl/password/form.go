package password

// Form names how a password is stored without what it costs: "pbkdf2:sha256",
// "scrypt", "argon2id", "bcrypt", "sha512-crypt", "wordpress+bcrypt", "hmac:sha256",
// "digest:md5" or "plain". There are few of them, whatever stands in a table, so that
// they may be counted apart. It is "" for the zero Hash.
func (h Hash) Form() string {
	if h.scheme == nil {
		return ""
	}
	return h.pre.before() + h.scheme.form()
}
