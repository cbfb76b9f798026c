// Package pbkdf2 derives 32-byte keys with PBKDF2-HMAC-SHA256 (RFC 8018 §5.2)
// as fast as the CPU allows, several keys at once.
//
// One derivation is a chain: every round of SHA-256 waits for the one before,
// and most of the CPU idles in between. Jobs interleaved on one core fill it,
// so that a key costs less among others than alone. Up to four share the SHA
// instructions of amd64 and arm64; nine to sixteen share AVX-512's registers,
// a lane each. Where the CPU lacks the SHA instructions, on other architectures
// and under the purego build tag, crypto/hmac does the work, at crypto/pbkdf2's
// speed. The keys are the same everywhere.
//
// Medians of BenchmarkKey for one key of 150,000 iterations, on one core of an EPYC
// with both (Go 1.26):
//
//	crypto/pbkdf2      22.0 ms
//	one job alone      10.2 ms  2.2 times as fast
//	two together        6.4 ms  3.4
//	four together       5.1 ms  4.3
//	sixteen together    3.4 ms  6.4
//
// On a Xeon with both one alone was 1.9 times as fast (before its loop was its own),
// four 2.5 and sixteen 5.4 times; eight lanes in 256-bit registers came to 3.7, a gain
// only for six to eight jobs, and were left out.
//
// Time depends on how many iterations are asked for and on whether the
// password is longer than 64 bytes, never on the secrets' values.
package pbkdf2

import (
	"crypto/sha256"
	"encoding/binary"
)

// MaxLanes bounds [Lanes] on every CPU.
const MaxLanes = 16

// chunk bounds the iterations of one call into assembly, which Go's scheduler
// and garbage collector can't interrupt: 256 of sixteen lanes take 0.1 ms.
const chunk = 256

// Key derives a key of one block. It panics if iterations is below 1; the
// caller bounds it from above.
func Key(password, salt []byte, iterations int) [32]byte {
	job := NewJob(password, salt, iterations)
	Advance([]*Job{job}, iterations)
	return job.Sum()
}

// Job is one derivation, advanced in slices by [Advance]. It holds secrets
// until [Job.Sum] or [Job.Erase], and is not safe for concurrent use.
type Job struct {
	lane  lane
	slow  *slow // instead of lane, where there is no assembly
	left  int   // iterations to go
	valid bool  // false once erased
}

// NewJob starts a derivation and does its first iteration; password and salt
// are not kept. It panics if iterations is below 1, which crypto/pbkdf2 takes
// for 1: a stored hash that says so is malformed, and its parser's to refuse.
func NewJob(password, salt []byte, iterations int) *Job {
	return newJob(password, salt, iterations, Accelerated())
}

func newJob(password, salt []byte, iterations int, accelerated bool) *Job {
	if iterations < 1 {
		panic("pbkdf2: iterations below 1")
	}
	mac := newMAC(password)
	mac.Write(salt)
	mac.Write([]byte{0, 0, 0, 1}) // the index of the one block we derive
	var u [sha256.Size]byte
	mac.Sum(u[:0])

	job := &Job{left: iterations - 1, valid: true}
	if !accelerated || !job.lane.start(password, u) {
		job.slow = &slow{mac: mac, u: u, sum: u}
	}
	clear(u[:])
	return job
}

// Advance runs up to n iterations of each job, [Lanes] of them interleaved; the
// jobs beyond wait for their turn. They may differ in how much they have left,
// and finished ones are passed over. No job may be in the list twice.
func Advance(jobs []*Job, n int) {
	for len(jobs) > 0 {
		batch := jobs[:min(len(jobs), Lanes())]
		jobs = jobs[len(batch):]
		for todo := n; todo > 0; {
			count := min(shortest(batch), todo, chunk)
			if count == 0 {
				break
			}
			step(batch, count)
			todo -= count
		}
	}
}

// shortest is the least that any unfinished job has left, 0 if all are done.
func shortest(batch []*Job) int {
	least := 0
	for _, job := range batch {
		if !job.Done() && (least == 0 || job.left < least) {
			least = job.left
		}
	}
	return least
}

// step advances every unfinished job of a batch by n iterations, which none of
// them has fewer of.
func step(batch []*Job, n int) {
	var lanes [MaxLanes]*lane
	busy := 0
	for _, job := range batch {
		switch {
		case job.Done():
			continue
		case job.slow != nil:
			job.slow.iterate(n)
		default:
			lanes[busy] = &job.lane
			busy++
		}
		job.left -= n
	}
	iterate(lanes[:busy], n)
}

// Done reports whether no iterations are left.
func (j *Job) Done() bool { return j.left == 0 }

// Sum returns the derived key and erases the job. It panics on a job that is
// not done, whose sum so far is no key, and on one already erased.
func (j *Job) Sum() (key [32]byte) {
	if !j.valid || !j.Done() {
		panic("pbkdf2: Sum of a job that is not done, or erased")
	}
	if j.slow != nil {
		key = j.slow.sum
	} else {
		for i, word := range j.lane.sum {
			binary.BigEndian.PutUint32(key[4*i:], word)
		}
	}
	j.Erase()
	return key
}

// Erase wipes what the job knows of the password, for one that is given up.
// An erased job is done and has no sum. The HMAC of the standard library can't
// be wiped and is left to the garbage collector.
func (j *Job) Erase() {
	if j.slow != nil {
		*j.slow = slow{}
	}
	*j = Job{}
}
