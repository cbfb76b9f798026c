package pbkdf2

import (
	stdlib "crypto/pbkdf2"
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"
	"time"
)

// BenchmarkKey compares crypto/pbkdf2 with one to all lanes at 150,000
// iterations (Werkzeug 0.15 to 1.0's default). Every round measures all of them, so
// that a noisy machine is as noisy for each. It reports the median time of one
// key in ms and how many times that goes into crypto/pbkdf2's. Use
// -benchtime=15x or more.
func BenchmarkKey(b *testing.B) {
	const iterations = 150_000
	counts := []int{1, 2, 3, 4, 8, Lanes()}
	slices.Sort(counts)
	counts = slices.Compact(counts)
	times := make(map[int][]time.Duration) // 0 is crypto/pbkdf2
	for b.Loop() {
		start := time.Now()
		if _, err := stdlib.Key(sha256.New, "password", []byte("saltsalt"), iterations, 32); err != nil {
			b.Fatal(err)
		}
		times[0] = append(times[0], time.Since(start))
		for _, count := range counts {
			times[count] = append(times[count], timeJobs(count, iterations)/time.Duration(count))
		}
	}
	standard := median(times[0])
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(standard, "std-ms/key")
	for _, count := range counts {
		each := median(times[count])
		b.ReportMetric(each, fmt.Sprintf("%02d-ms/key", count))
		b.ReportMetric(standard/each, fmt.Sprintf("%02d-x-std", count))
	}
}

// BenchmarkChunk reports how long one call into assembly holds a core at most,
// in µs: the delay it may add to whatever else Go wants to run there.
func BenchmarkChunk(b *testing.B) {
	var times []time.Duration
	for b.Loop() {
		times = append(times, timeJobs(Lanes(), chunk+1))
	}
	b.ReportMetric(median(times)*1000, "µs/chunk")
}

func timeJobs(count, iterations int) time.Duration {
	jobs := make([]*Job, count)
	for i := range jobs {
		jobs[i] = NewJob([]byte("password"), []byte("saltsalt"), iterations)
	}
	start := time.Now()
	Advance(jobs, iterations)
	return time.Since(start)
}

// median is in milliseconds.
func median(times []time.Duration) float64 {
	slices.Sort(times)
	return times[len(times)/2].Seconds() * 1000
}
