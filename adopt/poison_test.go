//go:build adopt && linux

package adopt

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// itoa64 are the digits that phpass and crypt(3) write numbers with.
const itoa64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

var (
	// number is one that stands between a stored hash's separators.
	number = regexp.MustCompile(`(^|[$:=,|{])(-?\d+)([$:,|}]|$)`)
	field  = regexp.MustCompile(`[^$:]+`)
	// counted has a count as one character: phpass, Drupal 7.
	counted = regexp.MustCompile(`^(.*\$[PHS]\$)(.)(.+)$`)
	// yescrypt has its costs as a few.
	yescrypt = regexp.MustCompile(`^(.*\$y\$)([./0-9A-Za-z]+)(\$.+)$`)
	bcrypted = regexp.MustCompile(`^(.*\$2[abxy][$,])(\d\d)(\$.+)$`)
	// wrapping says of what stands behind it no more than that does itself.
	wrapping = regexp.MustCompile(`^(\{[^}]*\}|argon2|bcrypt\$)`)
	// blob is what is nothing but base64, behind a scheme's name perhaps.
	blob = regexp.MustCompile(`^(\{[^}]+\})?([A-Za-z0-9+/]{16,}={0,2})$`)
)

// poisoned are hashes made of a good one that no server may let anybody in by, and that
// no server may work on for long: costs raised beyond all bounds, counts that are
// negative, zero or written in another way, digests and salts that are cut or empty.
func poisoned(hash string) (all []string) {
	if strings.HasPrefix(hash, "plain$") {
		return nil // Its salt was never used, and the rest is the password.
	}
	add := func(parts ...string) { all = append(all, strings.Join(parts, "")) }
	for _, at := range number.FindAllStringSubmatchIndex(hash, -1) {
		before, was, behind := hash[:at[4]], hash[at[4]:at[5]], hash[at[5]:]
		for _, now := range []string{"", "0", "-1", "-" + was, "+" + was, "0" + was, "00", " " + was, was + " ", was + ".0", was + "e0", "0x" + was,
			was + "000000000", "99", "2147483647", "2147483648", "4294967295", wrapped(was, "4294967296"), wrapped(was, "18446744073709551616"), "1e9"} {
			add(before, now, behind)
		}
	}
	for _, at := range field.FindAllStringIndex(hash, -1) {
		before, was, behind := hash[:at[0]], hash[at[0]:at[1]], hash[at[1]:]
		for _, now := range []string{"", was + was, was[:len(was)-1], was[:len(was)/2], was + "A", was + "=", "\x00", "ffffff", "?"} {
			add(before, now, behind)
		}
	}
	for _, n := range []int{1, len(hash) / 2, len(hash) - 1} {
		add(hash[:max(0, len(hash)-n)])
	}
	if m := counted.FindStringSubmatch(hash); m != nil {
		for _, c := range itoa64 + "!~ " {
			add(m[1], string(c), m[3])
		}
	}
	if m := yescrypt.FindStringSubmatch(hash); m != nil {
		for _, c := range itoa64 {
			add(m[1], "j", string(c), m[2][2:], m[3])
			add(m[1], m[2][:2], string(c), m[3])
			add(m[1], string(c), m[2][1:], m[3])
		}
		add(m[1], "jzzzzzzzz", m[3])
	}
	if m := bcrypted.FindStringSubmatch(hash); m != nil {
		for cost := range 100 {
			if cost < 4 || cost > 14 { // up to 14 is what restauth works on
				add(m[1], fmt.Sprintf("%02d", cost), m[3])
			}
		}
	}
	all = append(all, poisonedBlobs(hash)...)
	all = append(all, "b'"+hash, "b'"+hash+"\"", hash+"$", "$"+hash, hash+hash, "{bcrypt}"+hash+"x")
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(s string) bool { return s == hash || same(hash, s) })
}

// poisonedBlobs has the counts within a blob changed, and the blob cut.
func poisonedBlobs(hash string) (all []string) {
	m := blob.FindStringSubmatch(hash)
	if m == nil {
		return nil
	}
	raw, err := base64.StdEncoding.DecodeString(m[2])
	if err != nil {
		return nil
	}
	add := func(b []byte) { all = append(all, m[1]+base64.StdEncoding.EncodeToString(b)) }
	for _, n := range []int{0, 1, 12, 13, 16, 20, 29, 32, 48, 64, len(raw) - 1} {
		if n < len(raw) {
			add(raw[:n])
		}
	}
	for at := 0; at+4 <= min(len(raw), 13); at++ {
		for _, word := range []uint32{0, 1<<31 - 1, 1 << 31, 1<<32 - 1} {
			changed := slices.Clone(raw)
			binary.BigEndian.PutUint32(changed[at:], word)
			add(changed)
		}
	}
	return all
}

// wrapped is the number plus one at which an integer of a machine begins anew.
func wrapped(number, beyond string) string {
	var n, m int64
	if _, err := fmt.Sscan(number, &n); err != nil || n < 0 || n > 1<<31 {
		return beyond
	}
	// Behind the last digits there is room: the sum carries no further.
	head, tail := beyond[:len(beyond)-10], beyond[len(beyond)-10:]
	_, _ = fmt.Sscan(strings.TrimLeft(tail, "0"), &m)
	return fmt.Sprintf("%s%010d", head, n+m)
}

// same reports whether two spellings are of one hash, so that either may let in.
func same(hash, other string) bool {
	bare := func(s string) string { return wrapping.ReplaceAllString(strings.TrimRight(s, "="), "") }
	return bare(hash) == bare(other)
}
