package cgroup

import (
	"path"
	"slices"
	"strconv"
	"strings"
)

// folders is where the files of a controller are: in that of the process's own group
// first, then in those above it as far as they can be seen. It is of version 1 where
// that has the controller, as the kernel gives each to one version only.
func folders(controller string, groups, mounts []string) []folder {
	version, group, found := 0, "", false
	for _, line := range groups {
		fields := strings.SplitN(line, ":", 3)
		switch {
		case len(fields) < 3:
		case fields[0] == "0" && fields[1] == "" && version == 0:
			version, group, found = 2, fields[2], true
		case slices.Contains(strings.Split(fields[1], ","), controller):
			version, group, found = 1, fields[2], true
		}
	}
	if !found {
		return nil
	}
	mounted, ok := mountOf(controller, version, group, mounts)
	if !ok {
		return nil
	}
	return mounted.upFrom(group, version)
}

// mount is where a part of a hierarchy can be seen.
type mount struct {
	root  string // the group that is seen
	point string // where
}

// mountOf finds the hierarchy in which a group is, at best mounted so that the group is
// below the mount's root. A container may see other parts of it too.
func mountOf(controller string, version int, group string, mounts []string) (best mount, found bool) {
	for _, line := range mounts {
		// See proc_pid_mountinfo(5): the number of fields before " - " varies.
		before, after, ok := strings.Cut(line, " - ")
		where, what := strings.Fields(before), strings.Fields(after)
		if !ok || len(where) < 5 || len(what) < 3 {
			continue
		}
		of := what[0] == "cgroup2" && version == 2 ||
			what[0] == "cgroup" && version == 1 && slices.Contains(strings.Split(what[2], ","), controller)
		m := mount{root: unescape(where[3]), point: unescape(where[4])}
		if of && (!found || !best.sees(group) && m.sees(group)) {
			best, found = m, true
		}
	}
	return best, found
}

// sees reports whether the group is the mount's root or below it.
func (m mount) sees(group string) bool {
	return m.root == "/" || group == m.root || strings.HasPrefix(group, m.root+"/")
}

// upFrom is the folders from the group's up to the mount's own. A group that the mount
// does not show, as one in another namespace (/../…), counts as the mount's root: a
// container's is mounted so.
func (m mount) upFrom(group string, version int) (all []folder) {
	below := ""
	if m.sees(group) && !slices.Contains(strings.Split(group, "/"), "..") {
		below = strings.TrimPrefix(group, strings.TrimSuffix(m.root, "/"))
	}
	top := path.Join("/", m.point)
	for name := path.Join(top, below); ; name = path.Dir(name) {
		all = append(all, folder{strings.TrimPrefix(name, "/"), version})
		if len(name) <= len(top) {
			return all
		}
	}
}

// unescape is for what mountinfo writes as a backslash and three octal digits: space,
// tab, newline and backslash.
func unescape(s string) string {
	for _, code := range []string{"040", "011", "012", "134"} {
		n, _ := strconv.ParseUint(code, 8, 8) // they are numbers
		s = strings.ReplaceAll(s, `\`+code, string(rune(n)))
	}
	return s
}
