package throttle_test

import (
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"unicode"

	_ "github.com/go-sql-driver/mysql"

	"github.com/restauth/restauth/impl/throttle"
	"github.com/restauth/restauth/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// rare letters are alike to some collation and not to the Folder. Whoever has one in a
// name is counted as anybody is; only of made-up names with one could be told that they
// are nobody's.
const rare = "ꞚꞛꞜꞝꞞꞟꚘꚙꚚꚛ\u08adᴈᵌ"

// TestFolderIsAsCoarseAsCollations: letters that a collation finds alike have one key, each
// in a name.
func TestFolderIsAsCoarseAsCollations(t *testing.T) {
	for name, engine := range map[string]struct {
		open       func(testing.TB) string
		collations []string
	}{
		"mariadb": {dbtest.MariaDB, []string{"utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_unicode_520_ci"}},
		"mysql":   {dbtest.MySQL, []string{"utf8mb4_0900_ai_ci"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := connect(t, engine.open(t))
			for _, collation := range engine.collations {
				folder, alike := throttle.NewFolder([]byte("secret")), 0
				for _, group := range groups(t, db, collation) {
					want := folder.Name("a" + string(group[0]) + "b")
					for _, r := range group[1:] {
						alike++
						if folder.Name("a"+string(r)+"b") != want && !strings.ContainsRune(rare, r) {
							t.Errorf("%s finds %c (%U) and %c (%U) alike, and they are counted apart", collation, group[0], group[0], r, r)
						}
					}
				}
				if alike < 900 {
					t.Errorf("%s finds %d letters alike, want about a thousand or more", collation, alike)
				}
			}
		})
	}
}

func connect(t *testing.T, raw string) *sql.DB {
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal("the URL of the test database is malformed")
	}
	password, _ := u.User.Password()
	db, err := sql.Open("mysql", fmt.Sprintf("%s:%s@tcp(%s)%s?charset=utf8mb4", u.User.Username(), password, u.Host, u.Path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// groups are the letters of the Basic Multilingual Plane that a collation has one weight
// for. Han, Hangul and Yi, of which none is another, are left out.
func groups(t *testing.T, db *sql.DB, collation string) map[string][]rune {
	t.Helper()
	all := make(map[string][]rune)
	var part []rune
	ask := func() {
		var q strings.Builder
		for i, r := range part {
			if i > 0 {
				q.WriteString(" UNION ALL ")
			}
			fmt.Fprintf(&q, "SELECT %d, HEX(WEIGHT_STRING(CONVERT(_utf8mb4 0x%X USING utf8mb4) COLLATE %s))", r, string(r), collation)
		}
		rows, err := db.Query(q.String())
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var r rune
			var weight sql.NullString
			if err := rows.Scan(&r, &weight); err != nil {
				t.Fatal(err)
			}
			all[weight.String] = append(all[weight.String], r)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		part = part[:0]
	}
	for r := rune('A'); r <= 0xffff; r++ {
		if !unicode.IsLetter(r) || unicode.In(r, unicode.Han, unicode.Hangul, unicode.Yi) {
			continue
		}
		if part = append(part, r); len(part) == 400 {
			ask()
		}
	}
	ask()
	return all
}
