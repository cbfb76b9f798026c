package metrics

import (
	"database/sql"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Sources are asked for what they have counted whenever Prometheus comes. Each may be
// nil, and may be called at any time.
type Sources struct {
	Hashing func() Hashing
	Tokens  func() Tokens
	Caches  func() []Cache
	Pools   func() []Pool
	// UsersUp reports whether the user table can be read.
	UsersUp func() bool
	// StateLag is for how long restauth's own database has not been in step with this
	// process, 0 while it is; nil where there is none.
	StateLag func() time.Duration
}

// Hashing is what verifying passwords takes.
type Hashing struct {
	Waiting, Running int
	// Done is how many have ended, Work the processor time that they took, and Within
	// how many took no longer than each of some bounds.
	Done   uint64
	Work   time.Duration
	Within map[time.Duration]uint64
}

// Tokens is what came of the tokens that were verified.
type Tokens struct {
	// Own is how many were good and have our claims, and Legacy how many were good and
	// have those of Flask-JWT alone.
	Own, Legacy uint64
	// Refused is how many were not, by reason: a closed list.
	Refused map[string]uint64
}

// Cache is what was looked up in memory.
type Cache struct {
	Name         string
	Hits, Misses uint64
	Entries      int
}

// Pool is how the connections to a database are used.
type Pool struct {
	Name  string
	Stats sql.DBStats
}

// Collect has the sources asked. Call it once.
func (m *Metrics) Collect(sources Sources) { m.registry.MustRegister(newCollector(sources)) }

// collector implements prometheus.Collector.
type collector struct {
	Sources
	all []*prometheus.Desc

	hashing, waiting, running                        *prometheus.Desc
	verifications, claims                            *prometheus.Desc
	lookups, entries                                 *prometheus.Desc
	connections, mostConnections, waits, waitSeconds *prometheus.Desc
	usersUp, stateLag                                *prometheus.Desc
}

func newCollector(sources Sources) *collector {
	c := &collector{Sources: sources}
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		d := prometheus.NewDesc(name, help, labels, nil)
		c.all = append(c.all, d)
		return d
	}
	const pool = "db_client_connection_pool_name"
	c.hashing = desc("restauth_password_hashing_seconds", "Processor time of one verification of a password.")
	c.waiting = desc("restauth_password_waiting", "Logins that wait for a processor to verify their password.")
	c.running = desc("restauth_password_running", "Logins whose password is being verified.")
	c.verifications = desc("restauth_token_verifications_total", "Tokens that were verified, by outcome: accepted, or why not.", "outcome")
	c.claims = desc("restauth_token_claims_total", "Tokens that were accepted, by whose claims they have: own, or legacy for Flask-JWT's alone.", "claims")
	c.lookups = desc("restauth_cache_lookups_total", "What was looked up in memory, by whether it was there.", "cache", "result")
	c.entries = desc("restauth_cache_entries", "What is remembered.", "cache")
	c.connections = desc("db_client_connections", "Connections to a database, by what they do.", pool, "db_client_connection_state")
	c.mostConnections = desc("db_client_connection_max", "Connections that there may be to a database.", pool)
	c.waits = desc("restauth_db_waits_total", "Questions that waited for a connection to be free.", pool)
	c.waitSeconds = desc("restauth_db_wait_seconds_total", "How long they waited, together.", pool)
	c.usersUp = desc("restauth_users_up", "1 while the user table can be read, else 0.")
	c.stateLag = desc("restauth_state_lag_seconds", "For how long restauth's own database has not been in step with this process.")
	return c
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range c.all {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	count := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, value, labels...)
	}
	if c.Hashing != nil {
		c.collectHashing(out, gauge)
	}
	if c.Tokens != nil {
		c.collectTokens(count)
	}
	if c.Caches != nil {
		for _, cache := range c.Caches() {
			count(c.lookups, float64(cache.Hits), cache.Name, "hit")
			count(c.lookups, float64(cache.Misses), cache.Name, "miss")
			gauge(c.entries, float64(cache.Entries), cache.Name)
		}
	}
	if c.Pools != nil {
		c.collectPools(gauge, count)
	}
	if c.UsersUp != nil {
		up := 0.
		if c.UsersUp() {
			up = 1
		}
		gauge(c.usersUp, up)
	}
	if c.StateLag != nil {
		gauge(c.stateLag, c.StateLag().Seconds())
	}
}

// tell passes a value on under its labels.
type tell func(d *prometheus.Desc, value float64, labels ...string)

func (c *collector) collectHashing(out chan<- prometheus.Metric, gauge tell) {
	h := c.Hashing()
	within := make(map[float64]uint64, len(h.Within))
	for bound, n := range h.Within {
		within[bound.Seconds()] = n
	}
	out <- prometheus.MustNewConstHistogram(c.hashing, h.Done, h.Work.Seconds(), within)
	gauge(c.waiting, float64(h.Waiting))
	gauge(c.running, float64(h.Running))
}

func (c *collector) collectTokens(count tell) {
	t := c.Tokens()
	count(c.verifications, float64(t.Own+t.Legacy), "accepted")
	for reason, n := range t.Refused {
		count(c.verifications, float64(n), reason)
	}
	count(c.claims, float64(t.Legacy), "legacy")
	count(c.claims, float64(t.Own), "own")
}

func (c *collector) collectPools(gauge, count tell) {
	for _, pool := range c.Pools() {
		gauge(c.connections, float64(pool.Stats.InUse), pool.Name, "used")
		gauge(c.connections, float64(pool.Stats.Idle), pool.Name, "idle")
		gauge(c.mostConnections, float64(pool.Stats.MaxOpenConnections), pool.Name)
		count(c.waits, float64(pool.Stats.WaitCount), pool.Name)
		count(c.waitSeconds, pool.Stats.WaitDuration.Seconds(), pool.Name)
	}
}
