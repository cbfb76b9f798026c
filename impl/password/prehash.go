package password

import (
	"crypto/hmac"
	"crypto/md5" // #nosec G501 -- only to read hashes made of it
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// prehash turns the password into what a hash was made of: applications do so to get
// more into bcrypt than it reads, or to mix in a secret. It takes microseconds, and is
// done where the password is: who hashes elsewhere is sent what came of it.
type prehash struct {
	name string
	key  []byte
	most int // bytes of a password that it reads; 0 is all
	turn func(key []byte, password string) string
}

// before is what it puts in front of a method's name. It holds no secret.
func (p *prehash) before() string {
	if p == nil {
		return ""
	}
	return p.name + "+"
}

// reads reports whether it reads the password to its end.
func (p *prehash) reads(password string) bool {
	return p == nil || p.most == 0 || len(password) <= p.most
}

// Prepare returns what is hashed in the password's place.
func (h Hash) Prepare(password string) string {
	if h.pre == nil {
		return password
	}
	return h.pre.turn(h.pre.key, password)
}

// hexSHA256 is Django's bcrypt_sha256, and Flask-Bcrypt's with
// BCRYPT_HANDLE_LONG_PASSWORDS.
func hexSHA256() *prehash {
	return &prehash{name: "sha256", turn: func(_ []byte, password string) string {
		sum := sha256.Sum256([]byte(password))
		return hex.EncodeToString(sum[:])
	}}
}

// base64SHA256 is version 1 of passlib's bcrypt_sha256.
func base64SHA256() *prehash {
	return &prehash{name: "sha256-base64", turn: func(_ []byte, password string) string {
		sum := sha256.Sum256([]byte(password))
		return base64.StdEncoding.EncodeToString(sum[:])
	}}
}

// base64HMACSHA256 is version 2 of it: the key is bcrypt's salt, as it is written.
func base64HMACSHA256(salt string) *prehash {
	return &prehash{name: "hmac-sha256-base64", key: []byte(salt), turn: func(key []byte, password string) string {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(password)) // a hash.Hash never returns an error
		return base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}}
}

// hexMD5 is what Drupal did to passwords of version 6 when it took them over.
func hexMD5() *prehash {
	return &prehash{name: "md5", turn: func(_ []byte, password string) string {
		sum := md5.Sum([]byte(password)) // #nosec G401 -- as Drupal did
		return hex.EncodeToString(sum[:])
	}}
}

// wordpress is wp_hash_password of WordPress 6.8. Of the password it cuts what PHP's
// trim cuts; wp_authenticate does so to what is typed.
func wordpress() *prehash {
	return &prehash{name: "wordpress", turn: func(_ []byte, password string) string {
		mac := hmac.New(sha512.New384, []byte("wp-sha384"))
		mac.Write([]byte(strings.Trim(password, " \n\r\t\v\x00")))
		return base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}}
}

// peppered is Devise's: a secret behind the password, of both together what bcrypt
// reads. A password that leaves no room for the secret is refused if bcrypt would cut
// it itself.
func peppered(pepper []byte) *prehash {
	return &prehash{name: "pepper", key: pepper, most: bcryptMaxPassword, turn: func(key []byte, password string) string {
		return cutForBcrypt(password + string(key))
	}}
}

// flaskSecurity is get_hmac of Flask-Security with its SECURITY_PASSWORD_SALT. Of the 88
// characters passlib gives bcrypt as many as that reads.
func flaskSecurity(salt []byte, bcrypt bool) *prehash {
	signed := func(key []byte, password string) string {
		mac := hmac.New(sha512.New, key)
		mac.Write([]byte(password))
		return base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	p := &prehash{name: "flask-security", key: salt, turn: signed}
	if bcrypt {
		p.turn = func(key []byte, password string) string { return cutForBcrypt(signed(key, password)) }
	}
	return p
}

func cutForBcrypt(password string) string {
	return password[:min(len(password), bcryptMaxPassword)]
}
