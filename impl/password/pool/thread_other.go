//go:build !linux

package pool

// standBack does nothing: only Linux has a priority for each thread.
func standBack(int) {}
