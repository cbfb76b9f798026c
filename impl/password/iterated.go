package password

import "fmt"

// Some methods read the password anew in each round, so that who types a long one has
// the server read rounds times as much.
const (
	maxRead  = 128 << 20 // bytes of passwords that one verification reads
	maxTyped = 4096      // bytes, of a password of the most characters that the API takes
)

// readable is how many bytes of a password are read in each of so many rounds, at the
// most what the method's own writer takes.
func readable(rounds, most int) int { return min(most, maxRead/rounds) }

// cut returns what is read of a password, and whether that is all of it. What is longer
// matches nothing, at the cost of what is read.
func cut(password string, readable int) (read string, whole bool) {
	if len(password) > readable {
		return password[:readable], false
	}
	return password, true
}

// log2Rounds reads a count that phpass writes as one character.
func log2Rounds(c byte, method string, most int) (int, error) {
	n := value64(c)
	switch {
	case n < 0:
		return 0, malformed(method + " without a count")
	case n < 7:
		return 0, malformed(method + " with a count that none writes")
	case n > most:
		return 0, fmt.Errorf("%w: %s count is over 2^%d", ErrTooCostly, method, most)
	}
	return n, nil
}
