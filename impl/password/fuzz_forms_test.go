package password

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// rewritten formats h as the writer of the string that it was read from would, apart from
// parsing code.
func rewritten(encoded string, h Hash) string {
	id, body := cutID(encoded)
	std, raw := base64.StdEncoding.EncodeToString, base64.RawStdEncoding.EncodeToString
	switch id {
	case "bcrypt$", "bcrypt_sha256$", "{BCRYPT}", "{ARGON2}", "{ARGON2@SPRINGSECURITY_V5_8}", "{CRYPT}", "{LDAP}":
		return id + rewritten(body, h)
	case "argon2$", "$wp$", "U$":
		return strings.TrimSuffix(id, "$") + rewritten("$"+body, h)
	case "$2a$", "$2b$", "$2y$":
		return fmt.Sprintf("%s%02d$%s%s", id, h.scheme.(bcryptScheme).cost, h.salt, h.digest)
	case "$argon2id$", "$argon2i$", "$argon2d$":
		return h.scheme.(argon2Scheme).encode(h.salt, h.digest)
	case "pbkdf2_sha256$", "pbkdf2_sha1$":
		return fmt.Sprintf("%s%d$%s$%s", id, h.scheme.(pbkdf2Scheme).iterations, h.salt, std(h.digest))
	case "scrypt$":
		s := h.scheme.(scryptScheme)
		return fmt.Sprintf("%s%d$%s$%d$%d$%s", id, s.n, h.salt, s.r, s.p, std(h.digest))
	case "$pbkdf2$", "$pbkdf2-sha256$", "$pbkdf2-sha512$":
		return strings.ReplaceAll(fmt.Sprintf("%s%d$%s$%s", id, h.scheme.(pbkdf2Scheme).iterations, raw(h.salt), raw(h.digest)), "+", ".")
	case "$scrypt$":
		s := h.scheme.(scryptScheme)
		return fmt.Sprintf("%sln=%d,r=%d,p=%d$%s$%s", id, log2(s.n), s.r, s.p, raw(h.salt), raw(h.digest))
	case "$bcrypt-sha256$":
		kind, format := body[:2], "%s%s,%d$%s$%s"
		if h.pre.name == "hmac-sha256-base64" {
			kind, format = body[6:8], "%sv=2,t=%s,r=%d$%s$%s"
		}
		return fmt.Sprintf(format, id, kind, h.scheme.(bcryptScheme).cost, h.salt, h.digest)
	case "$1$", "$apr1$":
		return fmt.Sprintf("%s%s$%s", id, h.salt, h.digest)
	case "$5$", "$6$":
		rounds := ""
		if n := h.scheme.(shaCryptScheme).rounds; n != 5000 || strings.HasPrefix(body, "rounds=") {
			rounds = fmt.Sprintf("rounds=%d$", n)
		}
		return fmt.Sprintf("%s%s%s$%s", id, rounds, h.salt, h.digest)
	case "$y$":
		s := h.scheme.(yescryptScheme)
		return fmt.Sprintf("$y$j%c%c$%s$%s", cryptAlphabet[s.log-1], cryptAlphabet[s.r-1], encodeCrypt64(h.salt), encodeCrypt64(h.digest))
	case "$P$", "$H$", "$S$":
		return fmt.Sprintf("%s%c%s%s", id, cryptAlphabet[h.scheme.(phpassScheme).log], h.salt, h.digest)
	case "{PBKDF2}", "{PBKDF2@SPRINGSECURITY_V5_8}":
		return fmt.Sprintf("%s%x%x", id, h.salt, h.digest)
	case "{SCRYPT}", "{SCRYPT@SPRINGSECURITY_V5_8}":
		s := h.scheme.(scryptScheme)
		return fmt.Sprintf("%s$%x$%s$%s", id, log2(s.n)<<16|s.r<<8|s.p, std(h.salt), std(h.digest))
	case "{SSHA}", "{SSHA256}", "{SSHA512}", "{SMD5}":
		return id + std(append(append([]byte(nil), h.digest...), h.salt...))
	case "{SHA}", "{SHA256}", "{MD5}", "{SHA-1}", "{SHA-256}":
		switch s := h.scheme.(type) {
		case standardScheme:
			return fmt.Sprintf("%s%x%x", id, h.salt, h.digest)
		case saltedScheme:
			return fmt.Sprintf("%s%s%x", id, h.salt, h.digest)
		case digestScheme:
			if len(body) == hex.EncodedLen(s.alg.size) {
				return fmt.Sprintf("%s%x", id, h.digest)
			}
		}
		return id + std(h.digest)
	}
	if _, is, _ := parseIdentity(encoded); !is {
		return write(h)
	}
	s := h.scheme.(pbkdf2Scheme)
	if s.alg.name == "sha1" && s.iterations == 1000 && encoded[1] != 'Q' {
		return std(append(append([]byte{identityV2}, h.salt...), h.digest...))
	}
	prf := map[string]byte{"sha1": 0, "sha256": 1, "sha512": 2}[s.alg.name]
	head := binary.BigEndian.AppendUint32([]byte{identityV3, 0, 0, 0, prf}, uint32(s.iterations))
	head = binary.BigEndian.AppendUint32(head, uint32(len(h.salt)))
	return std(append(append(head, h.salt...), h.digest...))
}

