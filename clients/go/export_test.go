package restauth

import "time"

// IsOpen lets a test hold the list to the contract.
var IsOpen = isOpen

// WithClock gives New another clock.
func WithClock(now func() time.Time) Option { return func(o *options) { o.now = now } }

// Waiting is how many callers wait for c's login that is under way.
func Waiting(c *Client) int {
	c.session.mu.Lock()
	defer c.session.mu.Unlock()
	if c.session.flight == nil {
		return 0
	}
	return c.session.flight.waiting
}

// WithTimeout gives New another limit on one request.
func WithTimeout(timeout time.Duration) Option { return func(o *options) { o.timeout = timeout } }
