package doctor

// uuids tells in which order the bytes of a table's UUIDs are: their own (RFC 9562), or
// that of MySQL's UUID_TO_BIN(..., 1), which begins with the time's high bits.
type uuids struct {
	all      int64
	begin    int64 // first byte 0x11: the version and time of version 1, from 1996 to 2040
	versions [16]int64
}

func (u *uuids) add(key []byte) {
	u.all++
	if key[0] == 0x11 && key[8]>>6 == 2 {
		u.begin++
	}
	u.versions[key[6]>>4]++
}

// swapped reports that all begin as swapped ones do, which of others one in 256 does, and
// have all kinds of bits where the version would be.
func (u *uuids) swapped() bool {
	if u.all == 0 || u.begin != u.all {
		return false
	}
	for _, n := range u.versions {
		if n == u.all && u.all > 1 {
			return false
		}
	}
	return true
}
