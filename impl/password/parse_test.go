package password_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/password"
)

func TestParseAcceptsBounds(t *testing.T) {
	t.Parallel()
	for _, encoded := range []string{
		"pbkdf2:sha256:1$s$" + hex64,
		"pbkdf2:sha256:5000000$s$" + hex64, "pbkdf2:SHA-256:5000000$s$" + hex64,
		"pbkdf2:sha512:1500000$s$" + hex128, // Werkzeug 3.1's 1,000,000 with another digest
		"pbkdf2:sha1:1500000$s$" + hex64[:40],
		"pbkdf2:sha256:1$" + strings.Repeat("s", 512) + "$" + hex64,
		"scrypt:65536:8:1$s$" + hex128,
		"scrypt:32768:16:4$s$" + hex128, "scrypt:16384:8:16$s$" + hex128,
		"scrypt:2:1:1$s$" + hex128,
		"scrypt:32768:1:1$s$" + hex128,
		"scrypt:131072:8:1$s$" + hex128, "scrypt:65536:16:1$s$" + hex128,
		"$argon2id$v=19$m=32768,t=2,p=16$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2d$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=131072,t=4,p=4$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=52428,t=10,p=4$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA", // RFC 9106 section 4
		"$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
		strings.Replace(bcrypt, "$04$", "$14$", 1),
		strings.Replace(bcrypt, "$2b$", "$2y$", 1),
		"plain$$" + strings.Repeat("x", 4096),
		"plain$$$$",
		"plain$salt$ü",
	} {
		if _, err := password.Parse(encoded); err != nil {
			t.Errorf("Parse(%.60q) = %v, want no error", encoded, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range refused() {
		h, err := password.Parse(tt.encoded)
		if !errors.Is(err, tt.want) {
			t.Errorf("Parse(%.80q) error = %v, want %v", tt.encoded, err, tt.want)
		}
		if h.Method() != "" || h.Verify("") || h.Verify("roy") {
			t.Errorf("Parse(%.80q) returned a usable hash beside its error", tt.encoded)
		}
	}
}

type refusal struct {
	encoded string
	want    error
}

func refused() []refusal {
	var all []refusal
	for want, list := range map[error][]string{
		password.ErrMalformed:   append(malformedWerkzeug(), malformedCrypt()...),
		password.ErrUnsupported: unsupported(),
		password.ErrTooCostly:   tooCostly(),
	} {
		for _, encoded := range list {
			all = append(all, refusal{encoded, want})
		}
	}
	return all
}

func malformedWerkzeug() []string {
	list := []string{
		"", "$", "$$", "$$$", "roy", "sha256", "sha256$salt", "sha256$salt$", "sha256$$", "sha256$" + hex64,
		"pbkdf2$salt$" + hex64, "pbkdf2:sha256$salt$" + hex64, "pbkdf2:$salt$" + hex64,
		"pbkdf2:sha256:1:1$salt$" + hex64,
		"pbkdf2:sha256:1$$" + hex64, // Werkzeug 3 would hash without a salt; none writes it
		"pbkdf2:sha256:1$sa lt$" + hex64, "pbkdf2:sha256:1$sält$" + hex64, "pbkdf2:sha256:1$s\x00$" + hex64,
		"pbkdf2:sha256:1$" + strings.Repeat("s", 513) + "$" + hex64,
		"pbkdf2:sha256:1$salt$" + hex64[1:], "pbkdf2:sha256:1$salt$" + hex64 + "0",
		"pbkdf2:sha256:1$salt$" + hex64 + "\n", "pbkdf2:sha256:1$salt$$" + hex64[1:],
		"pbkdf2:sha256:1$salt$" + strings.ToUpper(hex64), "pbkdf2:sha1:1$salt$" + hex64,
		"PBKDF2:SHA256:1$salt$" + hex64, "sha256:1$salt$" + hex64, "sha256:$salt$" + hex64,
		"scrypt$salt$" + hex128, "scrypt:2$salt$" + hex128, "scrypt:2:1$salt$" + hex128,
		"scrypt:2:1:1:1$salt$" + hex128, "scrypt:1:1:1$salt$" + hex128, "scrypt:3:1:1$salt$" + hex128,
		"scrypt:65536:1:1$salt$" + hex128, // RFC 7914: N < 2^(16r)
		"scrypt:2:0:1$salt$" + hex128, "scrypt:2:1:0$salt$" + hex128, "scrypt:2:1:1$salt$" + hex64,
		"scrypt:2:1:1$$" + hex128,
		"plain$", "plain$$", "plain$salt$", "plain$roy", "plain$s-lt$roy", "plain$$roy\x00", "plain$$\xff",
		"plain$$" + strings.Repeat("x", 4097),
		strings.Repeat("x", 1025), "sha256$" + strings.Repeat("$", 1<<20),
	}
	for _, count := range []string{"", "0", "-1", "+1", " 1", "1 ", "01", "1_0", "0x1", "1e3", "1.0", "٣", "１"} {
		list = append(list, "pbkdf2:sha256:"+count+"$salt$"+hex64, "scrypt:"+count+":1:1$salt$"+hex128)
	}
	return list
}

func malformedCrypt() []string {
	const key = "AAAAAAAAAAAAAAAAAAAAAA"
	list := []string{
		"$argon2id", "$argon2id$", "$argon2id$v=19", argon + "$", argon + "$" + key, argon + "\n", argon + "=",
		"$2b", "$2b$", "$2b$04", "$2b$04$", bcrypt[:59], bcrypt + "x", bcrypt + "$",
		"$2b$4$" + bcrypt[7:] + "x", "$2b$03$" + bcrypt[7:], "$2b$00$" + bcrypt[7:], "$2b$+4$" + bcrypt[7:],
		strings.Replace(bcrypt, "7rE.", "7r+.", 1), strings.Replace(bcrypt, "jf3a", "jf_a", 1),
		bcrypt[:59] + "=", bcrypt[:59] + "\x00", bcrypt[:59] + "H", // H leaves spare bits set
	}
	for _, params := range []string{
		"", "m=64", "m=64,t=1", "t=1,m=64,p=1", "m=64,t=1,p=1,", "m=64,t=1,p=1,keyid=AA", "m=64,t=1,p=1,data=AA",
		"m=064,t=1,p=1", "m=64,t=0,p=1", "m=64,t=1,p=0", "m=0,t=1,p=1", "m=7,t=1,p=1", "m=31,t=1,p=4", "m=-64,t=1,p=1",
	} {
		list = append(list, "$argon2id$v=19$"+params+"$c2FsdHNhbHQ$"+key)
	}
	for _, rest := range []string{
		"c2FsdHNhbA$" + key, "$" + key, "c2FsdHNhbHQ$", "c2FsdHNhbHQ$AAAA", "c2FsdHNhbHR$" + key, "c2FsdHNhbHQ=$" + key,
		"c2Fs\ndHNhbHQ$" + key, "c2FsdHNhbHQ$" + key[:21] + "B", "c2FsdHN_bHQ$" + key,
		strings.Repeat("A", 88) + "$" + key, "c2FsdHNhbHQ$" + strings.Repeat("A", 88),
	} {
		list = append(list, "$argon2id$v=19$m=64,t=1,p=1$"+rest)
	}
	return list
}

func unsupported() []string {
	return []string{
		"sha257$salt$" + hex64, "pbkdf2:sha0:1$salt$" + hex64, "PLAIN$salt$roy", "Plain$$roy",
		"ripemd160$salt$" + hex32, "crc32$salt$00000000", "$salt$" + hex64,
		"$argon2i$v=16$m=64,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2i$m=64,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=16$m=64,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$m=64,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
		"$2$" + bcrypt[4:], "$2x$" + bcrypt[4:], "$3$$" + hex32, "$sha1$1$salt$x", "$7$C6..../....salt$x", "{MD4}" + hex32, "{}", "{", "{ARGON2", "$gy$j9T$x$x",
	}
}

func tooCostly() []string {
	return []string{
		"pbkdf2:sha256:5000001$salt$" + hex64, "pbkdf2:sha256:99999999999999999999999$salt$" + hex64,
		"pbkdf2:sha512:1500001$salt$" + hex128, "pbkdf2:sha1:5000000$salt$" + hex64[:40], "pbkdf2:md5:1500001$salt$" + hex32,
		"pbkdf2:sha3_256:1500001$salt$" + hex64, "pbkdf2:blake2b:1500001$salt$" + hex128, "pbkdf2:sha224:1500001$salt$" + hex64[:56],
		"scrypt:262144:8:1$salt$" + hex128, "scrypt:65536:17:1$salt$" + hex128, "scrypt:2:1:17$salt$" + hex128,
		"scrypt:1099511627776:8:1$salt$" + hex128, "scrypt:2:8193:1$salt$" + hex128, "scrypt:2:1024:16$salt$" + hex128,
		"$argon2id$v=19$m=131073,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=131072,t=5,p=4$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=52429,t=10,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=64,t=11,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=136,t=1,p=17$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
		"scrypt:32768:16:5$s$" + hex128, "scrypt:32768:8:16$s$" + hex128, strings.Replace(bcrypt, "$04$", "$15$", 1), strings.Replace(bcrypt, "$04$", "$31$", 1),
	}
}

// TestParseDoesNoWork bounds the whole list of refusals: one of them computed
// would take minutes.
func TestParseDoesNoWork(t *testing.T) {
	t.Parallel()
	start := time.Now()
	for _, tt := range refused() {
		if h, err := password.Parse(tt.encoded); err == nil {
			t.Errorf("Parse(%.80q) = %v, want an error", tt.encoded, h)
		}
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("refusing took %v, want milliseconds", took)
	}
}

// TestParseStopsAtLength: a megabyte of separators is not even split.
func TestParseStopsAtLength(t *testing.T) {
	t.Parallel()
	for _, encoded := range []string{strings.Repeat("$", 1<<20), "sha256$s$" + strings.Repeat("0", 1016)} {
		_, err := password.Parse(encoded)
		if err == nil || !strings.Contains(err.Error(), "longer than 1024 bytes") {
			t.Errorf("Parse of %d bytes: error = %v, want one about the length", len(encoded), err)
		}
	}
}

// TestErrorsHideTheHash parses what somebody may have stored by mistake: their
// password.
func TestErrorsHideTheHash(t *testing.T) {
	t.Parallel()
	const secret = "hunter22"
	for _, encoded := range []string{
		secret, "$" + secret, secret + "$x$y", "x$" + secret + "$y", "pbkdf2:" + secret + ":1$s$00",
		"pbkdf2:sha256:" + secret + "$s$00", "pbkdf2:sha256:1$s$" + secret, "scrypt:" + secret + ":1:1$s$00",
		"$argon2id$" + secret, "$argon2id$v=19$m=64,t=1,p=1$" + secret + "$" + secret, "$2b$04$" + secret,
	} {
		_, err := password.Parse(encoded)
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("Parse(%q) error = %v, want one without the stored string", encoded, err)
		}
	}
}
