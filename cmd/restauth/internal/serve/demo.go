package serve

import (
	"context"
	"errors"
	"fmt"
)

const (
	demoUser = "roy"
	// demoHash is the row of the Flask-JWT tutorial; its password is roy. The
	// demo so shows a hash that Werkzeug wrote, not one of restauth's own.
	demoHash = "pbkdf2:sha256:150000$k1Ud5dzh$d0347f416e89ea486b33c988c9be65730329b2dd6d712f73c9920103a006a82e"
)

// AddDemoUser adds the user of `serve --demo` to an empty database. It closes the
// app when that fails.
func (a *App) AddDemoUser(ctx context.Context) error {
	if _, err := a.embedded.Add(ctx, demoUser, demoHash); err != nil {
		return errors.Join(fmt.Errorf("add the demo user: %w", err), a.Close())
	}
	return nil
}
