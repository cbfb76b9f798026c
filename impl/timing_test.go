//go:build timing

package impl_test

import (
	"bytes"
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/password/gate"
	"github.com/restauth/restauth/impl/password/pool"
	"github.com/restauth/restauth/impl/throttle"
	"github.com/restauth/restauth/internal/dbtest"
)

const (
	// timed is how many logins of each kind are timed, after warmUp others: those open
	// connections, warn of broken rows, and show what a form takes.
	timed  = 500
	warmUp = 60
	// mostAUC is how often, at most, who times one login of each kind guesses
	// right which of them was the known user: 0.5 is tossing a coin.
	mostAUC = 0.60
	// timedHash takes about 2 ms.
	timedHash = "pbkdf2:sha256:20000$YXcmWmyA$aa0e938366520f41ecaf1d6f045916993a439a56bdd37714e25ceb0139fb43b7"
	// eachForm is how many users there are of each cheap form; of the usual one four
	// times as many, so that it is that.
	eachForm = 20
)

// cheap is every form that a row may hold, as cheap as it comes, and as dear as costs no
// more than the usual hashes below; and the rows that nobody can log in by.
var cheap = map[string]string{
	"null":          "",
	"broken":        "md4$salt$00",
	"poisoned":      "pbkdf2:sha256:999999999$salt$" + strings.Repeat("0", 64),
	"plain":         "plain$$correct horse",
	"hmac":          "sha256$salt$" + strings.Repeat("0", 64),
	"digest":        "md5$$" + strings.Repeat("0", 32),
	"pbkdf2 tenth":  "pbkdf2:sha256:2000$salt$" + strings.Repeat("0", 64),
	"pbkdf2 most":   "pbkdf2:sha256:19000$salt$" + strings.Repeat("0", 64),
	"pbkdf2 sha1":   "pbkdf2:sha1:1000$salt$" + strings.Repeat("0", 40),
	"pbkdf2 sha512": "pbkdf2:sha512:2000$salt$" + strings.Repeat("0", 128),
	"bcrypt":        "$2b$04$" + strings.Repeat(".", 53),
	"scrypt":        "scrypt:256:8:1$salt$" + strings.Repeat("0", 128),
	"md5-crypt":     "$1$salt$" + strings.Repeat(".", 22),
	"sha512-crypt":  "$6$rounds=1000$salt$" + strings.Repeat(".", 86),
	"phpass":        "$P$5" + strings.Repeat(".", 30),
	"wordpress":     "$wp$2y$04$" + strings.Repeat(".", 53),
	"ldap":          "{SSHA}" + strings.Repeat("A", 32),
	"bare":          strings.Repeat("0", 32), // which no setting reads
	"argon2id":      "$argon2id$v=19$m=512,t=1,p=1$c2FsdHNhbHQ$" + strings.Repeat("A", 43),
}

// usual are hashes that most rows may hold, of 2 to 20 ms.
var usual = map[string]string{
	"pbkdf2":   timedHash,
	"scrypt":   "scrypt:4096:8:1$salt$" + strings.Repeat("0", 128),
	"argon2id": "$argon2id$v=19$m=8192,t=1,p=1$c2FsdHNhbHQ$" + strings.Repeat("A", 43),
}

