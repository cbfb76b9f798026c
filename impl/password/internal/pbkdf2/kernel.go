//go:build !purego && (amd64 || arm64)

package pbkdf2

// narrowLanes keep the SHA unit busy; more would only make each other wait.
const narrowLanes = 4

// iterateNarrow advances lanes by n iterations each, n at least 1, four lanes
// at a time.
func iterateNarrow(lanes []*lane, n int) {
	for ; len(lanes) >= narrowLanes; lanes = lanes[narrowLanes:] {
		iterate4(lanes[0], lanes[1], lanes[2], lanes[3], n)
	}
	switch len(lanes) {
	case 1:
		iterate1(lanes[0], n)
	case 2:
		iterate2(lanes[0], lanes[1], n)
	case 3:
		iterate3(lanes[0], lanes[1], lanes[2], n)
	}
}

//go:noescape
func iterate1(a *lane, n int)

//go:noescape
func iterate2(a, b *lane, n int)

//go:noescape
func iterate3(a, b, c *lane, n int)

//go:noescape
func iterate4(a, b, c, d *lane, n int)
