//go:build !unix

package runtimetune

// Descriptors is 0: the system has no limit that could be asked for.
func Descriptors() int { return 0 }
