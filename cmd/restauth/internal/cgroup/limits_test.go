package cgroup

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"
)

// tree makes a file system: the process's two files, and others by name.
func tree(groups, mounts string, files map[string]string) fstest.MapFS {
	made := fstest.MapFS{
		"proc/self/cgroup":    {Data: []byte(groups)},
		"proc/self/mountinfo": {Data: []byte(mounts)},
	}
	for name, content := range files {
		made[strings.TrimPrefix(name, "/")] = &fstest.MapFile{Data: []byte(content + "\n")}
	}
	return made
}

const (
	noBytesV1 = "9223372036854771712"
	mib       = 1 << 20
)

// What systems of both versions have in these files, shortened by hierarchies that
// are not read.
const (
	dockerV1Groups = `12:memory:/docker/6d2a8e0c
4:cpu,cpuacct:/docker/6d2a8e0c
1:name=systemd:/docker/6d2a8e0c
0::/system.slice/containerd.service
`
	dockerV1Mounts = `1166 1162 0:29 /docker/6d2a8e0c /sys/fs/cgroup/systemd ro,nosuid,nodev,noexec,relatime master:11 - cgroup cgroup rw,xattr,name=systemd
1170 1162 0:34 /docker/6d2a8e0c /sys/fs/cgroup/cpu,cpuacct ro,nosuid,nodev,noexec,relatime master:17 - cgroup cgroup rw,cpu,cpuacct
1174 1162 0:38 /docker/6d2a8e0c /sys/fs/cgroup/memory ro,nosuid,nodev,noexec,relatime master:21 - cgroup cgroup rw,memory
`
	// In a namespace of its own, Docker's default on version 2, the group is the root.
	dockerV2Groups = "0::/\n"
	dockerV2Mounts = `690 682 0:66 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
694 691 0:27 / /sys/fs/cgroup ro,nosuid,nodev,noexec,relatime - cgroup2 cgroup rw,nsdelegate,memory_recursiveprot
`
	// Kubernetes with containerd, version 1 and no namespace.
	kubeV1Groups = `11:cpu,cpuacct:/kubepods/burstable/pod7f8e/3c1b
10:memory:/kubepods/burstable/pod7f8e/3c1b
`
	kubeV1Mounts = `2208 2200 0:33 /kubepods/burstable/pod7f8e/3c1b /sys/fs/cgroup/cpu,cpuacct ro,nosuid,nodev,noexec,relatime master:15 - cgroup cgroup rw,cpu,cpuacct
2209 2200 0:35 /kubepods/burstable/pod7f8e/3c1b /sys/fs/cgroup/memory ro,nosuid,nodev,noexec,relatime master:18 - cgroup cgroup rw,memory
`
	// A service of systemd on the host, version 2: slices above it are seen.
	systemdGroups = "0::/system.slice/restauth.service\n"
	systemdMounts = "35 24 0:30 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n"
	// systemd's hybrid: controllers in version 1, and version 2 beside them.
	hybridGroups = `9:name=systemd:/
4:memory:/own
2:cpuacct:/
1:cpu:/own
0::/
`
	hybridMounts = `31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`
)

