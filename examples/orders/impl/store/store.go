// Package store keeps orders in an SQLite database.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	_ "modernc.org/sqlite" // registers the driver
)

const table = `CREATE TABLE IF NOT EXISTS orders (
	id        INTEGER PRIMARY KEY AUTOINCREMENT,
	user_id   INTEGER NOT NULL,
	item      TEXT    NOT NULL,
	quantity  INTEGER NOT NULL,
	placed_at INTEGER NOT NULL -- Unix seconds
) STRICT`

// Order is a row.
type Order struct {
	ID       int64
	UserID   int64
	Item     string
	Quantity int
	PlacedAt time.Time
}

// Store is safe for concurrent use.
type Store struct{ db *sql.DB }

// Open opens the file, or ":memory:", and makes the table when it is not there.
func Open(ctx context.Context, file string) (*Store, error) {
	db, err := sql.Open("sqlite", file)
	if err != nil {
		return nil, fmt.Errorf("open the orders database: %w", err)
	}
	// SQLite has one writer, and each connection to :memory: its own database.
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, table); err != nil {
		return nil, errors.Join(fmt.Errorf("make the orders table: %w", err), db.Close())
	}
	return &Store{db: db}, nil
}

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// Add keeps a new order and returns it as it is kept: with its id, and placed at
// a whole second.
func (s *Store) Add(ctx context.Context, o Order) (Order, error) {
	o.PlacedAt = o.PlacedAt.Truncate(time.Second).UTC()
	result, err := s.db.ExecContext(ctx,
		`INSERT INTO orders (user_id, item, quantity, placed_at) VALUES (?, ?, ?, ?)`,
		o.UserID, o.Item, o.Quantity, o.PlacedAt.Unix())
	if err != nil {
		return Order{}, fmt.Errorf("insert an order: %w", err)
	}
	if o.ID, err = result.LastInsertId(); err != nil {
		return Order{}, fmt.Errorf("insert an order: %w", err)
	}
	return o, nil
}

// List returns at most limit orders of the user, the newest first.
func (s *Store) List(ctx context.Context, userID int64, limit int) ([]Order, error) {
	rows, err := s.db.QueryContext(ctx,
		`SELECT id, user_id, item, quantity, placed_at FROM orders WHERE user_id = ? ORDER BY id DESC LIMIT ?`, userID, limit)
	if err != nil {
		return nil, fmt.Errorf("list orders: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err has told what there is to tell
	var orders []Order
	for rows.Next() {
		o, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("list orders: %w", err)
		}
		orders = append(orders, o)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list orders: %w", err)
	}
	return orders, nil
}

// scan reads a row of the columns in the table's order.
func scan(row interface{ Scan(...any) error }) (Order, error) {
	var o Order
	var placedAt int64
	err := row.Scan(&o.ID, &o.UserID, &o.Item, &o.Quantity, &placedAt)
	o.PlacedAt = time.Unix(placedAt, 0).UTC()
	return o, err
}
