package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"github.com/restauth/restauth/cmd/restauth/internal/serve"
	"github.com/restauth/restauth/cmd/restauth/internal/settings"
	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/audit"
	"github.com/restauth/restauth/impl/password"
	"github.com/restauth/restauth/impl/state"
	"github.com/restauth/restauth/impl/userid"
)

// userCmd manages the embedded database. A running server notices what it
// changes: logins at once, tokens within --identity-max-age.
type userCmd struct {
	settings.Users
	settings.AuditTo
	Add    userAddCmd    `cmd:"" help:"Add a user; the password is asked for, or is the first line of standard input."`
	List   userListCmd   `cmd:"" help:"List the users: id, tab, name."`
	Passwd userPasswdCmd `cmd:"" help:"Set a user's password, asked for or read like add's."`
	Delete userDeleteCmd `cmd:"" help:"Delete a user. Tokens of a deleted user are refused within --identity-max-age (1s by default)."`

	newTable bool // as in state.EmbeddedConfig
	changes  *serve.Changes
}

func policy(s *settings.Policy) account.PasswordPolicy {
	return account.PasswordPolicy{MinLength: s.MinPasswordLength}
}

type userAddCmd struct {
	settings.Policy
	NewTable bool   `help:"Make the table, although the file has another one already."`
	Name     string `arg:"" help:"The new user's name, 1 to 255 characters."`
}

// Run implements the command.
func (c *userAddCmd) Run(ctx context.Context, w world, user *userCmd, parsed *kong.Context) error {
	if err := account.CheckUsername(c.Name); err != nil {
		return settings.Usagef("%w", err)
	}
	user.newTable = c.NewTable
	return user.change(ctx, w, parsed, true, func(ctx context.Context, users *state.Embedded) error {
		// Before the prompt: nobody should type a password for nothing.
		switch _, err := findExact(ctx, users, c.Name, parsed); {
		case err == nil:
			return fmt.Errorf("there is a user %q already; to set the password use: restauth user passwd %s%s", c.Name, quoteShell(c.Name), repeated(parsed))
		case !errors.Is(err, account.ErrUserNotFound):
			return err
		}
		hash, err := newHash(ctx, w, policy(&c.Policy), c.Name)
		if err != nil {
			return err
		}
		added, err := users.Add(ctx, c.Name, hash)
		if err != nil {
			return fmt.Errorf("add user %q: %w", c.Name, err)
		}
		user.changes.Record(ctx, audit.KindUserAdd, added)
		fmt.Fprintf(w.stdout, "added user %v, %s\n", added.ID, printable(added.Username))
		return nil
	})
}

type userListCmd struct {
	JSON bool `name:"json" help:"Print a JSON array of objects with id and username."`
}

// Run implements the command.
func (c *userListCmd) Run(ctx context.Context, w world, user *userCmd, parsed *kong.Context) error {
	return user.with(ctx, w, parsed, false, func(ctx context.Context, users *state.Embedded) error {
		all, err := users.List(ctx)
		if err != nil {
			return fmt.Errorf("list users: %w", err)
		}
		if c.JSON {
			return printJSON(w, all)
		}
		for _, u := range all {
			fmt.Fprintf(w.stdout, "%v\t%s\n", u.ID, printable(u.Username))
		}
		return nil
	})
}

func printJSON(w world, users []account.User) error {
	type row struct {
		ID       userid.ID `json:"id"`
		Username string    `json:"username"`
	}
	rows := make([]row, 0, len(users)) // not nil: an empty table is [], not null
	for _, u := range users {
		rows = append(rows, row(u))
	}
	listed, err := json.MarshalIndent(rows, "", "  ")
	if err != nil {
		return fmt.Errorf("write the list: %w", err)
	}
	fmt.Fprintf(w.stdout, "%s\n", escapeUnseen(listed))
	return nil
}

