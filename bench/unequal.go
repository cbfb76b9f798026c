package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/restauth/restauth/bench/load"
)

const (
	// mostAttackers is how many addresses attack at once.
	mostAttackers = 50
	// attackPause is how long an attacker waits after a refusal.
	attackPause = 50 * time.Millisecond
	// honestEvery is how often the honest client logs in.
	honestEvery = time.Second
)

// attack is so many addresses with so many connections each.
type attack struct{ addresses, connections int }

func attacks() []attack { return []attack{{1, 1}, {1, 2}, {1, 4}, {1, 16}, {mostAttackers, 1}} }

func (a attack) String() string {
	if a.addresses == 1 {
		return fmt.Sprintf("%d of one address", a.connections)
	}
	return fmt.Sprintf("%d of as many", a.addresses)
}

// costly are the longest hashes of each form that the server takes: about a second.
func costly() map[string]string {
	zeros := strings.Repeat("0", 128)
	return map[string]string{
		"bcrypt":   "$2b$14$" + strings.Repeat(".", 53),
		"pbkdf2":   "pbkdf2:sha512:1500000$salt$" + zeros,
		"scrypt":   "scrypt:32768:8:8$salt$" + zeros,
		"argon2id": "$argon2id$v=19$m=131072,t=4,p=1$AAECAwQFBgcICQ$AAECAwQFBgcICQoLDA0ODw",
	}
}

// unequal measures whether addresses that log in with costly hashes shut others out: an
// honest client of its own address logs in once a second beside them. The worst of all
// forms is noted.
func (b *bench) unequal(ctx context.Context) error {
	file := b.file("unequal.db")
	if err := b.costlyTable(ctx, file); err != nil {
		return err
	}
	// The budgets would soon refuse the attackers; what is measured is turns without them.
	s, err := b.startRestauth(ctx, onSQLite, "restauth-unequal", "sqlite:"+file, "--no-throttle")
	if err != nil {
		return err
	}
	for _, a := range attacks() {
		least, most := 1.0, time.Duration(0)
		for _, form := range slices.Sorted(maps.Keys(costly())) {
			served, slowest, err := b.beside(ctx, s, form, a)
			if err != nil {
				return fmt.Errorf("%s, %v: %w", form, a, err)
			}
			if b.opts.verbose {
				b.say("  %-9s %-20v served %3.0f %%, slowest %v", form, a, 100*served, slowest)
			}
			least, most = min(least, served), max(most, slowest)
		}
		b.note("unequal served "+a.String(), onSQLite, least)
		b.note("unequal p99 "+a.String(), onSQLite, float64(most)/float64(time.Millisecond))
	}
	return s.process.stop()
}

// costlyTable has users of each form, so that fifty addresses try accounts that are their
// own, or it would be the account that keeps them back, beside more usual ones: what most
// have is what a decoy costs.
func (b *bench) costlyTable(ctx context.Context, file string) error {
	if err := sqliteTable(ctx, file, b.opts.users, b.people.pbkdf2); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		return fmt.Errorf("open %s: %w", file, err)
	}
	for form, hash := range costly() {
		for i := range mostAttackers {
			if _, err := db.ExecContext(ctx, "INSERT INTO user (username, password) VALUES (?, ?)", attacked(form, i), hash); err != nil {
				return errors.Join(fmt.Errorf("fill %s: %w", file, err), db.Close())
			}
		}
	}
	return db.Close()
}

func attacked(form string, i int) string { return fmt.Sprint(form, i) }

// beside is the part of the honest client's logins that were served beside an attack, and
// the slowest of those.
func (b *bench) beside(ctx context.Context, s *server, form string, a attack) (served float64, slowest time.Duration, err error) {
	requests := make([][]byte, a.addresses)
	for i := range requests {
		requests[i] = loginRequest(attacked(form, i), "wrong")
	}
	attacking, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	go func() {
		_, err := load.Run(attacking, load.Plan{
			Target: s.target, Connections: a.addresses * a.connections, Requests: requests, Sources: a.addresses,
			Pause: attackPause, Window: b.opts.unequal + honestEvery,
		})
		done <- err
	}()
	tries, passed := 0, 0
	tick := time.NewTicker(honestEvery)
	defer tick.Stop()
	for end := time.Now().Add(b.opts.unequal + honestEvery/2); time.Now().Before(end); tries++ {
		<-tick.C
		begun := time.Now()
		ok, err := b.honest(ctx, s)
		if err != nil {
			return 0, 0, err
		}
		if ok {
			passed++
			slowest = max(slowest, time.Since(begun))
		}
	}
	return float64(passed) / float64(tries), slowest, <-done
}

// honest logs in from an address of its own.
func (b *bench) honest(ctx context.Context, s *server) (bool, error) {
	body, _ := json.Marshal(map[string]string{"username": name(1), "password": b.people.plain[1%passwords]}) // strings always marshal
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url("/auth"), bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return false, err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode == http.StatusOK, err
}

func unequalRows() group {
	g := group{title: "One login a second, pbkdf2:sha256:150000, beside connections that log in with hashes of a second; the worst of bcrypt, pbkdf2, scrypt, argon2id"}
	for _, a := range attacks() {
		target, least := "100 %", 1.0
		if a.addresses > 1 {
			target, least = "≥ 90 %", 0.9
		}
		g.rows = append(
			g.rows,
			row{fmt.Sprintf("served beside %v", a), "unequal served " + a.String(), percent, target, atLeast(least)},
			row{"… slowest", "unequal p99 " + a.String(), latency, "≤ 2,000 ms", atMost(2000)},
		)
	}
	return g
}
