//go:build !purego

package pbkdf2

// wideLanes is how many 32-bit words a 512-bit register holds.
const wideLanes = 16

// wide is sixteen lanes turned by ninety degrees: a row holds one word of all
// of them. Its offsets are written in wide_amd64.s too.
type wide struct {
	inner, outer, sum, words [8][wideLanes]uint32
}

// iterateWide advances up to sixteen lanes by n iterations each, n at least 1.
// Turning them costs under 1 % of 256 iterations, so it is done every time
// rather than kept; missing lanes compute on zeros.
func iterateWide(lanes []*lane, n int) {
	var w wide
	for column, l := range lanes {
		for row := range 8 {
			w.inner[arranged[row]][column] = l.inner[row]
			w.outer[arranged[row]][column] = l.outer[row]
			w.sum[row][column] = l.sum[row]
			w.words[row][column] = l.words[row]
		}
	}
	iterate16(&w, n)
	for column, l := range lanes {
		for row := range 8 {
			l.sum[row] = w.sum[row][column]
			l.words[row] = w.words[row][column]
		}
	}
	w = wide{} // the states are as good as the password to whoever guesses it
}

//go:noescape
func iterate16(w *wide, n int)
