package users_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/userid"
	"github.com/restauth/restauth/impl/users"
	"github.com/restauth/restauth/internal/dbtest"
)

// TestNameLookupsLeaveConnections: however many look-ups by name read a whole
// table at once, those by id and Ready find a connection.
func TestNameLookupsLeaveConnections(t *testing.T) {
	for name, fresh := range servers {
		for maxOpen, most := range map[int]int{1: 1, 2: 1, 3: 2, 8: 6, 20: 15} {
			t.Run(fmt.Sprint(name, " ", maxOpen), func(t *testing.T) {
				t.Parallel()
				admin := fresh(t)
				dbtest.Exec(t, admin, stallingTable()...)
				db := raw(t, admin)
				s := open(t, users.Config{URL: admin, MaxOpen: maxOpen})
				ctx, cancel := context.WithCancel(t.Context())
				var wg sync.WaitGroup
				for range most + 5 {
					wg.Go(func() {
						if _, err := s.FindByUsername(ctx, "nobody"); !errors.Is(err, context.Canceled) {
							t.Errorf("FindByUsername() = %v, want it to stall until it is canceled", err)
						}
					})
				}
				stalled(t, db, most)
				if maxOpen > 1 {
					if user, err := s.FindByID(t.Context(), userid.Number(1)); err != nil || user.Username != "roy" {
						t.Errorf("FindByID(1) = %v, %v", user, err)
					}
					if err := s.Ready(t.Context()); err != nil {
						t.Errorf("Ready() = %v", err)
					}
					stalled(t, db, most)
				}
				cancel()
				wg.Wait()
				kill(t, db) // their queries go on in the server
				if user, err := s.FindByID(t.Context(), userid.Number(1)); err != nil || user.Username != "roy" {
					t.Errorf("afterwards: FindByID(1) = %v, %v", user, err)
				}
			})
		}
	}
}

// stallingTable makes a user table with a row that nobody gets past in less than
// ten minutes. Row 1 is before it, and is found by its id without touching it.
func stallingTable() []string {
	return []string{
		"CREATE TABLE base (id int PRIMARY KEY, username varchar(45), password varchar(45))",
		"INSERT INTO base VALUES (1, 'roy', 'hash'), (2, 'stall', 'hash')",
		"CREATE FUNCTION stall(s varchar(45)) RETURNS varchar(45) NOT DETERMINISTIC READS SQL DATA BEGIN IF s = 'stall' THEN DO SLEEP(600); END IF; RETURN s; END",
		"CREATE VIEW `user` AS SELECT id, stall(username) AS username, password FROM base",
	}
}

// stalled waits until that many queries are held up, and no other.
func stalled(t *testing.T, db *sql.DB, want int) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		var sleeping int
		err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM information_schema.processlist WHERE db = DATABASE() AND state = 'User sleep'").Scan(&sleeping)
		if err == nil && sleeping == want {
			return
		}
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("%d queries are held up, %v, want %d", sleeping, err, want)
		}
	}
}
