//go:build !linux

package password

// standBack does nothing: only Linux has a priority for each thread.
func standBack(int) {}
