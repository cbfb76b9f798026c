package password

import "strings"

// form is how a family of stored hashes begins, and who reads the rest.
type form struct {
	id, name string
	parse    func(o Options, id, body string) (Hash, error)
	// passlib: Flask-Security writes it too, of what it made of the password.
	passlib bool
}

// forms are those that begin with an id of their own. What has none, or one that says
// only which digest it is, is left to parseWerkzeug and the bare ones.
func forms() [46]form {
	return [...]form{
		{"$2b$", "bcrypt", parseBcrypt, true},
		{"$2a$", "bcrypt", parseBcrypt, true},
		{"$2y$", "bcrypt", parseBcrypt, true},
		{"$argon2id$", "argon2id", parseArgon2, true},
		{"$argon2i$", "argon2i", parseArgon2, true},
		{"$argon2d$", "argon2d", parseArgon2, true},

		{"pbkdf2_sha256$", "Django pbkdf2_sha256", parseDjangoPBKDF2, false},
		{"pbkdf2_sha1$", "Django pbkdf2_sha1", parseDjangoPBKDF2, false},
		{"argon2$", "Django argon2", parseDjangoArgon2, false},
		{"bcrypt$", "Django bcrypt", parseDjangoBcrypt, false},
		{"bcrypt_sha256$", "Django bcrypt_sha256", parseDjangoBcrypt, false},
		{"scrypt$", "Django scrypt", parseDjangoScrypt, false},

		{"$pbkdf2$", "passlib pbkdf2", parsePasslibPBKDF2, true},
		{"$pbkdf2-sha256$", "passlib pbkdf2-sha256", parsePasslibPBKDF2, true},
		{"$pbkdf2-sha512$", "passlib pbkdf2-sha512", parsePasslibPBKDF2, true},
		{"$scrypt$", "passlib scrypt", parsePasslibScrypt, true},
		{"$bcrypt-sha256$", "passlib bcrypt-sha256", parsePasslibBcrypt, false},

		{"$1$", "crypt md5", parseMD5Crypt, true},
		{"$apr1$", "Apache md5", parseMD5Crypt, false},
		{"$5$", "crypt sha256", parseShaCrypt, true},
		{"$6$", "crypt sha512", parseShaCrypt, true},
		{"$y$", "crypt yescrypt", parseYescrypt, false},

		{"$P$", "phpass", parsePhpass, false},
		{"$H$", "phpass of phpBB", parsePhpass, false},
		{"$wp$", "WordPress 6.8", parseWordPress, false},
		{"$S$", "Drupal 7", parsePhpass, false},
		{"U$", "Drupal 7, taken over", parseDrupalUpgraded, false},

		{"{BCRYPT}", "Spring bcrypt", parseSpringWhole, false},
		{"{ARGON2}", "Spring argon2", parseSpringWhole, false},
		{"{ARGON2@SPRINGSECURITY_V5_8}", "Spring argon2", parseSpringWhole, false},
		{"{PBKDF2}", "Spring pbkdf2", parseSpringPBKDF2, false},
		{"{PBKDF2@SPRINGSECURITY_V5_8}", "Spring pbkdf2", parseSpringPBKDF2, false},
		{"{SCRYPT}", "Spring scrypt", parseSpringScrypt, false},
		{"{SCRYPT@SPRINGSECURITY_V5_8}", "Spring scrypt", parseSpringScrypt, false},
		{"{NOOP}", "Spring noop", parseNoop, false},
		{"{LDAP}", "Spring ldap", parseNested, false},
		{"{SHA-1}", "Spring SHA-1", parseLDAPDigest, false},
		{"{SHA-256}", "Spring SHA-256", parseLDAPDigest, false},

		{"{SHA}", "LDAP SHA", parseLDAPDigest, false},
		{"{SHA256}", "LDAP SHA256 or Spring sha256", parseLDAPDigest, false},
		{"{MD5}", "LDAP or Spring MD5", parseLDAPDigest, false},
		{"{SMD5}", "LDAP SMD5", parseLDAPSalted, false},
		{"{SSHA}", "LDAP SSHA", parseLDAPSalted, false},
		{"{SSHA256}", "LDAP SSHA256", parseLDAPSalted, false},
		{"{SSHA512}", "LDAP SSHA512", parseLDAPSalted, false},
		{"{CRYPT}", "LDAP CRYPT", parseLDAPCrypt, false},
	}
}

// formOf finds who reads a stored hash, and what is left for them to read.
func formOf(encoded string) (f form, body string, ok bool) {
	id, body := cutID(encoded)
	if id == "" {
		return form{}, "", false
	}
	all := forms()
	for i := range all {
		if all[i].id == id {
			return all[i], body, true
		}
	}
	return form{}, "", false
}

// cutID splits off $id$, {ID} in capitals, or what stands before the first dollar and that.
func cutID(encoded string) (id, body string) {
	switch {
	case encoded == "":
		return "", ""
	case encoded[0] == '{':
		end := strings.IndexByte(encoded, '}')
		return strings.ToUpper(encoded[:end+1]), encoded[end+1:]
	case encoded[0] == '$':
		end := strings.IndexByte(encoded[1:], '$')
		if end < 0 {
			return encoded + "$", ""
		}
		return encoded[:end+2], encoded[end+2:]
	}
	end := strings.IndexByte(encoded, '$')
	return encoded[:end+1], encoded[end+1:]
}

// prehashed gives a hash what the application beside makes of the password first.
func (o Options) prehashed(h Hash, f form) Hash {
	if h.scheme == nil || h.pre != nil || !f.passlib {
		return h
	}
	_, isBcrypt := h.scheme.(bcryptScheme)
	switch {
	case len(o.FlaskSecuritySalt) > 0:
		h.pre = flaskSecurity(o.FlaskSecuritySalt, isBcrypt)
	case !isBcrypt:
	case o.BcryptLongPasswords:
		h.pre = hexSHA256()
	case len(o.Pepper) > 0:
		h.pre = peppered(o.Pepper)
	}
	return h
}
