//go:build linux && galera

package haproxy_test

import (
	"context"
	"database/sql"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/restauth/restauth/internal/dbtest"
	"github.com/restauth/restauth/internal/dbtest/galera"
)

// client asks, over one connection that it keeps and over a new one each time, which
// node it is that answers.
type client struct {
	kept, new *sql.DB
}

func newClient(t *testing.T, databaseURL string) *client {
	open := func(idle int) *sql.DB {
		u, err := url.Parse(databaseURL)
		if err != nil {
			t.Fatal(err)
		}
		cfg := mysql.NewConfig()
		cfg.Net, cfg.Addr, cfg.User, cfg.DBName = "tcp", u.Host, u.User.Username(), strings.TrimPrefix(u.Path, "/")
		cfg.Passwd, _ = u.User.Password()
		cfg.Logger = &mysql.NopLogger{}
		connector, err := mysql.NewConnector(cfg)
		if err != nil {
			t.Fatal(err)
		}
		db := sql.OpenDB(connector)
		db.SetMaxOpenConns(1)
		db.SetMaxIdleConns(idle)
		t.Cleanup(func() { db.Close() })
		return db
	}
	return &client{open(1), open(0)}
}

// ask returns the nodes that answered, as a whole cluster's node would.
func (c *client) ask() (kept, fresh string) {
	for db, name := range map[*sql.DB]*string{c.kept: &kept, c.new: &fresh} {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		err := db.QueryRowContext(ctx, "SELECT @@wsrep_node_name FROM a").Scan(name)
		cancel()
		if err != nil {
			*name = err.Error()
		}
	}
	return kept, fresh
}

// moves waits until both connections lead to that node, and says when they did. Neither
// may have led to a third.
func (c *client) moves(t *testing.T, what, from, to string) {
	t.Helper()
	begin, failures := time.Now(), 0
	for {
		kept, fresh := c.ask()
		for _, answer := range []string{kept, fresh} {
			if strings.HasPrefix(answer, "node") && !slices.Contains([]string{from, to}, answer) {
				t.Errorf("%s: %s answered, want %s or %s", what, answer, from, to)
			}
			if !strings.HasPrefix(answer, "node") {
				failures++
			}
		}
		if kept == to && fresh == to {
			t.Logf("%s: with %s after %.2f s, %d failures", what, to, time.Since(begin).Seconds(), failures)
			return
		}
		if time.Since(begin) > time.Minute {
			t.Fatalf("%s: after a minute the connections lead to %s and %s, want %s", what, kept, fresh, to)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// TestRecipe: one node at a time, the first that is of use.
func TestRecipe(t *testing.T) {
	galera.Run(t, func(t *testing.T) {
		cluster := galera.Start(t, 3)
		databaseURL := cluster.Database(t)
		dbtest.Exec(t, databaseURL, "CREATE TABLE a (n int PRIMARY KEY)", "INSERT INTO a VALUES (1)")
		c := newClient(t, cluster.HAProxy(t, "galera.cfg", databaseURL))
		c.moves(t, "at the start", "", "node1")

		cluster.Kill(t, 0)
		c.moves(t, "the first is killed", "node1", "node2")
		cluster.Restart(t, 0)
		c.moves(t, "started again", "node2", "node1")

		cluster.Stop(t, 0)
		c.moves(t, "the first hangs", "node1", "node2")
		cluster.Cont(t, 0)
		c.moves(t, "it goes on", "node2", "node1")

		cluster.Partition(t, 0)
		c.moves(t, "the first is cut off from the others", "node1", "node2")
		cluster.Heal(t, 0)
		c.moves(t, "healed", "node2", "node1")

		cluster.Vanish(t, 0)
		c.moves(t, "the first is cut off from all", "node1", "node2")
		cluster.Kill(t, 1)
		c.moves(t, "the second is killed too", "node2", "node3")
		cluster.Heal(t, 0)
		c.moves(t, "the first is back", "node3", "node1")

		dbtest.Exec(t, cluster.Nodes[0].AdminURL(), "SET GLOBAL read_only = ON")
		c.moves(t, "the first is read-only", "node1", "node3")
		dbtest.Exec(t, cluster.Nodes[0].AdminURL(), "SET GLOBAL read_only = OFF")
		c.moves(t, "it is not any more", "node3", "node1")
	})
}
