package cgroup

import (
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"
)

// Limits is what a process and all others in its groups may take together.
type Limits struct {
	CPU    float64       // cores, on the average of a period; 0 is no limit
	Period time.Duration // of that limit
	Group  string        // whose limit it is, for Periods
	Memory int64         // bytes; 0 is no limit
}

// unlimited is what version 1 says in bytes where there is no limit, or a little less
// when pages are large.
const unlimited = 1 << 60

// Read returns the limits of this process. root is the file system, as os.DirFS("/")
// has it. What cannot be read limits nothing.
func Read(root fs.FS) Limits {
	groups, mounts := lines(root, "proc/self/cgroup"), lines(root, "proc/self/mountinfo")
	var least Limits
	for _, folder := range folders("cpu", groups, mounts) {
		if cores, period := folder.cpu(root); cores != 0 && lesser(least.CPU, cores) == cores {
			least.CPU, least.Period, least.Group = cores, period, folder.name
		}
	}
	for _, folder := range folders("memory", groups, mounts) {
		least.Memory = lesser(least.Memory, folder.memory(root))
	}
	return least
}

// lesser is the smaller of two limits, of which 0 is none.
func lesser[T int64 | float64](a, b T) T {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}

// folder is where a group's files are.
type folder struct {
	name    string
	version int
}

// Periods is how many periods of a limit of processor time the kernel has counted in a
// group that Read named, and false where that cannot be read. It counts while something in
// the group runs.
func Periods(root fs.FS, group string) (n uint64, ok bool) {
	content, err := fs.ReadFile(root, path.Join(group, "cpu.stat"))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(content)) {
		if count, found := strings.CutPrefix(strings.TrimSpace(line), "nr_periods "); found {
			n, err = strconv.ParseUint(count, 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}

// cpu is the group's limit in cores, or 0, and the period in which it is counted.
func (f folder) cpu(root fs.FS) (cores float64, period time.Duration) {
	var quota, length string
	if f.version == 2 {
		quota, length, _ = strings.Cut(f.read(root, "cpu.max"), " ")
	} else {
		quota, length = f.read(root, "cpu.cfs_quota_us"), f.read(root, "cpu.cfs_period_us")
	}
	may, err := strconv.ParseInt(quota, 10, 64) // "max" and -1 are no limit
	every, errPeriod := strconv.ParseInt(length, 10, 64)
	if err != nil || errPeriod != nil || may <= 0 || every <= 0 {
		return 0, 0
	}
	return float64(may) / float64(every), time.Duration(every) * time.Microsecond
}

// memory is the group's limit in bytes, or 0. Over memory.high a group is slowed down
// until it hardly moves, which is a limit too.
func (f folder) memory(root fs.FS) int64 {
	if f.version == 2 {
		return lesser(f.bytes(root, "memory.max"), f.bytes(root, "memory.high"))
	}
	return f.bytes(root, "memory.limit_in_bytes")
}

func (f folder) bytes(root fs.FS, file string) int64 {
	n, err := strconv.ParseInt(f.read(root, file), 10, 64) // "max" is no limit
	if err != nil || n <= 0 || n >= unlimited {
		return 0
	}
	return n
}

func (f folder) read(root fs.FS, file string) string {
	content, err := fs.ReadFile(root, path.Join(f.name, file))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(content))
}

func lines(root fs.FS, file string) []string {
	content, err := fs.ReadFile(root, file)
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimSpace(string(content)), "\n")
}
