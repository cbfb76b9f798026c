package state_test

import (
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/state"
	"github.com/restauth/restauth/impl/state/statetest"
	"github.com/restauth/restauth/internal/dbtest/galera"
)

// TestStateGalera runs the suite where each replica writes to another node of three:
// what one has committed the next may not see yet, and who loses is told so late.
func TestStateGalera(t *testing.T) {
	galera.Run(t, func(t *testing.T) {
		c := galera.Start(t, 3)
		statetest.Run(t, func(t *testing.T) statetest.Fixture {
			u, err := url.Parse(c.Database(t))
			if err != nil {
				t.Fatal("the URL of the test database is malformed") // it holds a password
			}
			for _, n := range c.Nodes { // what the first made reaches the others a moment later
				on := *u
				on.Host = n.Addr()
				s := openState(t, on.String())
				for deadline := time.Now().Add(patience); errors.Is(s.Check(t.Context()), database.ErrUnknownDatabase) && time.Now().Before(deadline); {
					time.Sleep(10 * time.Millisecond)
				}
			}
			next := 0
			return statetest.Fixture{ManyWriters: true, Open: func(t *testing.T) *state.State {
				on := *u
				on.Host = c.Nodes[next%len(c.Nodes)].Addr()
				next++
				return openState(t, on.String())
			}}
		})
	})
}

// TestStateGaleraHosts runs it where all replicas have the same hosts in the same order:
// then one node is written to, and nobody loses.
func TestStateGaleraHosts(t *testing.T) {
	galera.Run(t, func(t *testing.T) {
		c := galera.Start(t, 3)
		statetest.Run(t, func(t *testing.T) statetest.Fixture {
			hosts := c.Hosts(t, c.Database(t), 0, 1, 2)
			return statetest.Fixture{Open: func(t *testing.T) *state.State { return openState(t, hosts) }}
		})
	})
}
