package pool

import (
	"testing"
	"testing/synctest"
	"time"
)

// kernel counts periods that begin at a time of their own.
type kernel struct {
	began  time.Time // of the first
	late   time.Duration
	rings  map[uint64]time.Duration // by how much the timer rings late at the end of some
	broken bool
}

func (k *kernel) passed(string) (uint64, bool) {
	since := time.Since(k.began)
	n := uint64(since / usualPeriod)
	if since%usualPeriod < k.rings[n] {
		n--
	}
	time.Sleep(k.late)
	return n, !k.broken
}

// TestSeek: one period is found or none, however late some are counted.
func TestSeek(t *testing.T) {
	const ms = time.Millisecond
	for name, test := range map[string]struct {
		rings map[uint64]time.Duration
		found bool
	}{
		"in time":             {nil, true},
		"a little late":       {map[uint64]time.Duration{1: ms / 2}, true},
		"the first is late":   {map[uint64]time.Duration{1: 30 * ms}, false},
		"the second is late":  {map[uint64]time.Duration{2: 30 * ms}, false},
		"the second is lost":  {map[uint64]time.Duration{2: usualPeriod}, false},
		"both are, otherwise": {map[uint64]time.Duration{1: 30 * ms, 2: 33 * ms}, false},
	} {
		t.Run(name, func(t *testing.T) {
			for offset := range 10 {
				synctest.Test(t, func(t *testing.T) {
					k := kernel{began: time.Now().Add(-time.Duration(offset)*9*ms - 7*ms/2), rings: test.rings}
					began, found := seek(Quota{Period: usualPeriod}, k.passed)
					if found != test.found {
						t.Fatalf("%v after one began: found is %v, want %v", time.Since(k.began), found, test.found)
					}
					if since := began.Sub(k.began) % usualPeriod; found && since > sure {
						t.Errorf("a period is said to have begun %v after one did", since)
					}
				})
			}
		})
	}
}

// TestPeriodBegan: when a period begins is found out, to a millisecond or not at all, while
// hashing goes on, and again for another group.
func TestPeriodBegan(t *testing.T) {
	for name, test := range map[string]struct {
		kernel kernel
		found  bool
	}{
		"found":             {kernel{}, true},
		"a busy machine":    {kernel{late: 3 * time.Millisecond}, false},
		"cannot be read":    {kernel{broken: true}, false},
		"a little too busy": {kernel{late: 500 * time.Microsecond}, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := test.kernel
				k.began = time.Now().Add(-time.Hour - 37*time.Millisecond)
				one, other := Quota{Cores: 0.5, Period: usualPeriod, Group: "a"}, Quota{Cores: 0.5, Period: usualPeriod, Group: "b"}
				p, err := New(Config{Slots: 1, Child: []string{"-"}, Periods: k.passed, Quota: func() Quota { return one }})
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(3 * usualPeriod) // It is found out before anything is hashed.
				synctest.Wait()
				ask := func(of Quota) time.Time {
					p.mu.Lock()
					defer p.unlock()
					return p.children.periodBegan(of, time.Now())
				}
				for _, of := range []Quota{one, other} {
					if began := ask(of); began.IsZero() != (of == other || !test.found) {
						t.Errorf("group %s: at first a period is said to have begun at %v", of.Group, began)
					}
					time.Sleep(3 * usualPeriod)
					synctest.Wait()
					began := ask(of)
					if !test.found {
						if !began.IsZero() {
							t.Errorf("group %s: %v is taken for the beginning of a period", of.Group, began)
						}
						continue
					}
					if since := began.Sub(k.began) % usualPeriod; began.IsZero() || since > sure {
						t.Errorf("group %s: a period is said to have begun %v after one did", of.Group, since)
					}
				}
				long := Quota{Cores: 0.5, Period: time.Second, Group: "a"}
				ask(long)
				time.Sleep(2 * long.Period)
				synctest.Wait()
				if began := ask(long); !began.IsZero() || p.children.quota.period.seeking {
					t.Errorf("of a period that no turn is as long as the beginning is sought: %v", began)
				}
				ask(other)
				time.Sleep(3 * usualPeriod)
				synctest.Wait()
				// What moves nevertheless is found after a while.
				k.began = k.began.Add(20 * time.Millisecond)
				ask(other)
				time.Sleep(periodLasts)
				ask(other)
				time.Sleep(3 * usualPeriod)
				synctest.Wait()
				if since := ask(other).Sub(k.began) % usualPeriod; test.found && since > sure {
					t.Errorf("a minute later a period is said to have begun %v after one did", since)
				}
			})
		})
	}
}