// TestRead on the trees of the systems that set limits.
func TestRead(t *testing.T) {
	const (
		root  = "/sys/fs/cgroup/"
		usual = 100 * time.Millisecond
	)
	for _, test := range []struct {
		name           string
		groups, mounts string
		files          map[string]string
		want           Limits
	}{
		{"nothing at all", "", "", nil, Limits{}},
		{"docker, version 1", dockerV1Groups, dockerV1Mounts, map[string]string{
			root + "cpu,cpuacct/cpu.cfs_quota_us":  "150000",
			root + "cpu,cpuacct/cpu.cfs_period_us": "100000",
			root + "memory/memory.limit_in_bytes":  "268435456",
		}, Limits{CPU: 1.5, Period: usual, Group: "sys/fs/cgroup/cpu,cpuacct", Memory: 256 * mib}},
		{"docker, version 1, without limits", dockerV1Groups, dockerV1Mounts, map[string]string{
			root + "cpu,cpuacct/cpu.cfs_quota_us":  "-1",
			root + "cpu,cpuacct/cpu.cfs_period_us": "100000",
			root + "memory/memory.limit_in_bytes":  noBytesV1,
		}, Limits{}},
		{"docker, version 2", dockerV2Groups, dockerV2Mounts, map[string]string{
			root + "cpu.max": "50000 100000", root + "memory.max": "134217728", root + "memory.high": "max",
		}, Limits{CPU: .5, Period: usual, Group: "sys/fs/cgroup", Memory: 128 * mib}},
		{"docker, version 2, without limits", dockerV2Groups, dockerV2Mounts, map[string]string{
			root + "cpu.max": "max 100000", root + "memory.max": "max", root + "memory.high": "max",
		}, Limits{}},
		{"kubernetes, version 1", kubeV1Groups, kubeV1Mounts, map[string]string{
			root + "cpu,cpuacct/cpu.cfs_quota_us":  "200000",
			root + "cpu,cpuacct/cpu.cfs_period_us": "100000",
			root + "memory/memory.limit_in_bytes":  "536870912",
		}, Limits{CPU: 2, Period: usual, Group: "sys/fs/cgroup/cpu,cpuacct", Memory: 512 * mib}},
		{"systemd: the slice has less", systemdGroups, systemdMounts, map[string]string{
			root + "system.slice/restauth.service/cpu.max":     "200000 100000",
			root + "system.slice/cpu.max":                      "75000 50000",
			root + "system.slice/restauth.service/memory.max":  "1073741824",
			root + "system.slice/restauth.service/memory.high": "805306368",
			root + "system.slice/memory.max":                   "max",
		}, Limits{CPU: 1.5, Period: usual / 2, Group: "sys/fs/cgroup/system.slice", Memory: 768 * mib}},
		{"hybrid", hybridGroups, hybridMounts, map[string]string{
			root + "cpu/own/cpu.cfs_quota_us":         "25000",
			root + "cpu/own/cpu.cfs_period_us":        "100000",
			root + "cpu/cpu.cfs_quota_us":             "-1",
			root + "cpu/cpu.cfs_period_us":            "100000",
			root + "memory/own/memory.limit_in_bytes": noBytesV1,
			root + "memory/memory.limit_in_bytes":     "2147483648",
			root + "unified/cpu.max":                  "1000 100000", // of the other version: nobody's
		}, Limits{CPU: .25, Period: usual, Group: "sys/fs/cgroup/cpu/own", Memory: 2048 * mib}},
		{"the process came from another namespace", "0::/../../kubepods.slice/pod1\n", dockerV2Mounts, map[string]string{
			root + "cpu.max": "50000 100000",
		}, Limits{CPU: .5, Period: usual, Group: "sys/fs/cgroup"}},
		{"the group is not where the mount begins", dockerV1Groups,
			strings.ReplaceAll(dockerV1Mounts, "/docker/6d2a8e0c", "/docker/0000"), map[string]string{
				root + "cpu,cpuacct/cpu.cfs_quota_us":  "50000",
				root + "cpu,cpuacct/cpu.cfs_period_us": "100000",
			}, Limits{CPU: .5, Period: usual, Group: "sys/fs/cgroup/cpu,cpuacct"}},
		{"mounted twice, the group seen in the second", "0::/a/b\n",
			"1 1 0:27 /else /x rw - cgroup2 cgroup rw\n2 1 0:27 /a /y\\040z rw shared:1 master:2 - cgroup2 cgroup rw\n", map[string]string{
				"/x/cpu.max":     "10000 100000",
				"/y z/b/cpu.max": "300000 100000", "/y z/cpu.max": "200000 100000",
			}, Limits{CPU: 2, Period: usual, Group: "y z"}},
		{"malformed", "0::\nx\n:::\n", "a b\n1 2 3 4 - cgroup2\n- -\n" + dockerV2Mounts, map[string]string{
			root + "cpu.max": "50000", root + "memory.max": "lots",
		}, Limits{}},
		{"nonsense values", dockerV2Groups, dockerV2Mounts, map[string]string{
			root + "cpu.max": "0 100000", root + "memory.max": "-5", root + "memory.high": "0",
		}, Limits{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Read(tree(test.groups, test.mounts, test.files)); got != test.want {
				t.Errorf("Read() = %+v, want %+v", got, test.want)
			}
		})
	}
}

// TestPeriods are read where they are counted, as either version writes them.
func TestPeriods(t *testing.T) {
	for content, want := range map[string]struct {
		n  uint64
		ok bool
	}{
		"nr_periods 6102\nnr_throttled 1193\nthrottled_time 11119381":                                      {6102, true},
		"usage_usec 5152\nuser_usec 10\nsystem_usec 5142\nnr_periods 18446744073709551615\nnr_throttled 0": {1<<64 - 1, true},
		"usage_usec 5152\nuser_usec 10\nsystem_usec 5142":                                                  {0, false},
		"nr_periods many\n": {0, false},
		"":                  {0, false},
	} {
		root := fstest.MapFS{"a b/cpu.stat": {Data: []byte(content)}}
		if n, ok := Periods(root, "a b"); n != want.n || ok != want.ok {
			t.Errorf("of %q: Periods() = %d, %v, want %d, %v", content, n, ok, want.n, want.ok)
		}
		if n, ok := Periods(root, "b"); n != 0 || ok {
			t.Errorf("of a group that is not there: Periods() = %d, %v", n, ok)
		}
	}
}

// TestReadOfThisProcess: nothing less than nothing, whatever system this is.
func TestReadOfThisProcess(t *testing.T) {
	if got := Read(os.DirFS("/")); got.CPU < 0 || got.Memory < 0 {
		t.Errorf("Read() = %+v, want no limit or one", got)
	}
}

// FuzzRead: whatever stands in the files, it ends, and reads below the root only.
func FuzzRead(f *testing.F) {
	f.Add(dockerV1Groups, dockerV1Mounts)
	f.Add(systemdGroups, systemdMounts)
	f.Add("0::/a\n", "1 1 0:1 / / rw - cgroup2 x rw\n")
	f.Add("0::/../..\n", "1 1 0:1 /.. /.. rw - cgroup2 x rw\n")
	f.Fuzz(func(t *testing.T, groups, mounts string) {
		for _, controller := range []string{"cpu", "memory"} {
			for _, found := range folders(controller, strings.Split(groups, "\n"), strings.Split(mounts, "\n")) {
				if found.name != "" && !fs.ValidPath(found.name) && utf8.ValidString(found.name) {
					t.Errorf("folders() has %q", found.name)
				}
			}
		}
	})
}
