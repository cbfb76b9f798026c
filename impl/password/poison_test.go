package password

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// worst is about what the dearest hash that is let in takes of a core of 2017.
const worst = 1100 * time.Millisecond

// sound is a vector that matches, and what has to be known to read it.
type sound struct {
	Form, Hash, Password, Bare, Salt, Position, Pepper string
	Match                                              bool
}

func soundOnes(t *testing.T) map[string]sound {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "forms.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []sound }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	first := make(map[string]sound)
	for _, v := range file.Vectors {
		if _, ok := first[v.Form]; v.Match && !ok && v.Bare == "" && v.Pepper == "" && !strings.HasPrefix(v.Form, "flask") {
			first[v.Form] = v
		}
	}
	return first
}

var number = regexp.MustCompile(`[0-9]+`)

// poisoned is what a hash becomes when it is cut, lengthened, spelt otherwise, or asks
// for other amounts of work.
func poisoned(hash string) (all []string) {
	for n := 1; n < len(hash); n++ {
		all = append(all, hash[:n])
	}
	for _, more := range []string{"=", "==", "\n", "\x00", " ", "$", "A", "0", ".", ","} {
		all = append(all, hash+more, more+hash)
	}
	for _, at := range number.FindAllStringIndex(hash, -1) {
		for _, count := range []string{"", "0", "00", "-1", "+5", "1e9", "0x10", "5_0", "٣", "99999999999999999999", "2147483648", "4294967296", "31", "64"} {
			all = append(all, hash[:at[0]]+count+hash[at[1]:])
		}
	}
	for i := range hash {
		if strings.ContainsRune("$,=:{}*", rune(hash[i])) {
			all = append(all, hash[:i]+hash[i+1:], hash[:i]+hash[i:i+1]+hash[i:])
		}
	}
	return all
}

// TestPoisoned: of every form, what is not as its writer wrote it is refused before any
// work, or is another hash within the bounds, which the password does not match.
func TestPoisoned(t *testing.T) {
	t.Parallel()
	begun, all := time.Now(), 0
	for form, v := range soundOnes(t) {
		for _, encoded := range poisoned(v.Hash) {
			all++
			h, err := Parse(encoded)
			if err != nil {
				if h.scheme != nil || !isKnown(err) || strings.Contains(err.Error(), v.Hash[len(v.Hash)/2:]) {
					t.Errorf("%s: Parse(%q) = %v, %v", form, encoded, h, err)
				}
				continue
			}
			checkBounds(t, h)
			if took := h.scheme.takes(); took > worst {
				t.Errorf("%s: Parse(%q) lets in %v, of about %v", form, encoded, h, took)
			}
			if unquoted(encoded) != unquoted(v.Hash) && affordable(h) && h.Verify(v.Password) && canonical(encoded) != canonical(v.Hash) {
				t.Errorf("%s: %q matches as %q does", form, encoded, v.Hash)
			}
		}
	}
	if all < 5000 {
		t.Errorf("only %d poisoned hashes", all)
	}
	t.Logf("%d in %v", all, time.Since(begun))
}

// TestDearest: of each form the dearest that is let in, and that the next is not.
func TestDearest(t *testing.T) {
	t.Parallel()
	b64 := func(n int) string { return strings.Repeat("A", (n*8+5)/6) }
	padded := func(n int) string { return b64(n) + strings.Repeat("=", (3-n%3)%3) }
	hash := func(n int) string { return strings.Repeat(".", n) }
	for _, c := range []struct{ most, beyond string }{
		{"pbkdf2_sha256$5000000$salt$" + padded(32), "pbkdf2_sha256$5000001$salt$" + padded(32)},
		{"pbkdf2_sha1$1500000$salt$" + padded(20), "pbkdf2_sha1$1500001$salt$" + padded(20)},
		{"scrypt$131072$salt$8$2$" + padded(64), "scrypt$262144$salt$8$1$" + padded(64)},
		{"argon2$argon2id$v=19$m=131072,t=4,p=16$" + b64(16) + "$" + b64(32), "argon2$argon2id$v=19$m=131072,t=5,p=16$" + b64(16) + "$" + b64(32)},
		{"bcrypt_sha256$$2b$14$" + hash(53), "bcrypt_sha256$$2b$15$" + hash(53)},
		{"$pbkdf2-sha512$1500000$$" + b64(64), "$pbkdf2-sha512$1500001$$" + b64(64)},
		{"$scrypt$ln=17,r=8,p=2$$" + b64(32), "$scrypt$ln=17,r=8,p=3$$" + b64(32)},
		{"$bcrypt-sha256$v=2,t=2b,r=14$" + hash(22) + "$" + hash(31), "$bcrypt-sha256$v=2,t=2b,r=15$" + hash(22) + "$" + hash(31)},
		{"$5$rounds=1000000$s$" + hash(43), "$5$rounds=1000001$s$" + hash(43)},
		{"$6$rounds=1000000$s$" + hash(86), "$6$rounds=999999999$s$" + hash(86)},
		{"$y$jCT$" + hash(22) + "$" + hash(43), "$y$jDT$" + hash(22) + "$" + hash(43)},
		{"$P$I" + hash(30), "$P$J" + hash(30)},
		{"$S$I" + hash(51), "$S$J" + hash(51)},
		{"{scrypt}$110802$" + padded(16) + "$" + padded(32), "{scrypt}$120801$" + padded(16) + "$" + padded(32)},
		{"$argon2d$v=19$m=131072,t=4,p=1$" + b64(16) + "$" + b64(32), "$argon2d$v=19$m=131073,t=1,p=1$" + b64(16) + "$" + b64(32)},
		{identityOf(t, 2, 1_500_000), identityOf(t, 2, 1_500_001)},
		{identityOf(t, 1, 5_000_000), identityOf(t, 1, 1<<31)},
	} {
		h, err := Parse(c.most)
		if err != nil {
			t.Errorf("Parse(%q) = %v", c.most, err)
			continue
		}
		if took := h.scheme.takes(); h.Memory() > MostMemory || h.Method() != "" && took > worst && !h.Interleaves() {
			t.Errorf("%s takes about %v and %d bytes", h, took, h.Memory())
		}
		if _, err := Parse(c.beyond); err == nil {
			t.Errorf("Parse(%q) lets in what is beyond %q", c.beyond, c.most)
		}
	}
}

// identityOf is a hash of ASP.NET Identity's third version.
func identityOf(t *testing.T, prf byte, count uint32) string {
	t.Helper()
	raw := binary.BigEndian.AppendUint32([]byte{identityV3, 0, 0, 0, prf}, count)
	raw = binary.BigEndian.AppendUint32(raw, 16)
	return base64.StdEncoding.EncodeToString(append(raw, make([]byte, 16+32)...))
}
