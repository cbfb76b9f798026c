package password

// Form names how a password is stored without what it costs: "pbkdf2:sha256",
// "scrypt", "argon2id", "bcrypt", "hmac:sha256", "digest:md5" or "plain". There are
// few of them, whatever stands in a table, so that they may be counted apart. It is ""
// for the zero Hash.
func (h Hash) Form() string {
	switch s := h.scheme.(type) {
	case nil:
		return ""
	case pbkdf2Scheme:
		return "pbkdf2:" + s.alg.name
	case scryptScheme:
		return "scrypt"
	case argon2idScheme:
		return "argon2id"
	case bcryptScheme:
		return "bcrypt"
	default:
		return s.method() // It has no cost in it.
	}
}
