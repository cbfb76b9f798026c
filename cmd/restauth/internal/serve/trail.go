package serve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"strings"

	"github.com/restauth/restauth/api/reqctx"
	"github.com/restauth/restauth/cmd/restauth/internal/settings"
	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/audit"
	"github.com/restauth/restauth/impl/custody"
)

// trail is what records, and the file of it if there is one.
type trail struct {
	*audit.Trail
	file *audit.File
}

// openTrail opens the file that the settings name, if they do. log is told of it.
func openTrail(cfg audit.Config, s *settings.AuditTo, log *slog.Logger) (t trail, err error) {
	if name := s.AuditFile; name != "" {
		t.file, err = audit.OpenFile(name, func() (io.WriteCloser, error) { return openToAppend(name, log) }, log)
		if err != nil {
			return t, settings.Errorf("--audit-file: %w", err)
		}
		cfg.File = t.file
	}
	if t.Trail, err = audit.New(cfg); err != nil {
		return t, errors.Join(fmt.Errorf("set up the audit: %w", err), t.close())
	}
	return t, nil
}

// openToAppend opens a file for lines to be added, made for its owner alone. Whoever
// could have put another there could read who logs in, or show a trail of his own.
func openToAppend(name string, log *slog.Logger) (io.WriteCloser, error) {
	held, err := custody.Look(name)
	if err != nil {
		return nil, explainFile(err)
	}
	if why := cmp.Or(held.Planted, held.Shared); why != "" {
		return nil, fmt.Errorf("cannot use %s: %s; keep it in a folder that only its owner can write", name, why)
	}
	// Not what waits for a reader or answers for a device: opening it could hang.
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file that lines can be added to (%s)", name, info.Mode().Type())
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600) //nolint:gosec // the operator names the file, nobody else
	if err != nil {
		return nil, explainAppend(err)
	}
	info, err := file.Stat()
	if err == nil && info.Mode().Perm()&0o007 != 0 {
		log.Warn("the audit file is open to every user of this machine; chmod 600 it", "file", name, "mode", info.Mode().Perm().String())
	}
	return file, nil
}

// tend opens the file anew whenever it is told to, until ctx ends.
func (t *trail) tend(ctx context.Context, hangups <-chan os.Signal) {
	if t.file == nil {
		return
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangups:
			t.file.Reopen()
		}
	}
}

func (t *trail) close() error {
	if t.file == nil {
		return nil
	}
	if err := t.file.Close(); err != nil {
		return fmt.Errorf("close the audit file: %w", err)
	}
	return nil
}

// Changes is the trail of a command that changes users: the file that the settings
// name, or none. Such a command has no log of its own; what it prints is for who gave it.
type Changes struct{ trail }

// OpenChanges opens it, before anything is changed.
func OpenChanges(s *settings.AuditTo, log *slog.Logger) (*Changes, error) {
	t, err := openTrail(audit.Config{Logger: slog.New(slog.DiscardHandler)}, s, log)
	return &Changes{t}, err
}

// Record records a change of a user by who runs this process.
func (c *Changes) Record(ctx context.Context, kind audit.Kind, user account.User) {
	c.record(ctx, kind, audit.Known(user.ID, user.Username))
}

// RecordClear records that a user's failed logins were forgotten, or those of a name that
// is nobody's, or, where there is no name, of an address.
func (c *Changes) RecordClear(ctx context.Context, name string, counts []Count) {
	account, request := audit.Account{}, new(reqctx.Request)
	if name != "" {
		account = audit.Typed(name)
	}
	for _, count := range counts {
		if count.ID != nil {
			account = audit.Known(*count.ID, cmp.Or(count.Username, name))
		}
		network, _, _ := strings.Cut(count.Address, "/")
		if address, err := netip.ParseAddr(network); err == nil {
			request.Client = address
		}
	}
	c.record(reqctx.With(ctx, request), audit.KindThrottleClear, account)
}

func (c *Changes) record(ctx context.Context, kind audit.Kind, account audit.Account) {
	event := audit.Event{Kind: kind, Outcome: audit.OutcomeSuccess, Reason: audit.ReasonOperator, Account: account}
	if uid := os.Getuid(); uid >= 0 { // -1 where the system has no such numbers
		event.Operator = &uid
	}
	c.Trail.Record(ctx, event)
}

// Close writes what was recorded.
func (c *Changes) Close() error { return c.close() }
