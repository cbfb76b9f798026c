package account

import (
	"sync"

	"github.com/restauth/restauth/impl/password/gate"
)

// crowds counts the logins that wait until others at their budget have ended. They are
// not in the gate yet, so it is told of them: who would stand behind too many is refused
// before anything is asked of the table, as where the gate itself is full.
type crowds struct {
	mu      sync.Mutex
	waiting map[crowd]int
}

// crowd is who waits for each other: all at an address, the known at it that try one user,
// or strangers at a name, wherever they are. The name is as it was typed: for other
// spellings of it some questions are asked.
type crowd struct{ address, account string }

func crowdOf(c gate.Client) crowd {
	if c.Known {
		return crowd{c.Address, c.Account}
	}
	return crowd{account: c.Account}
}

// before is how many wait that such a client would stand behind, at its address too where
// that is counted.
func (c *crowds) before(client gate.Client, address bool) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if address {
		n = c.waiting[crowd{address: client.Address}]
	}
	return n + c.waiting[crowdOf(client)]
}

func (c *crowds) join(client gate.Client, address bool) *crowd {
	joined := crowdOf(client)
	if address {
		joined = crowd{address: client.Address}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting == nil {
		c.waiting = make(map[crowd]int)
	}
	c.waiting[joined]++
	return &joined
}

// leave undoes what join did; of nil, nothing.
func (c *crowds) leave(joined *crowd) {
	if joined == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting[*joined]--; c.waiting[*joined] == 0 {
		delete(c.waiting, *joined)
	}
}
