package password

import (
	"crypto/md5" // #nosec G501 -- only to read hashes that say so
	"crypto/sha512"
	"fmt"
	"hash"
	"strconv"
	"time"
)

const (
	phpassSaltSize = 8
	// maxPhpassLog is log2 of the rounds; WordPress had 13, phpBB 11, Drupal 7 15 and
	// later ones 16.
	maxPhpassLog = 20
	md5Round     = 150 * time.Nanosecond
	sha512Round  = 350 * time.Nanosecond
)

// phpassScheme is the "portable" hash of phpass, and Drupal's of the same make: a digest
// of the salt and the password, and 2^log more of what that was and the password.
type phpassScheme struct {
	drupal bool
	log    int
}

func (s phpassScheme) method() string { return s.form() + ":" + strconv.Itoa(s.log) }

func (s phpassScheme) form() string {
	if s.drupal {
		return "drupal"
	}
	return "phpass"
}

func (s phpassScheme) memory() int64 { return 0 }
func (s phpassScheme) weak() bool    { return false }

func (s phpassScheme) takes() time.Duration {
	if s.drupal {
		return sha512Round << s.log
	}
	return md5Round << s.log
}

// digestSize is in characters. Drupal cuts all it writes to 55, which leaves 258 bits.
func (s phpassScheme) digestSize() int {
	if s.drupal {
		return 43
	}
	return 22
}

func (s phpassScheme) fits(salt, digest int) bool {
	return salt == phpassSaltSize && digest == s.digestSize()
}

// most is what the writer takes: DRUPAL_MAX_PASSWORD_LENGTH, or phpass' own bound.
func (s phpassScheme) most() int {
	if s.drupal {
		return 512
	}
	return maxTyped
}

func (s phpassScheme) verify(password string, salt, digest []byte) bool {
	typed, whole := cut(password, readable(1<<s.log, s.most()))
	var h hash.Hash
	if s.drupal {
		h = sha512.New()
	} else {
		h = md5.New() // #nosec G401 -- the hash says so
	}
	h.Write(salt)
	h.Write([]byte(typed))
	sum := h.Sum(nil)
	read := []byte(typed)
	for range 1 << s.log {
		h.Reset()
		h.Write(sum)
		h.Write(read)
		sum = h.Sum(sum[:0])
	}
	return equalStart([]byte(encodeCrypt64(sum)), digest) && whole
}

// parsePhpass reads what follows "$P$" or "$H$" (phpBB's), and Drupal's "$S$": a
// character that is log2 of the rounds, eight of salt, the digest.
func parsePhpass(_ Options, id, body string) (Hash, error) {
	s := phpassScheme{drupal: id == "$S$"}
	if len(body) != 1+phpassSaltSize+s.digestSize() || !consistsOf(body, cryptAlphabet) {
		return Hash{}, malformed(fmt.Sprintf("%s is not count, salt and %d characters of digest", s.form(), s.digestSize()))
	}
	var err error
	if s.log, err = log2Rounds(body[0], s.form(), maxPhpassLog); err != nil {
		return Hash{}, err
	}
	digest := body[1+phpassSaltSize:]
	if _, canonical := decodeCrypt64(digest); !canonical && !s.drupal {
		return Hash{}, malformed("phpass digest is not canonical base64")
	}
	return Hash{scheme: s, salt: []byte(body[1 : 1+phpassSaltSize]), digest: []byte(digest)}, nil
}

// parseDrupalUpgraded reads what follows "U$": what Drupal 7 made of a digest in MD5 that
// an older release had left.
func parseDrupalUpgraded(o Options, _, body string) (Hash, error) {
	id, rest := cutID("$" + body)
	switch id {
	case "$S$", "$P$", "$H$":
	default:
		return Hash{}, malformed("no hash of Drupal's behind the U")
	}
	h, err := parsePhpass(o, id, rest)
	if err == nil {
		h.pre = hexMD5()
	}
	return h, err
}

// parseWordPress reads what follows "$wp$": bcrypt of what WordPress 6.8 makes of the
// password.
func parseWordPress(o Options, _, body string) (Hash, error) {
	id, rest := cutID("$" + body)
	if id != "$2y$" {
		return Hash{}, malformed("no bcrypt hash of PHP's behind wp")
	}
	h, err := parseBcrypt(o, id, rest)
	if err == nil {
		h.pre = wordpress()
	}
	return h, err
}
