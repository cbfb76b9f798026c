//go:build attack && linux

package attack

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restauth/restauth/internal/dbtest"
)

// mostSlack is how many guesses more three servers may let pass of those at once.
const mostSlack = 3

// TestRace is figure 1's race: 200 guesses at once at three servers, on a real clock.
func TestRace(t *testing.T) {
	table, own := userTable(t, 10), dbtest.MariaDB(t)
	servers := []string{serve(t, table, own), serve(t, table, own), serve(t, table, own)}
	worst := 0
	for round, name := range []string{"user0", "user1", "user2", "nobody"} {
		var (
			wg                 sync.WaitGroup
			evaluated, refused atomic.Int64
			started            = make(chan struct{})
		)
		for i := range 200 {
			wg.Go(func() {
				c := from(attacker(round*200 + i))
				defer c.close()
				<-started
				switch status, _ := c.login(servers[i%3], name, typed(i), ""); status {
				case 401:
					evaluated.Add(1)
				case 429:
					refused.Add(1)
				}
			})
		}
		close(started)
		wg.Wait()
		if evaluated.Load()+refused.Load() != 200 {
			t.Errorf("of 200 guesses at once %d were evaluated and %d refused", evaluated.Load(), refused.Load())
		}
		worst = max(worst, int(evaluated.Load()))
	}
	figure(t, "1  of 200 guesses at once at 3 servers, evaluated at the most", fmt.Sprintf("<= 10 + %d", mostSlack), fmt.Sprint(worst), worst <= 10+mostSlack)
}

// guessing has so many addresses guess until the returned function is called, each with a
// pause after an answer, as long as a human's keystroke.
func guessing(servers []string, addresses int, name func(n int) string) (stop func() (evaluated, refused int64)) {
	var (
		wg                 sync.WaitGroup
		evaluated, refused atomic.Int64
		guesses            atomic.Int64
		ended              = make(chan struct{})
	)
	for i := range addresses {
		wg.Go(func() {
			c := from(attacker(20_000 + i))
			defer c.close()
			for {
				select {
				case <-ended:
					return
				case <-time.After(100 * time.Millisecond):
				}
				n := int(guesses.Add(1))
				switch status, _ := c.login(servers[i%len(servers)], name(n), typed(n), ""); status {
				case 401:
					evaluated.Add(1)
				case 429, 503:
					refused.Add(1)
				}
			}
		})
	}
	return func() (int64, int64) {
		close(ended)
		wg.Wait()
		return evaluated.Load(), refused.Load()
	}
}

// hundred are a hundred logins in turn: how many succeed at once, and how long the 99th
// in order of time took.
func hundred(c *client, url, name, device string) (succeeded int, p99 time.Duration) {
	var took []time.Duration
	for range 100 {
		begun := time.Now()
		if status, _ := c.login(url, name, "roy", device); status == 200 {
			succeeded++
		}
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	return succeeded, took[98]
}

// TestOwner is figure 2: while everybody guesses at the owner's account, and while made-up
// names flood the server.
func TestOwner(t *testing.T) {
	table, own := userTable(t, 10), dbtest.MariaDB(t)
	servers := []string{serve(t, table, own)}
	home := from("127.0.0.77")
	defer home.close()
	status, device := home.login(servers[0], "user0", "roy", "")
	if status != 200 {
		t.Fatalf("the owner's first login = %d", status)
	}
	nest().Keep("a device token", device)
	abroad := from("127.0.0.99")
	defer abroad.close()
	for _, attack := range []struct {
		what      string
		addresses int
		name      func(int) string
	}{
		{"250 addresses at the account", 250, func(int) string { return "user0" }},
		{"500 addresses at made-up names", 500, func(n int) string { return fmt.Sprint("made up ", n) }},
	} {
		stop := guessing(servers, attack.addresses, attack.name)
		time.Sleep(3 * time.Second)
		for _, owner := range []struct {
			where  string
			client *client
			device string
		}{{"device token", abroad, device}, {"known address", home, ""}} {
			succeeded, p99 := hundred(owner.client, servers[0], "user0", owner.device)
			figure(t, fmt.Sprintf("2  owner's logins by %s, %s", owner.where, attack.what), "100 of 100", fmt.Sprintf("%d of 100", succeeded), succeeded == 100)
			figure(t, fmt.Sprintf("2  their p99, %s, %s", owner.where, attack.what), "<= 2 s", p99.Round(time.Millisecond).String(), p99 <= 2*time.Second)
		}
		evaluated, refused := stop()
		t.Logf("%s: %d guesses were evaluated, %d refused", attack.what, evaluated, refused)
	}
}

// TestSpraying is figure 3.
func TestSpraying(t *testing.T) {
	const users = 1000
	table, own := userTable(t, users), dbtest.MariaDB(t)
	servers := []string{serve(t, table, own), serve(t, table, own), serve(t, table, own)}
	sprayer := from("127.0.0.66")
	defer sprayer.close()
	evaluated := 0
	for i, password := range []string{"123456", "password", "qwerty"} {
		for user := range users {
			if status, _ := sprayer.login(servers[(user+i)%3], fmt.Sprint("user", user), password, ""); status == 401 {
				evaluated++
			}
		}
	}
	figure(t, "3  spraying 1,000 accounts with 3 passwords from one address", "<= 100", fmt.Sprint(evaluated), evaluated <= 100 && evaluated > 50)
	office := from("127.0.0.55")
	defer office.close()
	refused := 0
	for user := range 200 {
		if user%10 == 0 {
			if status, _ := office.login(servers[user%3], fmt.Sprint("user", user), "rio", ""); status != 401 {
				refused++
			}
		}
		if status, _ := office.login(servers[user%3], fmt.Sprint("user", user), "roy", ""); status != 200 {
			refused++
		}
	}
	figure(t, "3  refused of an office of 200, one in ten mistyping", "0", fmt.Sprint(refused), refused == 0)
}
