// Package pool hashes for a gate: in a process of its own that stands back behind
// everything else on the machine, and where none can be had in this one.
//
// The process is this program, started once more. It has two threads for each slot, as
// gate.Executor says, and a socket for each thread; wire.go says what goes over them. It
// starts with the first job and ends a minute after the last.
//
//	starting ──► now ──► retired ──► ended      idle, or let down to a lower priority
//	                └──► lost ─────► ended      it died, hangs or got nothing of the
//	                                            processors: its jobs go to another
//
// A job is given to a desk, which there is one of for each thread; it lies there until
// somebody takes it: the thread's seat in the process that is there now, or, where there
// is none and will be none, a thread of this process. A job whose process died goes back
// to its desk, but only once.
//
// The Pool's lock guards all of this. What is done is handed over without it.
package pool
