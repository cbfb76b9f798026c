// Package runtimetune suits Go's runtime to a small server that hashes, and to the
// limits of its container: the garbage collector, and how many threads run Go code at
// once. It also knows how many files the process may open.
//
// It alone changes the process, and only when serve calls it: reading settings and
// every other command leave the process as it was. It knows nothing of settings or
// of what is served, only numbers.
package runtimetune
