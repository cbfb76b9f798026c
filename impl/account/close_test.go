package account_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/userid"
)

// watched is a table that counts what is under way and what was asked.
type watched struct {
	account.Users
	asked, underWay atomic.Int32
}

func (c *watched) do(ask func()) {
	c.asked.Add(1)
	c.underWay.Add(1)
	defer c.underWay.Add(-1)
	ask()
}

func (c *watched) FindByID(ctx context.Context, id userid.ID) (user account.User, err error) {
	c.do(func() { user, err = c.Users.FindByID(ctx, id) })
	return user, err
}

func (c *watched) Ready(ctx context.Context) (err error) {
	c.do(func() { err = c.Users.Ready(ctx) })
	return err
}

// TestClose: in the middle of an outage that is looked after in the background,
// nothing asks the table any more once Close has returned, which is when it may be
// closed.
func TestClose(t *testing.T) {
	broken := &faulty{Users: tutorial(t), takes: time.Millisecond}
	table := &watched{Users: broken}
	i := identify(t, table, time.Second, 30*time.Second)
	i.want(1, 1, "roy", nil)
	i.later(2 * time.Second)
	broken.all.Store(true)
	i.want(1, 1, "roy", nil) // starts the checks
	i.Close()
	asked := table.asked.Load()
	if table.underWay.Load() != 0 {
		t.Error("a question is under way after Close")
	}
	i.later(2 * time.Second)
	for range 3 {
		if _, err := i.who(2, 0); !errors.Is(err, account.ErrUnavailable) {
			t.Errorf("Identify() after Close = %v, want ErrUnavailable", err)
		}
	}
	if n := table.asked.Load() - asked; n != 0 {
		t.Errorf("%d questions after Close", n)
	}
	i.Close() // once more does nothing
}
