package database

import (
	"context"
	"database/sql/driver"
	"time"
)

// OpenSQLiteWithin is OpenSQLite with a bound of its own.
func OpenSQLiteWithin(ctx context.Context, cfg Config, schema Schema, limit time.Duration) (*SQLite, error) {
	return openSQLite(ctx, cfg, schema, limit)
}

// Restrict reaches what no test could make fail through OpenSQLite as root.
var Restrict = restrict

// Create is what OpenSQLite does with a file that it found empty.
func Create(ctx context.Context, file string, schema Schema) error {
	s := SQLite{file: file, schema: schema}
	return s.create(ctx)
}

// Hosts are the hosts of a Config's URL, and the names that their certificates have to
// have, "" without TLS.
func Hosts(cfg Config) (addresses, names []string, err error) {
	t, err := parseMySQL(cfg.withDefaults())
	if err != nil {
		return nil, nil, err
	}
	for _, host := range t.hosts {
		driver := t.driverFor(host)
		name := ""
		if driver.TLS != nil {
			name = driver.TLS.ServerName
		}
		addresses, names = append(addresses, driver.Addr), append(names, name)
	}
	return addresses, names, nil
}

// Connector is what database/sql gets its connections from.
func (m *MySQL) Connector() driver.Connector { return m.hosts }
