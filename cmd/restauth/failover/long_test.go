//go:build linux && galera

package failover

import "time"

const (
	short   = false
	timeout = 800 * time.Millisecond // as it is unless somebody sets another
)
