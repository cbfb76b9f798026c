//go:build !linux

package account

import "time"

func sleepUntil(end time.Time) { time.Sleep(time.Until(end)) }
