package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/restauth/restauth/cmd/restauth/internal/serve"
	"github.com/restauth/restauth/cmd/restauth/internal/settings"
	"github.com/restauth/restauth/impl/throttle"
)

// throttleCmd shows and clears what servers have counted of failed logins.
type throttleCmd struct {
	settings.Users
	settings.State
	settings.Guesses
	SecretKeyFile string           `group:"token" placeholder:"FILE" help:"File with the secret, as for serve: names are counted under digests."`
	List          throttleListCmd  `cmd:"" help:"List who has to wait: accounts, devices and addresses."`
	Show          throttleShowCmd  `cmd:"" help:"Show what is counted of one user, or of one address."`
	Clear         throttleClearCmd `cmd:"" help:"Forget the failed logins of one user, or of one address. Servers know within seconds."`
}

// Validate is called by kong after parsing.
func (c *throttleCmd) Validate() error {
	return errors.Join(c.Users.Validate(), c.State.Validate(), c.Guesses.Validate())
}

// with opens what servers have counted.
func (c *throttleCmd) with(ctx context.Context, w world, env environment, parsed *kong.Context, do func(context.Context, *serve.Counts) error) error {
	own := ownState{c.Users, c.State}
	if err := own.there(parsed); err != nil {
		return err
	}
	log := own.log(w, parsed)
	// Weak or not: it is the servers', and signs nothing here.
	secret, err := serve.Secret(&settings.Token{SecretKeyFile: c.SecretKeyFile, AllowWeakSecret: true}, env, log)
	if err != nil {
		return err
	}
	ctx, stop := untilSignal(ctx, w)
	defer stop()
	return serve.WithCounts(ctx, serve.CountsConfig{
		State: &c.State, Users: &c.Users, Guesses: &c.Guesses, Secret: secret, Log: log,
	}, func(counts *serve.Counts) error { return do(ctx, counts) })
}

type throttleListCmd struct {
	All  bool `help:"Those too who have failed and need not wait."`
	JSON bool `name:"json" help:"Print a JSON array of objects."`
}

// Help implements kong.HelpProvider.
func (*throttleListCmd) Help() string {
	return "A line each: whose, how many failed, when the last did, and until when more are refused, " +
		"with tabs between them. A name that is nobody's is told by a digest alone, since people type passwords there."
}

// Run implements the command.
func (c *throttleListCmd) Run(ctx context.Context, w world, env environment, command *throttleCmd, parsed *kong.Context) error {
	return command.with(ctx, w, env, parsed, func(ctx context.Context, counts *serve.Counts) error {
		all, err := counts.All(ctx)
		if err != nil {
			return err
		}
		now := time.Now()
		var shown []serve.Count
		for i := range all {
			if c.All || all[i].Waits(now) {
				counts.Name(ctx, &all[i])
				shown = append(shown, all[i])
			}
		}
		return printCounts(w, shown, c.JSON, now)
	})
}

// whose is a user or an address.
type whose struct {
	Name    string `arg:"" optional:"" help:"The user's name."`
	Address string `placeholder:"ADDRESS" help:"An address in place of a name; of IPv6 its network of 64 bits is meant."`
}

// of returns what is counted of whom the command names.
func (c *whose) of(ctx context.Context, counts *serve.Counts) ([]serve.Count, error) {
	switch {
	case (c.Name == "") == (c.Address == ""):
		return nil, settings.Usagef("name either a user or, with --address, an address")
	case c.Address != "":
		return counts.OfAddress(ctx, c.Address)
	}
	return counts.OfName(ctx, c.Name)
}

func (c *whose) String() string {
	if c.Address != "" {
		return printable(c.Address)
	}
	return printable(c.Name)
}

type throttleShowCmd struct {
	whose
	JSON bool `name:"json" help:"Print a JSON array of objects."`
}

// Run implements the command.
func (c *throttleShowCmd) Run(ctx context.Context, w world, env environment, command *throttleCmd, parsed *kong.Context) error {
	return command.with(ctx, w, env, parsed, func(ctx context.Context, counts *serve.Counts) error {
		found, err := c.of(ctx, counts)
		if err != nil {
			return err
		}
		if len(found) == 0 && !c.JSON {
			fmt.Fprintf(w.stdout, "no failed login is counted of %s\n", &c.whose)
			return nil
		}
		return printCounts(w, found, c.JSON, time.Now())
	})
}

type throttleClearCmd struct {
	settings.AuditTo
	whose
}

// Run implements the command. The audit file comes first: what cannot be recorded is not
// done.
func (c *throttleClearCmd) Run(ctx context.Context, w world, env environment, command *throttleCmd, parsed *kong.Context) (err error) {
	changes, err := serve.OpenChanges(&c.AuditTo, slog.New(slog.NewTextHandler(w.stderr, nil)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, changes.Close()) }()
	return command.with(ctx, w, env, parsed, func(ctx context.Context, counts *serve.Counts) error {
		found, err := c.of(ctx, counts)
		if err != nil {
			return err
		}
		failed := 0
		for _, count := range found {
			failed += count.Failed
		}
		if failed == 0 {
			fmt.Fprintf(w.stdout, "no failed login is counted of %s\n", &c.whose)
			return nil
		}
		if err := counts.Clear(ctx, found); err != nil {
			return err
		}
		changes.RecordClear(ctx, c.Name, found)
		fmt.Fprintf(w.stdout, "forgot %d failed logins of %s; servers know within seconds\n", failed, &c.whose)
		return nil
	})
}

// printCounts prints a line or an object each.
func printCounts(w world, counts []serve.Count, asJSON bool, now time.Time) error {
	if !asJSON {
		for i := range counts {
			fmt.Fprintln(w.stdout, countLine(&counts[i], now))
		}
		return nil
	}
	type object struct {
		Kind     string `json:"kind"`
		UserID   string `json:"user_id,omitempty"`
		Username string `json:"username,omitempty"`
		Address  string `json:"address,omitempty"`
		Digest   string `json:"digest"`
		Failed   int    `json:"failed"`
		Last     string `json:"last_failed"`
		Until    string `json:"refused_until,omitempty"`
	}
	objects := make([]object, 0, len(counts)) // not nil: none is [], not null
	for i := range counts {
		c := &counts[i]
		o := object{c.Kind.String(), c.UserID, c.Username, c.Address, c.Digest(), c.Failed, stamp(c.Last), ""}
		if c.Waits(now) {
			o.Until = stamp(c.Until)
		}
		objects = append(objects, o)
	}
	listed, err := json.MarshalIndent(objects, "", "  ")
	if err != nil {
		return fmt.Errorf("write the list: %w", err)
	}
	fmt.Fprintf(w.stdout, "%s\n", escapeUnseen(listed))
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func countLine(c *serve.Count, now time.Time) string {
	until := "not refused"
	if c.Waits(now) {
		until = "refused until " + stamp(c.Until)
	}
	return strings.Join([]string{whom(c), fmt.Sprintf("%d failed", c.Failed), "last " + stamp(c.Last), until}, "\t")
}

// whom is whose count it is.
func whom(c *serve.Count) string {
	switch {
	case c.Kind == throttle.KindAddress:
		return "address " + printable(c.Address)
	case c.UserID == "":
		return "nobody's name " + c.Digest()
	}
	user := "user " + printable(c.UserID)
	if c.Username != "" {
		user += ", " + printable(c.Username)
	}
	if c.Kind == throttle.KindKnown {
		return user + ", where known " + c.Digest()[:8]
	}
	return user
}