// TestUnknownUsersTakeAsLong as those of any form with a wrong password, through the
// whole server: in turns and in random order, so that a busy machine disturbs
// all alike. It measures, so it has a tag and `make timing` of its own.
func TestUnknownUsersTakeAsLong(t *testing.T) {
	gates := map[string]pool.Config{
		"hashing in this process": {},
		"hashing in a child":      {Child: []string{hashingArg}},
	}
	for where, cfg := range gates {
		t.Run(where, func(t *testing.T) {
			for name, hash := range usual {
				t.Run("sqlite, "+name, func(t *testing.T) {
					s := serve(t, "sqlite::memory:", hashing(t, cfg))
					rows(hash, func(username, hash string) { s.add(username, hash) })
					compare(t, s, http.StatusUnauthorized)
				})
			}
			t.Run("mariadb, pbkdf2", func(t *testing.T) {
				url := dbtest.MariaDB(t)
				dbtest.Exec(t, url, "CREATE TABLE user (id int PRIMARY KEY AUTO_INCREMENT, username varchar(45), password varchar(255), KEY (username))")
				rows(timedHash, func(username, hash string) {
					dbtest.Exec(t, url, fmt.Sprintf("INSERT INTO user (username, password) VALUES ('%s', NULLIF('%s', ''))", username, hash))
				})
				compare(t, serve(t, url, hashing(t, cfg)), http.StatusUnauthorized)
			})
		})
	}
}

// TestThrottledTakeAsLong: nor does time tell who is one where guesses are refused already.
func TestThrottledTakeAsLong(t *testing.T) {
	limiter, err := throttle.New(throttle.Config{
		Account: throttle.OfAccount(1, 10*time.Hour), Now: func() time.Time { return time.Unix(1_800_000_000, 0) }, Secret: []byte("secret"), Random: bytes.Repeat([]byte("random"), 6), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, "sqlite::memory:", hashing(t, pool.Config{}), func(c *account.Config) { c.Limiter = limiter })
	rows(timedHash, func(username, hash string) { s.add(username, hash) })
	kinds := append(slices.Sorted(maps.Keys(cheap)), "known", "absent")
	for _, kind := range kinds {
		for i := range eachForm {
			for guess := range 2 {
				s.credentials(fmt.Sprint(kind, i), fmt.Sprint("guess ", guess))
			}
		}
	}
	compare(t, s, http.StatusTooManyRequests)
}

// rows adds users of each form.
func rows(usual string, add func(username, hash string)) {
	for i := range 4 * eachForm {
		add(fmt.Sprint("known", i), usual)
	}
	for form, hash := range cheap {
		for i := range eachForm {
			add(fmt.Sprint(form, i), hash)
		}
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

func compare(t *testing.T, s *server, status int) {
	t.Helper()
	if err := s.accounts.LearnCost(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.http.Transport = nil // Validating answers would only add noise.
	times := timeAll(t, s, status)
	for _, kind := range slices.Sorted(maps.Keys(times)) {
		if kind == "absent" {
			continue
		}
		auc := guess(times["absent"], times[kind])
		t.Logf("AUC %.3f %s, median %v for %v", auc, kind, times[kind][timed/2], times["absent"][timed/2])
		if max(auc, 1-auc) > mostAUC {
			t.Errorf("%s and unknown users can be told apart: AUC %.3f, want at most %.2f either way", kind, auc, mostAUC)
		}
	}
}

// timeAll times logins of all kinds, which are answered with a status, and sorts the times of each.
func timeAll(t *testing.T, s *server, status int) map[string][]time.Duration {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	times := make(map[string][]time.Duration)
	kinds := append(slices.Sorted(maps.Keys(cheap)), "known", "absent")
	for i := range timed + warmUp {
		random.Shuffle(len(kinds), func(a, b int) { kinds[a], kinds[b] = kinds[b], kinds[a] })
		for _, kind := range kinds {
			a := s.credentials(fmt.Sprint(kind, i%eachForm), "wrong")
			if a.status != status {
				t.Fatalf("%s = %d %s", kind, a.status, a.body)
			}
			if i >= warmUp {
				times[kind] = append(times[kind], a.took)
			}
		}
	}
	for _, of := range times {
		slices.Sort(of)
	}
	return times
}

// guess returns the chance that a known one took longer.
func guess(absent, known []time.Duration) float64 {
	wins := 0.0
	for _, took := range known {
		shorter, _ := slices.BinarySearchFunc(absent, took, cmp.Compare)
		wins += float64(shorter)
	}
	return wins / float64(len(absent)) / float64(len(known))
}
