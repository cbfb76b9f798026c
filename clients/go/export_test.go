package restauth

import "time"

// IsOpen lets a test hold the list to the contract.
var IsOpen = isOpen

// WithClock gives New another clock.
func WithClock(now func() time.Time) Option { return func(o *options) { o.now = now } }

// WithTimeout gives New another limit on one request.
func WithTimeout(timeout time.Duration) Option { return func(o *options) { o.timeout = timeout } }
