package users_test

import (
	"path/filepath"
	"testing"

	"github.com/restauth/restauth/impl/state"
	"github.com/restauth/restauth/impl/userid"
	"github.com/restauth/restauth/impl/users"
	"github.com/restauth/restauth/internal/dbtest"
)

// BenchmarkFind measures what a login and a guarded request ask of the table,
// and beside them the round trip that no query can be faster than.
func BenchmarkFind(b *testing.B) {
	embedded := func(url string) func(testing.TB) *users.Store {
		return func(t testing.TB) *users.Store {
			s, err := state.OpenEmbedded(t.Context(), state.EmbeddedConfig{Config: users.Config{URL: url}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			if _, err := s.Add(t.Context(), "roy", "hash"); err != nil {
				t.Fatal(err)
			}
			return s.Store
		}
	}
	server := func(fresh func(testing.TB) string) func(testing.TB) *users.Store {
		return func(t testing.TB) *users.Store {
			url := fresh(t)
			dbtest.Exec(t, url, tutorialTable, rows)
			return open(t, users.Config{URL: url})
		}
	}
	for name, fixture := range map[string]func(testing.TB) *users.Store{
		"memory":  embedded("sqlite::memory:"),
		"sqlite":  embedded("sqlite:" + filepath.Join(b.TempDir(), "users.db")),
		"mariadb": server(dbtest.MariaDB),
		"mysql":   server(dbtest.MySQL),
	} {
		b.Run(name, func(b *testing.B) {
			s := fixture(b)
			b.Run("FindByID", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := s.FindByID(b.Context(), userid.Number(1)); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("FindByUsername", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := s.FindByUsername(b.Context(), "roy"); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
	for name, fresh := range servers {
		b.Run(name+"/ping", func(b *testing.B) {
			db := raw(b, fresh(b))
			for b.Loop() {
				if err := db.PingContext(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/unprepared", func(b *testing.B) { // what each lookup would cost
			url := fresh(b)
			dbtest.Exec(b, url, tutorialTable, rows)
			db := raw(b, url)
			for b.Loop() {
				var id int64
				var username string
				if err := db.QueryRowContext(b.Context(), "SELECT id, username FROM `user` WHERE id = ?", 1).Scan(&id, &username); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
