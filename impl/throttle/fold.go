package throttle

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// KeyPurpose is what the key of names, addresses and devices is derived for. Replicas
// have to have the same.
const KeyPurpose = "counting of failed logins"

// Key is what is counted under: a digest of a name, an address or a device, of which
// none can be told from it without the secret.
type Key [16]byte

// Folder makes keys. It is safe for concurrent use.
type Folder struct{ idle sync.Pool }

type folding struct {
	mac      hash.Hash
	collator *collate.Collator
	buffer   collate.Buffer
	message  []byte
	sum      [sha256.Size]byte
}

// NewFolder returns a Folder over a secret.
func NewFolder(secret []byte) *Folder {
	return &Folder{sync.Pool{New: func() any {
		return &folding{mac: hmac.New(sha256.New, secret)}
	}}}
}

// Name is the key of a user name. Names that a collation of MySQL or MariaDB may find
// alike have one: letters lose what they are composed with and their case, then count by
// their primary weight of the Unicode Collation Algorithm (UTS 10), which knows no width
// or kind of kana; white space and what is invisible does not count, and all beyond the
// Basic Multilingual Plane, which older collations do not tell apart, is the same.
func (f *Folder) Name(name string) Key {
	w := f.begin("name")
	if w.collator == nil {
		w.collator = collate.New(language.Und, collate.Loose)
	}
	w.buffer.Reset()
	w.message = append(w.message, w.collator.KeyFromString(&w.buffer, plain(name))...)
	return f.end(w)
}

// plain leaves out what is not seen, and what letters are composed with.
func plain(name string) string {
	if isPlain(name) {
		return name
	}
	last := rune(-1)
	return strings.Map(func(r rune) rune {
		if r = simple(r); r == 's' && last == 's' {
			return -1
		}
		if r >= 0 {
			last = r
		}
		return r
	}, norm.NFKD.String(strings.ReplaceAll(name, "\u037a", "\u03b9"))) // a letter that NFKD makes an accent of
}

// isPlain reports ASCII with nothing to leave out.
func isPlain(name string) bool {
	for i := range len(name) {
		c := name[i]
		if c <= ' ' || c >= 0x7f || c|0x20 == 's' && i > 0 && name[i-1]|0x20 == 's' {
			return false
		}
	}
	return true
}

// simple is what stands for a character, -1 for nothing.
func simple(r rune) rune {
	switch {
	case unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
		return -1
	case r >= 0x300 && r < 0x363: // accents; combining letters follow
		return -1
	case r > 0xffff:
		return utf8.RuneError
	case r == 'ı': // It has no dot to lose.
		return 'i'
	case r == 'ß' || r == 'ẞ': // One s to some collations, two to others: two are one here.
		return 's'
	case r >= 'Ⴀ' && r <= 'Ⴥ': // Georgian, whose kinds of letters some take for cases
		return r - 'Ⴀ' + 'ა'
	case r >= 'ⴀ' && r <= 'ⴥ':
		return r - 'ⴀ' + 'ა'
	}
	return unicode.ToLower(unicode.ToUpper(r))
}

// Address is the key of an address, written as reqctx.Request.ClientKey has it.
func (f *Folder) Address(address string) Key {
	w := f.begin("address")
	w.message = append(w.message, address...)
	return f.end(w)
}

// known is where a user is known: at a device, or at an address.
func (f *Folder) known(userID, device, address string) Key {
	w := f.begin("known")
	for _, part := range []string{userID, device, address} {
		w.message = append(w.message, part...)
		w.message = append(w.message, 0) // in none of them
	}
	return f.end(w)
}

// password is a digest of a password that somebody typed for a key.
func (f *Folder) password(of Key, password string) uint64 {
	w := f.begin("password")
	w.message = append(w.message, of[:]...)
	w.message = append(w.message, password...)
	sum := f.end(w)
	var digest uint64
	for _, b := range sum[:8] {
		digest = digest<<8 | uint64(b)
	}
	return digest
}

func (f *Folder) begin(what string) *folding {
	w, _ := f.idle.Get().(*folding) // there is nothing else in it
	w.message = append(append(w.message[:0], what...), 0)
	return w
}

// end leaves nothing of the message behind.
func (f *Folder) end(w *folding) (key Key) {
	w.mac.Reset()
	_, _ = w.mac.Write(w.message) // a hash.Hash never returns an error
	copy(key[:], w.mac.Sum(w.sum[:0]))
	clear(w.message)
	f.idle.Put(w)
	return key
}
