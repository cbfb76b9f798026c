// Package logs writes the server's log.
//
// It promises that no line is dropped or cut, that a line of a request that went
// well waits a tenth of a second at most for others to be written with it, and that
// anything worse than that is written at once. Lines that wait are lost when the
// process is killed; Flush writes them out at an end of any other kind. What is
// worth a line, and what no line may hold, is its callers' business.
package logs
