//go:build !linux

package account

import "time"

// sleepUntil may return up to a millisecond late, which hides less: no such system
// is one that servers run on.
func sleepUntil(end time.Time) { time.Sleep(time.Until(end)) }
