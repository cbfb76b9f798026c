package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/restauth/restauth/bench/load"
)

// guardedEvery is how often the one guarded client of a container asks.
const guardedEvery = 5 * time.Millisecond

// quotas are the containers that are measured, in cores.
func quotas() []float64 { return []float64{2, 1, 0.5} }

// quota measures what logins do to guarded requests in a container with a limit.
func (b *bench) quota(ctx context.Context) error {
	groups, err := openGroups()
	if err != nil {
		b.unmeasured = append(b.unmeasured, fmt.Sprintf("Containers were not measured: %v.", err))
		return nil
	}
	for _, cores := range quotas() {
		if err := b.quotaOf(ctx, groups, cores); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) quotaOf(ctx context.Context, groups groups, cores float64) error {
	name := strconv.FormatFloat(cores, 'g', -1, 64)
	limits, err := groups.limited("restauth-bench-"+strconv.Itoa(os.Getpid())+"-"+name, cores)
	if err != nil {
		return err
	}
	defer limits.remove()
	s, err := b.start(ctx, onSQLite, "restauth-quota-"+name, func(address string) *exec.Cmd {
		// A program that starts in the group reads the limit as in a container.
		cmd := exec.Command("/bin/sh", "-c", `echo $$ > "$0" && exec "$@"`, filepath.Join(limits.folder, "cgroup.procs"),
			b.program("restauth"), "serve", "--listen", address, "--users", "sqlite:"+b.file("small.db"), "--drain-delay", "0s")
		cmd.Args = append(cmd.Args, b.opts.serve...)
		cmd.Env = []string{"RESTAUTH_SECRET_KEY=" + b.people.secret}
		return cmd
	})
	if err != nil {
		return err
	}
	for range b.opts.rounds {
		if err := b.contained(ctx, s, limits, cores, "quota "+name); err != nil {
			return fmt.Errorf("quota of %s: %w", name, err)
		}
	}
	return s.process.stop()
}

// contained is a round: the guarded client alone, then beside logins. What hashing can
// do with processor time it shows on a server without limits.
func (b *bench) contained(ctx context.Context, s *server, limits limitedGroup, cores float64, name string) error {
	_, logins := b.stormPlans(s)
	free := logins
	free.Target = b.running[onSQLite].target
	gate, err := b.alone(ctx, b.running[onSQLite], free)
	if err != nil {
		return err
	}
	calm, idle, err := b.pacedIn(ctx, s, limits, nil)
	if err != nil {
		return err
	}
	var result *load.Result
	stormy, during, err := b.pacedIn(ctx, s, limits, func() (err error) {
		result, err = load.Run(ctx, logins)
		return err
	})
	if err != nil {
		return err
	}
	// On a machine with no more cores than the quota the load generator takes its part.
	rest := min(cores-idle.server, float64(runtime.NumCPU())-idle.server-(during.cores-during.server))
	b.note(name+" p99 idle", s.column, milliseconds(calm, 0.99))
	b.note(name+" p99", s.column, milliseconds(stormy, 0.99))
	b.note(name+" p99 ratio", s.column, milliseconds(stormy, 0.99)/milliseconds(calm, 0.99))
	b.note(name+" logins", s.column, result.Rate(200))
	b.note(name+" logins kept", s.column, result.Rate(200)/(rest*gate))
	b.note(name+" throttled", s.column, during.throttled)
	b.refusals(name, s.column, result)
	if b.opts.verbose {
		b.say("  of %g cores: server %.3f idle and %.3f in the storm, hashing %.3f, others %.3f; logins per second of hashing %.1f",
			cores, idle.server, during.server-during.hashing, during.hashing, during.cores-during.server, gate)
	}
	return nil
}

// alone is how many logins a server without limits answers for a second of processor
// time, of its own and of hashing, when it has nothing else to do.
func (b *bench) alone(ctx context.Context, s *server, logins load.Plan) (float64, error) {
	before, err := serverSeconds(s)
	if err != nil {
		return 0, err
	}
	result, err := b.run(ctx, s, logins)
	after, errAfter := serverSeconds(s)
	// Those of the warm-up, and those that were owed, took time too.
	return float64(result.Latency(200).Count()) * (1 + b.opts.warmup.Seconds()/b.opts.storm.Seconds()) / (after - before), errors.Join(err, errAfter)
}

// serverSeconds is the processor time of a server and its hashing processes so far.
func serverSeconds(s *server) (seconds float64, err error) {
	members, err := tree(s.process.cmd.Process.Pid)
	for _, member := range members {
		seconds += float64(member.ticks) / ticksPerSecond
	}
	return seconds, err
}

// inGroup is what a server in a group used on the average.
type inGroup struct {
	usage
	server    float64 // cores, the hashing process included
	throttled float64 // the part of the periods in which it was stopped
}

// pacedIn runs the guarded client, and beside it what else there is.
func (b *bench) pacedIn(ctx context.Context, s *server, limits limitedGroup, beside func() error) (h *load.Histogram, u inGroup, err error) {
	var (
		others         sync.WaitGroup
		failed, unread error
		before, after  inGroup
	)
	if beside != nil {
		others.Go(func() { failed = beside() })
	}
	others.Go(func() {
		early := sleep(ctx, b.opts.warmup)
		start := time.Now()
		var errBefore, errAfter error
		before, errBefore = limits.used(s)
		late := sleep(ctx, b.opts.storm)
		after, errAfter = limits.used(s)
		took := time.Since(start).Seconds()
		u = inGroup{
			usage{(after.cores - before.cores) / took, (after.hashing - before.hashing) / took},
			(after.server - before.server) / took, 0,
		}
		unread = errors.Join(early, errBefore, late, errAfter)
	})
	periods, stopped, errStat := limits.periods()
	h, err = load.Paced(ctx, s.target, b.requests[0], guardedEvery, b.opts.warmup, b.opts.storm)
	others.Wait()
	periodsAfter, stoppedAfter, errStatAfter := limits.periods()
	if n := periodsAfter - periods; n > 0 {
		u.throttled = (stoppedAfter - stopped) / n
	}
	return h, u, errors.Join(err, failed, unread, errStat, errStatAfter)
}

// groups is where control groups with a limit of processor time can be made.
type groups struct {
	folder  string
	version int
}

// group is one of them.
type limitedGroup struct {
	groups
}

// openGroups finds the hierarchy, or says why there is none to write to.
func openGroups() (groups, error) {
	if os.Geteuid() != 0 {
		return groups{}, errors.New("control groups can be made by root alone")
	}
	for _, g := range []groups{{"/sys/fs/cgroup", 2}, {"/sys/fs/cgroup/cpu", 1}, {"/sys/fs/cgroup/cpu,cpuacct", 1}} {
		file, has := "cgroup.controllers", false
		if g.version == 1 {
			file = "cpu.cfs_quota_us"
		}
		if g.version == 1 {
			g.folder = filepath.Join(g.folder, ownGroup())
		}
		content, err := os.ReadFile(filepath.Join(g.folder, file))
		if has = err == nil; has && g.version == 2 {
			has = slices.Contains(strings.Fields(string(content)), "cpu")
		}
		if has {
			probe := filepath.Join(g.folder, "restauth-bench-probe-"+strconv.Itoa(os.Getpid()))
			if err := os.Mkdir(probe, 0o755); err != nil {
				return groups{}, fmt.Errorf("no control group can be made: %w", err)
			}
			return g, os.Remove(probe)
		}
	}
	return groups{}, errors.New("there is no hierarchy of control groups with processor time")
}

// limited makes a group of so many cores.
func (g groups) limited(name string, cores float64) (made limitedGroup, err error) {
	made = limitedGroup{groups{filepath.Join(g.folder, name), g.version}}
	quota := strconv.Itoa(int(cores * 100_000))
	if g.version == 2 {
		// Of its processes none may be in the folder above, but root's may.
		if err := os.WriteFile(filepath.Join(g.folder, "cgroup.subtree_control"), []byte("+cpu"), 0o644); err != nil {
			return made, fmt.Errorf("give groups processor time: %w", err)
		}
	}
	if err := os.Mkdir(made.folder, 0o755); err != nil {
		return made, fmt.Errorf("make a control group: %w", err)
	}
	if g.version == 2 {
		err = made.write("cpu.max", quota+" 100000")
	} else {
		err = errors.Join(made.write("cpu.cfs_period_us", "100000"), made.write("cpu.cfs_quota_us", quota))
	}
	if err != nil {
		made.remove()
	}
	return made, err
}

func (g limitedGroup) write(file, content string) error {
	if err := os.WriteFile(filepath.Join(g.folder, file), []byte(content), 0o644); err != nil {
		return fmt.Errorf("limit a control group: %w", err)
	}
	return nil
}

// remove is for a group whose processes have ended; the kernel may take a moment.
func (g limitedGroup) remove() {
	for range 100 {
		if os.Remove(g.folder) == nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// used is the processor time in seconds so far.
func (g limitedGroup) used(s *server) (u inGroup, err error) {
	if u.usage, err = used(s); err != nil {
		return u, err
	}
	u.server, err = serverSeconds(s)
	return u, err
}

// periods is how many there were, and in how many of them the group was stopped.
func (g limitedGroup) periods() (all, throttled float64, err error) {
	content, err := os.ReadFile(filepath.Join(g.folder, "cpu.stat"))
	if err != nil {
		return 0, 0, fmt.Errorf("read a control group: %w", err)
	}
	for line := range strings.Lines(string(content)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, _ := strconv.ParseFloat(value, 64) // it is the kernel's
		switch name {
		case "nr_periods":
			all = n
		case "nr_throttled":
			throttled = n
		}
	}
	return all, throttled, nil
}

// ownGroup is where this program itself is in version 1's hierarchy of processor time.
func ownGroup() string {
	content, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "/"
	}
	for line := range strings.Lines(string(content)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) == 3 && slices.Contains(strings.Split(fields[1], ","), "cpu") {
			return fields[2]
		}
	}
	return "/"
}
