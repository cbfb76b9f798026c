package password

import "strings"

// cryptAlphabet is crypt(3)'s base64, in the order of its values.
const cryptAlphabet = "./" + digits + "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// encodeCrypt64 writes bytes as crypt(3) and phpass do: three to four characters, the
// lowest bits first.
func encodeCrypt64(raw []byte) string {
	var b strings.Builder
	for len(raw) > 0 {
		n := min(3, len(raw))
		group := 0
		for i := range n {
			group |= int(raw[i]) << (8 * i)
		}
		for range (8*n + 5) / 6 {
			b.WriteByte(cryptAlphabet[group&63])
			group >>= 6
		}
		raw = raw[n:]
	}
	return b.String()
}

// decodeCrypt64 reads what encodeCrypt64 writes, and reports whether it is that.
func decodeCrypt64(s string) ([]byte, bool) {
	raw := make([]byte, 0, len(s)*3/4)
	for rest := s; rest != ""; {
		n := min(4, len(rest))
		group := 0
		for i := range n {
			value := strings.IndexByte(cryptAlphabet, rest[i])
			if value < 0 {
				return nil, false
			}
			group |= value << (6 * i)
		}
		for range 6 * n / 8 {
			raw = append(raw, byte(group)) // #nosec G115 -- its lowest eight bits
			group >>= 8
		}
		rest = rest[n:]
	}
	return raw, encodeCrypt64(raw) == s
}

// value64 is the number that a character of crypt(3)'s base64 stands for, or -1.
func value64(c byte) int { return strings.IndexByte(cryptAlphabet, c) }
