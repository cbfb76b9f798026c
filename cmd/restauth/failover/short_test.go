//go:build linux && !galera

package failover

import "time"

// short is the part that make test has time for: two faults, and a time-out that a
// machine busy with other tests keeps.
const (
	short   = true
	timeout = 2 * time.Second
)
