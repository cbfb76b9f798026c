//go:build !linux

package runtimetune

// StandBack has every other process of the machine go first, where that can be told of
// one process: here it cannot.
func StandBack() {}
