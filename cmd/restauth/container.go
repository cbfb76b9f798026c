package main

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/restauth/restauth/cmd/restauth/internal/cgroup"
	"github.com/restauth/restauth/cmd/restauth/internal/runtimetune"
	"github.com/restauth/restauth/impl/password/pool"
)

// limitsEvery is how often the container's limits are read again: they may be changed
// while it runs.
const limitsEvery = time.Second

// container is what the control groups let the server take, kept up to date.
type container struct {
	read    func() cgroup.Limits
	now     atomic.Pointer[cgroup.Limits]
	log     *slog.Logger
	cores   int  // that there are, or that the operator allows
	hashing int  // of those, for hashing
	threads int  // as many hash at once
	fixed   bool // GOMAXPROCS is the operator's
	bounded bool // and GOMEMLIMIT
}

// contain suits the process to its container, and threads says how many of so many
// cores hash.
func contain(w world, threads func(cores int) int, log *slog.Logger) *container {
	set := func(name string) bool {
		return slices.ContainsFunc(w.env, func(entry string) bool { return strings.HasPrefix(entry, name+"=") })
	}
	c := &container{read: w.limits, log: log, cores: w.cores, fixed: set("GOMAXPROCS"), bounded: set("GOMEMLIMIT")}
	if c.read == nil {
		c.read = func() cgroup.Limits { return cgroup.Limits{} }
	}
	limits := c.read()
	// More at once would use the quota up sooner, and not be done sooner.
	c.hashing = runtimetune.CoresOf(limits.CPU, c.cores)
	c.threads = threads(c.hashing)
	c.apply(limits)
	return c
}

// memory is in bytes, 0 for none.
func (c *container) memory() int64 { return c.now.Load().Memory }

// quota is of processor time.
func (c *container) quota() pool.Quota {
	limits := c.now.Load()
	return pool.Quota{Cores: limits.CPU, Period: limits.Period, Group: limits.Group}
}

// coresUnder is how many cores Go is to use of those that there are.
func (c *container) coresUnder(quota float64) int {
	if c.fixed {
		return c.cores
	}
	return runtimetune.CoresUnder(quota, c.cores)
}

// room is for how many threads that hash Go's scheduler is to have place beside those: for
// none under a quota, which is kept by stopping the hashing process. Each place more is one
// that is woken to look for work when a request comes, and that is the quota's time.
func (c *container) room(quota float64) int {
	if quota > 0 && quota < float64(c.cores) {
		return 0
	}
	return c.threads
}

func (c *container) apply(limits cgroup.Limits) {
	c.now.Store(&limits)
	runtimetune.MakeRoom(c.coresUnder(limits.CPU), c.room(limits.CPU))
	if !c.bounded {
		runtimetune.LimitMemory(limits.Memory)
	}
}

// follow reads the limits again until ctx ends.
func (c *container) follow(ctx context.Context) {
	ticker := time.NewTicker(limitsEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if limits := c.read(); limits != *c.now.Load() {
			c.log.Info("the container's limits have changed", "cores", limits.CPU, "memory_mib", limits.Memory>>20)
			c.apply(limits)
		}
	}
}
