//go:build linux && galera

package galera_test

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/restauth/restauth/internal/dbtest"
	"github.com/restauth/restauth/internal/dbtest/galera"
)

// notPrimary is Galera's error for a query that it does not answer.
const notPrimary = 1047

func refusesAs(number uint16) func(int, error) bool {
	return func(_ int, err error) bool {
		answer := (*mysql.MySQLError)(nil)
		return errors.As(err, &answer) && answer.Number == number
	}
}

func silent(_ int, err error) bool {
	wait := net.Error(nil)
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &wait) && wait.Timeout()
}

func gone(_ int, err error) bool {
	return err != nil && strings.Contains(err.Error(), "connection refused")
}

// TestCluster does to each of three nodes all that can be done to one.
func TestCluster(t *testing.T) {
	galera.Run(t, func(t *testing.T) {
		c := galera.Start(t, 3, galera.Quick()...)
		databaseURL := c.Database(t)
		dbtest.Exec(t, databaseURL, "CREATE TABLE a (n int PRIMARY KEY)", "INSERT INTO a VALUES (1)")
		reader := c.Reader(t, databaseURL)
		var nodes []*sql.DB
		for i, n := range c.Nodes {
			nodes = append(nodes, connect(t, reader, n.Addr()))
			becomes(t, "what the first wrote is there", nodes[i], reads(1))
		}
		becomes(t, "by IPv6", connect(t, reader, c.Nodes[2].Addr6()), reads(1))
		write := func(n, node int) {
			t.Helper()
			if _, err := connect(t, databaseURL, c.Nodes[node].Addr()).Exec("INSERT INTO a VALUES (?)", n); err != nil {
				t.Fatal(err)
			}
		}

		c.Partition(t, 0)
		becomes(t, "cut off from the others it refuses", nodes[0], refusesAs(notPrimary))
		write(2, 1)
		c.Heal(t, 0)
		becomes(t, "healed it has what it missed", nodes[0], reads(2))

		c.Vanish(t, 1)
		becomes(t, "cut off from all it is silent", nodes[1], silent)
		write(3, 2)
		c.Heal(t, 1)
		becomes(t, "healed it has what it missed", nodes[1], reads(3))

		c.Stop(t, 2)
		becomes(t, "stopped it is silent", nodes[2], silent)
		write(4, 0)
		c.Cont(t, 2)
		becomes(t, "going on it has what it missed", nodes[2], reads(4))
		c.WaitSynced(t)

		c.Kill(t, 0)
		becomes(t, "killed it is gone", nodes[0], gone)
		write(5, 1)
		c.Restart(t, 0)
		becomes(t, "started again it has what it missed", nodes[0], reads(5))

		c.Shutdown(t, 1)
		becomes(t, "shut down it is gone", nodes[1], gone)
		write(6, 2)
		c.Restart(t, 1)
		becomes(t, "started again it has what it missed", nodes[1], reads(6))
		c.WaitSynced(t)
	})
}
