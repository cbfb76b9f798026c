// Package cgroup reads what the control groups that this process is in let it take of
// processors and memory: what Docker, Kubernetes, systemd and compose call limits.
//
// Both versions are read, and every group from the process's own up to the topmost that
// can be seen: the least limit wins, as it does in the kernel. It reads files and changes
// nothing. Where there are no control groups there are no limits.
//
// The files are those of cgroups(7), proc_pid_mountinfo(5) and Linux's
// Documentation/admin-guide/cgroup-v2.rst and cgroup-v1.
package cgroup
