package load

import (
	"math/bits"
	"time"
)

// subBits gives every power of two 128 buckets, so that a value is known to
// 0.8 %: finer than two rounds on one machine ever agree.
const subBits = 7

const buckets = (64 - subBits + 1) << subBits

// Histogram counts latencies in buckets whose width grows with the value, as
// HDR histograms do. Recording costs a few nanoseconds and never allocates.
type Histogram struct {
	counts [buckets]uint32
	total  uint64
	most   time.Duration
}

// Record counts one latency.
func (h *Histogram) Record(d time.Duration) {
	d = max(d, 0)
	h.counts[bucket(uint64(d))]++
	h.total++
	h.most = max(h.most, d)
}

// Count is how many latencies were recorded.
func (h *Histogram) Count() int {
	if h == nil {
		return 0
	}
	return int(h.total)
}

// Quantile returns the latency that the share q of all stayed within, by the
// upper edge of its bucket and never above the largest recorded; 0 when there
// is none. A nil Histogram is empty.
func (h *Histogram) Quantile(q float64) time.Duration {
	if h == nil || h.total == 0 {
		return 0
	}
	// The smallest rank that covers q, counted from 1.
	rank := uint64(q * float64(h.total))
	if float64(rank) < q*float64(h.total) || rank == 0 {
		rank++
	}
	var seen uint64
	for i, n := range h.counts {
		if seen += uint64(n); seen >= rank {
			return min(time.Duration(upper(i)), h.most)
		}
	}
	return h.most
}

// Max is the largest latency recorded.
func (h *Histogram) Max() time.Duration {
	if h == nil {
		return 0
	}
	return h.most
}

func bucket(v uint64) int {
	shift := bits.Len64(v) - subBits - 1
	if shift <= 0 {
		return int(v)
	}
	return shift<<subBits + int(v>>shift)
}

// upper is the largest value of a bucket.
func upper(i int) uint64 {
	if i < 2<<subBits {
		return uint64(i)
	}
	shift := i>>subBits - 1
	return uint64(i-shift<<subBits+1)<<shift - 1
}