// escapeUnseen writes what a terminal may take for a command, or a reader for
// nothing, as JSON's escapes: encoding/json leaves DEL, C1 and the marks of
// direction as they are. Outside strings there is none of them.
func escapeUnseen(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for _, r := range string(text) {
		switch {
		case r == '\n' || unicode.IsPrint(r):
			out = utf8.AppendRune(out, r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}

type userPasswdCmd struct {
	settings.Policy
	Name string `arg:"" help:"The user's name."`
}

// Run implements the command.
func (c *userPasswdCmd) Run(ctx context.Context, w world, user *userCmd, parsed *kong.Context) error {
	return user.change(ctx, w, parsed, false, func(ctx context.Context, users *state.Embedded) error {
		found, err := findExact(ctx, users, c.Name, parsed)
		if err != nil {
			return err
		}
		hash, err := newHash(ctx, w, policy(&c.Policy), c.Name)
		if err != nil {
			return err
		}
		if err := users.SetPasswordHash(ctx, found.ID, hash); err != nil {
			return fmt.Errorf("set the password of user %q: %w", c.Name, err)
		}
		user.changes.Record(ctx, audit.KindUserPassword, found)
		fmt.Fprintf(w.stdout, "set the password of user %v, %s; tokens handed out before go on until they expire\n", found.ID, printable(found.Username))
		return nil
	})
}

type userDeleteCmd struct {
	Name string `arg:"" help:"The user's name."`
	Yes  bool   `short:"y" help:"Do not ask."`
}

// Run implements the command.
func (c *userDeleteCmd) Run(ctx context.Context, w world, user *userCmd, parsed *kong.Context) error {
	return user.change(ctx, w, parsed, false, func(ctx context.Context, users *state.Embedded) error {
		found, err := findExact(ctx, users, c.Name, parsed)
		if err != nil {
			return err
		}
		if !c.Yes {
			question := fmt.Sprintf("Delete user %v, %s? There is no way back. [y/N] ", found.ID, printable(found.Username))
			if err := confirm(ctx, w, question); err != nil {
				return err
			}
		}
		if err := users.Delete(ctx, found.ID); err != nil {
			return fmt.Errorf("delete user %q: %w", c.Name, err)
		}
		user.changes.Record(ctx, audit.KindUserDelete, found)
		fmt.Fprintf(w.stdout, "deleted user %v, %s\n", found.ID, printable(found.Username))
		return nil
	})
}

// change is with for what changes users. The audit file comes first: what cannot be
// recorded is not done.
func (c *userCmd) change(ctx context.Context, w world, parsed *kong.Context, create bool, do func(context.Context, *state.Embedded) error) (err error) {
	if c.changes, err = serve.OpenChanges(&c.AuditTo, slog.New(slog.NewTextHandler(w.stderr, nil))); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.changes.Close()) }()
	return c.with(ctx, w, parsed, create, do)
}

// with opens the embedded database, made when create is set and it is not
// there, for the time of do. A signal ends ctx.
func (c *userCmd) with(ctx context.Context, w world, parsed *kong.Context, create bool, do func(context.Context, *state.Embedded) error) (err error) {
	if err := c.checkEmbedded(create, parsed); err != nil {
		return err
	}
	ctx, stop := untilSignal(ctx, w)
	defer stop()
	users, err := serve.OpenEmbedded(ctx, &c.Users, c.newTable, slog.New(slog.NewTextHandler(w.stderr, nil)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, users.Close()) }()
	if err := users.Check(ctx); err != nil {
		return err
	}
	return do(ctx, users)
}

// untilSignal is a context that a signal ends.
func untilSignal(ctx context.Context, w world) (until context.Context, stop context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-w.signals:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// checkEmbedded refuses what would look like success and change nothing.
func (c *userCmd) checkEmbedded(create bool, parsed *kong.Context) error {
	file, isFile := c.File()
	switch {
	case !isFile:
		return fmt.Errorf("restauth only reads the table at %s; manage its users with the application that owns it", c.RedactedURL())
	case file == ":memory:":
		return settings.Usagef("a database in memory is gone when this command ends; name a file: --users sqlite:restauth.db")
	case create, strings.HasPrefix(file, "//"): // no file's name; opening refuses it without repeating it
		return nil
	}
	// A misspelt file would otherwise be made, and be empty.
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no database %s; name the right one with --users, or make it with: restauth user add NAME%s", file, repeated(parsed))
	}
	return nil
}

// findExact finds the user of exactly that name: who changes or deletes a user
// must not meet another one that a collation finds alike.
func findExact(ctx context.Context, users account.Users, name string, parsed *kong.Context) (account.User, error) {
	record, err := users.FindByUsername(ctx, name)
	if err == nil && record.Username == name {
		return record.User, nil
	}
	if err == nil || errors.Is(err, account.ErrUserNotFound) {
		return account.User{}, &noUserError{name, repeated(parsed)}
	}
	return account.User{}, err
}

// noUserError is account.ErrUserNotFound in words that name the user.
type noUserError struct{ name, settings string }

func (e *noUserError) Error() string {
	return fmt.Sprintf("there is no user %q; see who there is with: restauth user list%s", e.name, e.settings)
}

// Is is for errors.Is.
func (*noUserError) Is(target error) bool { return target == account.ErrUserNotFound }

// newHash asks for a password and hashes it.
func newHash(ctx context.Context, w world, policy account.PasswordPolicy, username string) (string, error) {
	plain, err := askPassword(ctx, w, username)
	if err != nil {
		return "", err
	}
	if err := policy.Check(username, plain); err != nil {
		return "", err
	}
	hash, err := password.New(plain, rand.Reader)
	if err != nil {
		return "", fmt.Errorf("hash the password: %w", err)
	}
	return hash, nil
}

// printable keeps a name from a foreign table from moving the cursor or
// breaking a line of output.
func printable(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(name)
	}
	return name
}
