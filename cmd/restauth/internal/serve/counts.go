package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"github.com/restauth/restauth/api/reqctx"
	"github.com/restauth/restauth/cmd/restauth/internal/settings"
	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/keys"
	"github.com/restauth/restauth/impl/state"
	"github.com/restauth/restauth/impl/throttle"
	"github.com/restauth/restauth/impl/userid"
)

// mostCounted is how many rows of failed logins a command looks at.
const mostCounted = 1 << 18

// CountsConfig says where failed logins are counted.
type CountsConfig struct {
	State   *settings.State
	Users   *settings.Users
	Guesses *settings.Guesses
	Secret  []byte // what Secret returned
	Log     *slog.Logger
}

// Counts is what servers have counted of failed logins, for the operator.
type Counts struct {
	guesses state.Guesses
	users   userTable
	budgets budgets
	folder  *throttle.Folder
	log     *slog.Logger
	unnamed bool // that users' names cannot be read was said
}

// Count is one of them, with the user's name.
type Count struct {
	throttle.Count
	// Username is the name in the user table, "" where it cannot be told.
	Username string
	// ID is UserID as the table's key, nil where it is none.
	ID *userid.ID
}

// WithCounts opens the state and the user table for the time of do.
func WithCounts(ctx context.Context, cfg CountsConfig, do func(*Counts) error) (err error) {
	opened, err := usersConfig(cfg.Users, cfg.Log)
	if err != nil {
		return err
	}
	table, embedded, err := openUsers(ctx, opened, cfg.Users.Embedded(), false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, table.Close()) }()
	k, err := openState(ctx, cfg.State, cfg.Users, false, cfg.Log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.close()) }()
	if err := k.of(embedded); err != nil {
		return err
	}
	if k.State == nil {
		return settings.Usagef("no state is kept, so that each server counts failed logins in its own memory; name the one that servers share with --state or RESTAUTH_STATE")
	}
	if err := k.Check(ctx); err != nil {
		return err
	}
	secret, err := orKept(ctx, &settings.Token{AllowWeakSecret: true}, cfg.Secret, embedded)
	if err != nil {
		return settings.Errorf("names are counted under digests with the servers' secret: set RESTAUTH_SECRET_KEY or --secret-key-file as for serve (%w)", err)
	}
	ring, err := keys.Single(secret)
	if err != nil {
		return err
	}
	key, err := ring.Derive(throttle.KeyPurpose)
	if err != nil {
		return err
	}
	return do(&Counts{
		guesses: k.Guesses(), users: table, budgets: budgetsOf(cfg.Guesses), folder: throttle.NewFolder(key), log: cfg.Log,
	})
}

func (b *budgets) of(kind throttle.Kind) throttle.Budget {
	switch kind {
	case throttle.KindKnown:
		return b.known
	case throttle.KindAddress:
		return b.address
	default:
		return b.account
	}
}

// All returns everything that is counted, who waits longest first.
func (c *Counts) All(ctx context.Context) ([]Count, error) {
	return c.some(ctx, func(throttle.Row) bool { return true })
}

func (c *Counts) some(ctx context.Context, which func(throttle.Row) bool) ([]Count, error) {
	rows, err := c.guesses.All(ctx, mostCounted)
	if err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(rows, func(row throttle.Row) bool { return !which(row) })
	if c.users.IDs() == userid.Unknown {
		if err := c.users.Ready(ctx); err != nil { // which finds out
			c.nameless(ctx, err)
		}
	}
	var all []Count
	for _, count := range throttle.Counts(rows, c.budgets.of, time.Now()) {
		one := Count{Count: count}
		if id, ok := userid.Parse(c.users.IDs(), count.UserID); ok {
			one.ID = &id
		}
		all = append(all, one)
	}
	return all, nil
}

// Name finds out what a count's user is called.
func (c *Counts) Name(ctx context.Context, count *Count) {
	if count.ID == nil || c.unnamed {
		return
	}
	user, err := c.users.FindByID(ctx, *count.ID)
	switch {
	case err == nil:
		count.Username = user.Username
	case !errors.Is(err, account.ErrUserNotFound):
		c.nameless(ctx, err)
	}
}

func (c *Counts) nameless(ctx context.Context, err error) {
	if !c.unnamed {
		c.unnamed = true
		c.log.WarnContext(ctx, "the users' names cannot be read; their ids stand alone", "error", err)
	}
}

// OfName returns what is counted of a user, or of a name that is nobody's.
func (c *Counts) OfName(ctx context.Context, name string) ([]Count, error) {
	user, key, err := c.find(ctx, name)
	if err != nil {
		return nil, err
	}
	counts, err := c.some(ctx, func(row throttle.Row) bool {
		return row.Key == key || user.ID != "" && row.UserID == user.ID
	})
	for i := range counts {
		counts[i].Username = user.Name
	}
	return counts, err
}

// counted is a user as failed logins have it.
type counted struct{ ID, Name string }

func (c *Counts) find(ctx context.Context, name string) (counted, throttle.Key, error) {
	record, err := c.users.FindByUsername(ctx, name)
	switch {
	case errors.Is(err, account.ErrUserNotFound):
		return counted{}, c.folder.Name(name), nil
	case err != nil:
		return counted{}, throttle.Key{}, fmt.Errorf("find user %q: %w", name, err)
	}
	return counted{record.ID.String(), record.Username}, c.folder.Name(record.Username), nil
}

// OfAddress returns what is counted of an address.
func (c *Counts) OfAddress(ctx context.Context, address string) ([]Count, error) {
	parsed, err := netip.ParseAddr(address)
	if err != nil {
		prefix, err := netip.ParsePrefix(address)
		if err != nil {
			return nil, settings.Usagef("--address: %q is no address, such as 192.0.2.1 or 2001:db8::1", address)
		}
		parsed = prefix.Addr()
	}
	key := c.folder.Address(reqctx.Request{Client: parsed.Unmap().WithZone("")}.ClientKey())
	return c.some(ctx, func(row throttle.Row) bool { return row.Key == key })
}

// Clear takes away what counts were made of.
func (c *Counts) Clear(ctx context.Context, counts []Count) error {
	until := time.Now().Unix() + 1
	cleared := make([]throttle.Key, len(counts))
	for i, count := range counts {
		cleared[i] = count.Key
		until = max(until, count.Last.Unix()) // a server's clock may be ahead
	}
	return c.guesses.Clear(ctx, cleared, uint32(until)) //nolint:gosec // until 2106
}