func log2(n int) (log int) {
	for ; n > 1; n >>= 1 {
		log++
	}
	return log
}

// FuzzForm hands each form of the table what follows its id. What is read is written back
// as it came, so that no two strings stand for one hash; goes to another process and back;
// and is verified within its bounds, without crashing. The corpus has each form.
func FuzzForm(f *testing.F) {
	f.Fuzz(func(t *testing.T, nth uint, body, typed string) {
		all := forms()
		id := all[nth%uint(len(all))].id
		o := Options{BareForms: BareForms()}
		h, err := o.Parse(id+body, "")
		if err != nil {
			if h.scheme != nil || !isKnown(err) {
				t.Fatalf("Parse(%q) = %v, %v", id+body, h, err)
			}
			return
		}
		if _, plain := h.scheme.(plainScheme); !plain {
			if written := rewritten(id+body, h); written != canonical(id+body) {
				t.Errorf("%q is written as %q", id+body, written)
			}
		}
		checkBounds(t, h)
		checkReadElsewhere(t, h)
		if affordable(h) {
			checkVerify(t, h, typed)
		}
	})
}

// FuzzOptions reads anything with every option there is: what comes of it is a hash within
// bounds or one of the errors.
func FuzzOptions(f *testing.F) {
	f.Fuzz(func(t *testing.T, encoded, salt, typed string, which byte) {
		o := Options{SaltPosition: SaltPosition(which % 3)}
		if which&4 != 0 {
			o.BareForms = BareForms()
		}
		switch which >> 3 & 3 {
		case 1:
			o.Pepper = []byte("pepper")
		case 2:
			o.FlaskSecuritySalt = []byte("salt")
		case 3:
			o.BcryptLongPasswords = true
		}
		h, err := o.Parse(encoded, salt)
		if err != nil {
			if h.scheme != nil || !isKnown(err) {
				t.Fatalf("Parse(%q, %q) = %v, %v", encoded, salt, h, err)
			}
			return
		}
		if h.Method() == "plain" && !strings.Contains(encoded, "plain$") && !strings.Contains(strings.ToUpper(encoded), "{NOOP}") && !h.Verify(encoded) {
			t.Errorf("%q is a password in the clear and does not match itself", encoded)
		}
		checkBounds(t, h)
		checkReadElsewhere(t, h)
		if affordable(h) {
			checkVerify(t, h, typed)
		}
	})
}

// FuzzDecode: what another process would not have sent is refused, or is a hash within
// bounds.
func FuzzDecode(f *testing.F) {
	f.Fuzz(func(t *testing.T, encoded string) {
		h, err := Decode(encoded)
		if err != nil {
			if h.scheme != nil || !isKnown(err) {
				t.Fatalf("Decode(%q) = %v, %v", encoded, h, err)
			}
			return
		}
		checkBounds(t, h)
		checkReadElsewhere(t, h)
		if affordable(h) {
			checkVerify(t, h, "typed")
		}
	})
}

func isKnown(err error) bool {
	for _, known := range []error{ErrMalformed, ErrUnsupported, ErrTooCostly, ErrNotEnabled} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

func checkReadElsewhere(t *testing.T, h Hash) {
	t.Helper()
	for _, h := range []Hash{h, h.Decoy()} {
		encoded, ok := h.Encode()
		if !ok {
			if !h.Weak() {
				t.Errorf("%v cannot be sent", h)
			}
			continue
		}
		there, err := Decode(encoded)
		if err != nil || there.scheme.method() != h.scheme.method() || string(there.salt) != string(h.salt) || string(there.digest) != string(h.digest) {
			t.Errorf("%v, sent as %q, is read as %v, %v", h, encoded, there, err)
		}
	}
}

// TestEveryFormHasVectors: each form of the table was written by its own writer.
func TestEveryFormHasVectors(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join("testdata", "forms.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Vectors []struct {
			Hash  string
			Match bool
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for _, v := range file.Vectors {
		if id, _ := cutID(unquoted(v.Hash)); v.Match {
			seen[id] = true
		}
	}
	for _, f := range forms() {
		if !seen[f.id] {
			t.Errorf("no vector of %s (%s)", f.name, f.id)
		}
	}
}
