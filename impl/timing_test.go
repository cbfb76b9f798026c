//go:build timing

package impl_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/password/gate"
	"github.com/restauth/restauth/impl/password/pool"
	"github.com/restauth/restauth/internal/dbtest"
)

const (
	// timed is how many logins of each kind are timed.
	timed = 500
	// mostAUC is how often, at most, who times one login of each kind guesses
	// right which of them was the known user: 0.5 is tossing a coin.
	mostAUC = 0.60
	// timedHash takes about 2 ms.
	timedHash = "pbkdf2:sha256:20000$YXcmWmyA$aa0e938366520f41ecaf1d6f045916993a439a56bdd37714e25ceb0139fb43b7"
)

// TestUnknownUsersTakeAsLong as known ones with a wrong password, through the
// whole server: in turns and in random order, so that a busy machine disturbs
// both alike. It measures, so it has a tag and `make timing` of its own.
func TestUnknownUsersTakeAsLong(t *testing.T) {
	gates := map[string]pool.Config{
		"hashing in this process": {},
		"hashing in a child":      {Child: []string{hashingArg}},
	}
	for where, cfg := range gates {
		t.Run(where, func(t *testing.T) {
			t.Run("sqlite", func(t *testing.T) {
				s := serve(t, "sqlite::memory:", hashing(t, cfg))
				for i := range 50 {
					s.add(fmt.Sprintf("known%d", i), timedHash)
				}
				compare(t, s)
			})
			t.Run("mariadb", func(t *testing.T) {
				url := dbtest.MariaDB(t)
				dbtest.Exec(t, url, "CREATE TABLE user (id int PRIMARY KEY AUTO_INCREMENT, username varchar(45), password varchar(255), KEY (username))")
				for i := range 50 {
					dbtest.Exec(t, url, fmt.Sprintf("INSERT INTO user (username, password) VALUES ('known%d', '%s')", i, timedHash))
				}
				compare(t, serve(t, url, hashing(t, cfg)))
			})
		})
	}
}

func hashing(t *testing.T, cfg pool.Config) option {
	t.Helper()
	bounded, err := pool.NewGate(cfg, gate.Config{MaxWait: always})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bounded.Close)
	return func(c *account.Config) { c.Gate = bounded }
}

func compare(t *testing.T, s *server) {
	t.Helper()
	if err := s.accounts.LearnCost(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.http.Transport = nil // Validating answers would only add noise.
	auc := guess(t, s)
	t.Logf("AUC %.3f", auc)
	if max(auc, 1-auc) > mostAUC {
		t.Errorf("known and unknown users can be told apart: AUC %.3f, want at most %.2f either way", auc, mostAUC)
	}
}

// guess times both kinds and returns the chance that a known one took longer.
func guess(t *testing.T, s *server) float64 {
	random := rand.New(rand.NewPCG(1, 2))
	times := make(map[string][]time.Duration)
	for i := range timed + 20 {
		kinds := []string{"known", "absent"}
		random.Shuffle(2, func(a, b int) { kinds[a], kinds[b] = kinds[b], kinds[a] })
		for _, kind := range kinds {
			a := s.credentials(fmt.Sprint(kind, i%50), "wrong")
			if a.status != 401 {
				t.Fatalf("%s = %d %s", kind, a.status, a.body)
			}
			if i >= 20 { // The first ones open connections.
				times[kind] = append(times[kind], a.took)
			}
		}
	}
	slices.Sort(times["absent"])
	wins := 0.0
	for _, known := range times["known"] {
		shorter, _ := slices.BinarySearchFunc(times["absent"], known, cmp.Compare)
		wins += float64(shorter)
	}
	return wins / timed / timed
}
