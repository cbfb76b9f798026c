package doctor

// uuids tells in which order the bytes of a table's UUIDs are: their own (RFC 9562), or
// that of MySQL's UUID_TO_BIN(..., 1), which begins with the time's high bits.
type uuids struct {
	all      int64
	begin    int64     // that have the version of a time at the beginning, 1
	versions [16]int64 // what stands where the version is otherwise
}

func (u *uuids) add(key []byte) {
	u.all++
	if key[0]>>4 == 1 && key[8]>>6 == 2 {
		u.begin++
	}
	u.versions[key[6]>>4]++
}

// swapped reports that all begin as swapped ones do, and have different bits where all
// would have one version otherwise.
func (u *uuids) swapped() bool {
	if u.all == 0 || u.begin != u.all {
		return false
	}
	for version, n := range u.versions {
		if n == u.all {
			return version == 0 || version > 8
		}
	}
	return true
}
