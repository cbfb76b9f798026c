package password

import (
	"crypto/hmac"
	stdpbkdf2 "crypto/pbkdf2"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	xpbkdf2 "golang.org/x/crypto/pbkdf2"
)

// TestRFCVectors takes PBKDF2 from RFC 6070 and scrypt from RFC 7914 section
// 12, the ones whose salt Werkzeug could have made.
func TestRFCVectors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ password, encoded string }{
		{"password", "pbkdf2:sha1:1$salt$0c60c80f961f0e71f3a9b524af6012062fe037a6"},
		{"password", "pbkdf2:sha1:2$salt$ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"},
		{"password", "pbkdf2:sha1:4096$salt$4b007901b765489abead49d926f721d065a429c1"},
		{"password", "scrypt:1024:8:16$NaCl$fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162" +
			"2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"},
		{"pleaseletmein", "scrypt:16384:8:1$SodiumChloride$7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2" +
			"d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"},
	} {
		h, err := Parse(tt.encoded)
		if err != nil {
			t.Errorf("Parse(%q): %v", tt.encoded, err)
			continue
		}
		if !h.Verify(tt.password) || h.Verify(tt.password+"x") {
			t.Errorf("%s: Verify(%q) disagrees with the RFC", h, tt.password)
		}
	}
}

// naivePBKDF2 is RFC 8018 section 5.2 for one block, word by word: the
// reference for algorithms that no other library would be independent for.
func naivePBKDF2(alg algorithm, password string, salt []byte, iterations int) []byte {
	mac := hmac.New(alg.new, []byte(password))
	u := binary.BigEndian.AppendUint32(append([]byte(nil), salt...), 1)
	key := make([]byte, alg.size)
	for range iterations {
		mac.Reset()
		mac.Write(u)
		u = mac.Sum(nil)
		for i := range key {
			key[i] ^= u[i]
		}
	}
	return key
}

// TestDerivePBKDF2 compares with the standard library, x/crypto and the text of
// the RFC, over lengths around the digests' block sizes.
func TestDerivePBKDF2(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	text := strings.Repeat("0123456789abcdef", 16)
	names := []string{
		"md5", "sha1", "sha224", "sha256", "sha384", "sha512",
		"sha3_224", "sha3_256", "sha3_384", "sha3_512", "blake2b", "blake2s",
	}
	for _, name := range names {
		alg, err := findAlgorithm(name)
		if err != nil {
			t.Fatalf("findAlgorithm(%q): %v", name, err)
		}
		for _, size := range []int{0, 1, 31, 55, 56, 63, 64, 65, 127, 128, 129, 144, 145, 200} {
			salt, iterations := []byte(text[:1+random.IntN(199)]), 1+random.IntN(20)
			got := hex.EncodeToString(derivePBKDF2(alg, text[:size], salt, iterations))
			std, err := stdpbkdf2.Key(alg.new, text[:size], salt, iterations, alg.size)
			if err != nil {
				t.Fatalf("crypto/pbkdf2 with %s: %v", name, err)
			}
			for source, want := range map[string][]byte{
				"crypto/pbkdf2": std,
				"x/crypto":      xpbkdf2.Key([]byte(text[:size]), salt, iterations, alg.size, alg.new),
				"RFC 8018":      naivePBKDF2(alg, text[:size], salt, iterations),
			} {
				if got != hex.EncodeToString(want) {
					t.Errorf("%s, password of %d bytes, %d rounds: %s, %s says %x", name, size, iterations, got, source, want)
				}
			}
		}
	}
}

// BenchmarkVerifyPBKDF2 checks the tutorial's cost, 150,000 rounds of SHA-256,
// in turn with crypto/pbkdf2 on the same thread, and reports the ratio of the
// two. Each time is the best of all rounds: what else runs on the machine only
// ever adds to one.
func BenchmarkVerifyPBKDF2(b *testing.B) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const iterations = 150_000
	encoded := fmt.Sprintf("pbkdf2:sha256:%d$k1Ud5dzh$%064d", iterations, 0)
	best := func(so time.Duration, f func()) time.Duration {
		start := time.Now()
		f()
		return min(so, time.Since(start))
	}
	verify := func() {
		h, err := Parse(encoded)
		if err != nil || h.Verify("roy") {
			b.Fatalf("Parse: %v, or a match", err)
		}
	}
	derive := func() {
		if _, err := stdpbkdf2.Key(sha256.New, "roy", []byte("k1Ud5dzh"), iterations, sha256.Size); err != nil {
			b.Fatal(err)
		}
	}
	ours, std := time.Hour, time.Hour
	for b.Loop() {
		// Each comes second as often as first, so that neither has the warmer
		// processor.
		ours = best(ours, verify)
		std = best(std, derive)
		std = best(std, derive)
		ours = best(ours, verify)
	}
	b.ReportMetric(ours.Seconds()*1000, "ms/verify")
	b.ReportMetric(ours.Seconds()/std.Seconds(), "ours/crypto-pbkdf2")
}

// BenchmarkVerify times one check of each method at its usual cost, and at the
// highest that Parse lets through.
func BenchmarkVerify(b *testing.B) {
	pbkdf2 := func(count string) string { return "pbkdf2:sha256:" + count + "$salt$" + strings.Repeat("0", 64) }
	scrypt := func(cost string) string { return "scrypt:" + cost + "$salt$" + strings.Repeat("0", 128) }
	argon2 := func(cost string) string {
		return "$argon2id$v=19$" + cost + "$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw"
	}
	bcrypt := func(cost string) string { return "$2b$" + cost + "$" + strings.Repeat(".", 53) }
	for _, encoded := range []string{
		pbkdf2("150000"), pbkdf2("1000000"), pbkdf2("5000000"),
		scrypt("32768:8:1"), scrypt("65536:8:4"),
		argon2("m=19456,t=2,p=1"), argon2("m=131072,t=4,p=1"),
		bcrypt("10"), bcrypt("12"), bcrypt("14"),
	} {
		h, err := Parse(encoded)
		if err != nil {
			b.Fatalf("Parse(%q): %v", encoded, err)
		}
		b.Run(h.Method(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h.Verify("roy")
			}
		})
	}
}
