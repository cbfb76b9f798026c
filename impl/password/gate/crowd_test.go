package gate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/restauth/restauth/impl/password"
)

const (
	// mostIterations is of royHash, which everyone in a crowd has.
	mostIterations = 150_000
	millTick       = time.Millisecond
)

// mill is an Executor that hashes royHash on a processor that does not exist, in time that
// moves only when all sleep: as long as k takes for each step of so many lanes, while it
// gets such a part of each core.
type mill struct {
	*hall
	k    password.Kernel
	part float64
	each map[*Job]*grist
}

// grist is what is left of a job, and what it took.
type grist struct{ left, took float64 }

func newMill(slots int, k password.Kernel, part float64) *mill {
	m := &mill{hall: newHall(slots), k: k, part: part, each: make(map[*Job]*grist)}
	m.pace = part
	return m
}

// step is what an iteration of so many lanes takes together, in nanoseconds.
func (m *mill) step(lanes int) float64 {
	switch {
	case !m.k.Accelerated:
		return 250 * float64(lanes)
	case m.k.Lanes > password.SharedLanes && lanes > 8:
		return 33 * 16
	default:
		return max(80, 60*float64(lanes))
	}
}

// fastest is how many logins a second there are where all lanes are always full.
func (m *mill) fastest() float64 {
	return float64(m.slots*m.k.Lanes) * m.part / (mostIterations * m.step(m.k.Lanes) / 1e9)
}

// turn does what is done in a tick.
func (m *mill) turn() {
	ended := make(map[*Job]time.Duration)
	m.mu.Lock()
	lanes := make([][]*Job, m.slots)
	for _, j := range m.running { // In the order in which they began.
		if slot := m.places[j]; len(lanes[slot]) < m.k.Lanes {
			lanes[slot] = append(lanes[slot], j)
		}
	}
	for _, jobs := range lanes {
		for _, j := range jobs {
			if m.each[j] == nil {
				m.each[j] = &grist{left: mostIterations}
			}
			g, did := m.each[j], float64(millTick)*m.part/m.step(len(jobs))
			g.left -= did
			g.took += float64(millTick) * m.part / float64(len(jobs))
			if g.left <= 0 {
				ended[j] = time.Duration(g.took)
				delete(m.each, j)
			}
		}
	}
	order := slices.Clone(m.running)
	m.mu.Unlock()
	for _, j := range order {
		if took, ok := ended[j]; ok {
			m.end(j, Outcome{Match: true, Took: took})
		}
	}
}

// crowd is so many clients over so many addresses that log in for as long as the context
// lets them, 100 ms after a refusal, and how many are served from a moment on.
func crowd(t *testing.T, m *mill, clients, addresses int, warm, long time.Duration) float64 {
	t.Helper()
	g := in(t, m, Config{})
	g.kernel = m.k
	ctx, stop := context.WithTimeout(t.Context(), warm+long)
	defer stop()
	var (
		all    sync.WaitGroup
		mu     sync.Mutex
		served int
		begun  = time.Now()
		hash   = mustParse(t, royHash)
	)
	for i := range clients {
		all.Go(func() {
			for ctx.Err() == nil {
				_, err := g.Verify(ctx, hash, "", Client{Address: fmt.Sprint(i % addresses), Account: fmt.Sprint(i)})
				var busy *BusyError
				switch {
				case errors.As(err, &busy):
					time.Sleep(100 * time.Millisecond)
				case err == nil && time.Since(begun) > warm:
					mu.Lock()
					served++
					mu.Unlock()
				}
			}
		})
	}
	for ctx.Err() == nil {
		time.Sleep(millTick)
		m.turn()
	}
	all.Wait()
	return float64(served) / long.Seconds()
}

// TestCrowd: the order in which a crowd is served, and who of it is refused, leaves no
// lane empty: of what the processor could do at most a twentieth is lost, whether it has
// all of the cores or what guarded requests leave.
func TestCrowd(t *testing.T) {
	for name, k := range kernels {
		for _, part := range []float64{1, 0.25} {
			for _, c := range []struct{ clients, addresses int }{{320, 64}, {320, 1}, {40, 40}} {
				t.Run(fmt.Sprintf("%s/%v of a core/%d of %d addresses", name, part, c.clients, c.addresses), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						m := newMill(2, k, part)
						got, most := crowd(t, m, c.clients, c.addresses, 2*time.Second, 10*time.Second), m.fastest()
						t.Logf("%.1f logins a second of %.1f", got, most)
						if got < 0.95*most {
							t.Errorf("%.1f logins a second, want %.1f but for a twentieth", got, most)
						}
					})
				})
			}
		}
	}
}
