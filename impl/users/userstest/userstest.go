// Package userstest holds every user table to the same rules: Run is the
// conformance suite of account.Users, and of account.Directory where there is
// one.
package userstest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/userid"
)

// Fixture is an empty user table, opened.
type Fixture struct {
	// Users is what is tested.
	Users account.Users
	// Close closes Users.
	Close func() error
	// Directory is nil where the table is only read.
	Directory account.Directory

	// Raw reaches the table, named user with the columns id, username and
	// password, behind Users' back.
	Raw *sql.DB
	// Insensitive: the column's collation is the tutorial's,
	// utf8mb4_unicode_ci, which takes Roy, roy and "roy " for the same.
	Insensitive bool
	// NullNames: the username column takes NULL.
	NullNames bool
	// Duplicates: the username column takes the same name twice.
	Duplicates bool
	// Key is the key that stands for a number in this table, in its order, and what is
	// inserted for it; nil where keys are these numbers.
	Key func(n int64) (userid.ID, any)
}

// id is the key that stands for a number.
func (f Fixture) id(n int64) userid.ID {
	id, _ := f.key(n)
	return id
}

func (f Fixture) key(n int64) (id userid.ID, value any) {
	if f.Key == nil {
		return userid.Number(n), n
	}
	return f.Key(n)
}

// Row is a row as it stands in the table; nil is NULL.
type Row struct {
	ID       int64
	Username *string
	Password *string
}

func of(s string) *string { return &s }

func named(id int64, username string) Row {
	return Row{id, of(username), of("hash of " + username)}
}

// insert puts rows into the table.
func (f Fixture) insert(t *testing.T, rows ...Row) {
	t.Helper()
	for _, row := range rows {
		_, key := f.key(row.ID)
		_, err := f.Raw.ExecContext(t.Context(), "INSERT INTO `user` (`id`, `username`, `password`) VALUES (?, ?, ?)", key, row.Username, row.Password)
		if err != nil {
			t.Fatalf("insert row %d: %v", row.ID, err)
		}
	}
}

// Run runs the suite; open gives a fresh fixture to each part.
func Run(t *testing.T, open func(t *testing.T) Fixture) {
	for name, part := range map[string]func(*testing.T, Fixture){
		"FindByUsername": findByUsername,
		"Names":          strangeNames,
		"Nulls":          nulls,
		"Duplicates":     duplicates,
		"Collation":      collation,
		"FindByID":       findByID,
		"FindByIDs":      findByIDs,
		"SampleHashes":   sampleHashes,
		"Cancelled":      cancelled,
		"Closed":         closed,
		"Concurrency":    concurrency,
		"Directory":      directory,
		"DirectoryRace":  directoryRace,
	} {
		t.Run(name, func(t *testing.T) { part(t, open(t)) })
	}
}

// expect looks a name up and compares; id 0 stands for ErrUserNotFound.
func expect(t *testing.T, f Fixture, username string, id int64) {
	t.Helper()
	got, err := f.Users.FindByUsername(t.Context(), username)
	if id == 0 {
		if !errors.Is(err, account.ErrUserNotFound) || errors.Is(err, account.ErrUnavailable) {
			t.Errorf("FindByUsername(%q) = %v, %v, want ErrUserNotFound", username, got, err)
		}
		return
	}
	if err != nil || got.ID != f.id(id) {
		t.Errorf("FindByUsername(%q) = %v, %v, want id %d", username, got, err, id)
	}
}

func findByUsername(t *testing.T, f Fixture) {
	expect(t, f, "roy", 0) // an empty table is no failure
	f.insert(t, Row{1, of("roy"), of("as it stands")}, named(2, "anna"))
	got, err := f.Users.FindByUsername(t.Context(), "roy")
	want := account.Record{User: account.User{ID: f.id(1), Username: "roy"}, PasswordHash: "as it stands"}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("FindByUsername(roy): %v\n%s", err, diff)
	}
	for _, unknown := range []string{
		"", "ro", "royy", "0", "1", "%", "r%", "r_y", "*", "'", "' OR '1'='1", "roy'-- ", "roy\\", "%s%n", "?",
		"roy\x00x", "\x00", "\xff", "roy\xff", "\xed\xa0\x80", strings.Repeat("a", 10_000),
	} {
		expect(t, f, unknown, 0)
	}
}

func strangeNames(t *testing.T, f Fixture) {
	stored := []string{
		"o'brien", `double"quote`, "back`tick", `back\slash`, `\`, "%", "_", "r_y", "per%cent", "semi;colon", "-- comment",
		"ユーザー", "jöe", "😀", "👩‍👩‍👧", "tab\tnewline\n", " leading", "0", "1", "007", "1e3", "NULL", "true",
		strings.Repeat("n", 255), strings.Repeat("😀", 64),
	}
	for i, username := range stored {
		f.insert(t, named(int64(i+1), username))
	}
	for i, username := range stored {
		expect(t, f, username, int64(i+1))
	}
	for _, unknown := range []string{"o''brien", "r%", "%%", "__", `\\`, "7", "1000", "1.0", strings.Repeat("n", 254), strings.Repeat("n", 256)} {
		expect(t, f, unknown, 0)
	}
}

func nulls(t *testing.T, f Fixture) {
	f.insert(t, Row{1, of("nopassword"), nil}, Row{2, of("emptypassword"), of("")})
	for id, username := range map[int64]string{1: "nopassword", 2: "emptypassword"} {
		got, err := f.Users.FindByUsername(t.Context(), username)
		if want := (account.Record{User: account.User{ID: f.id(id), Username: username}}); err != nil || got != want {
			t.Errorf("FindByUsername(%s) = %v, %v, want %v", username, got, err, want)
		}
	}
	if !f.NullNames {
		return
	}
	f.insert(t, Row{8, nil, of("hash")}, Row{9, nil, nil})
	for _, username := range []string{"", "NULL", "null", "\x00", "0"} {
		expect(t, f, username, 0)
	}
	got, err := f.Users.FindByID(t.Context(), f.id(8))
	if want := (account.User{ID: f.id(8)}); err != nil || got != want {
		t.Errorf("FindByID of a row without a name = %v, %v, want %v", got, err, want)
	}
}

func duplicates(t *testing.T, f Fixture) {
	if !f.Duplicates {
		return
	}
	// The lower id is inserted last, so that neither order nor luck gives it.
	f.insert(t, named(7, "roy"), named(5, "roy"), named(9, "roy"), named(3, "other"))
	expect(t, f, "roy", 5)
}

func collation(t *testing.T, f Fixture) {
	if !f.Insensitive {
		f.insert(t, named(1, "Roy"), named(2, "jöe"))
		f.insert(t, named(3, "😀"))
		for _, other := range []string{"😁", "roy", "ROY", "Roy ", " Roy", "joe", "jo\u0308", "jo\u0308ee"} {
			expect(t, f, other, 0)
		}
		expect(t, f, "jo\u0308e", 2) // decomposed, and the very same to whoever types it
		f.insert(t, named(4, "jo\u0308e"), named(5, "ma\u0308x"))
		for username, id := range map[string]int64{"jo\u0308e": 4, "jöe": 2, "ma\u0308x": 5, "mäx": 5, "mÄx": 0} {
			expect(t, f, username, id)
		}
		return
	}
	f.insert(t, named(1, "JOE"), named(2, "joe"), named(3, "Anna"), named(4, "space"), named(5, "space "), named(6, "Bob"), named(7, "bob"), named(8, "BOB"))
	for username, id := range map[string]int64{
		"joe": 2, "JOE": 1, // an exact match wins over an older row
		"Joe": 0, "jöe": 0, "joe ": 0, // several, and none exact
		"anna": 3, "ANNA": 3, "Anna ": 3, "ánna": 3, // the only one
		"space": 4, "space ": 5, "space  ": 0,
		"bob": 7, "BOB": 8, "Bob": 6, "bOB": 0,
	} {
		expect(t, f, username, id)
	}
	if !f.Duplicates {
		return
	}
	f.insert(t, named(22, "Carl"), named(21, "carl"), named(20, "CARL"), named(24, "carl"))
	expect(t, f, "carl", 21) // exact and doubled, beside others
}

func findByID(t *testing.T, f Fixture) {
	f.insert(t, named(1, "roy"), named(math.MaxInt64, "last"))
	for id, username := range map[int64]string{1: "roy", math.MaxInt64: "last"} {
		got, err := f.Users.FindByID(t.Context(), f.id(id))
		if want := (account.User{ID: f.id(id), Username: username}); err != nil || got != want {
			t.Errorf("FindByID(%d) = %v, %v, want %v", id, got, err, want)
		}
	}
	for _, id := range []int64{0, 2, -1, math.MinInt64, math.MaxInt64 - 1} {
		if got, err := f.Users.FindByID(t.Context(), f.id(id)); !errors.Is(err, account.ErrUserNotFound) || errors.Is(err, account.ErrUnavailable) {
			t.Errorf("FindByID(%d) = %v, %v, want ErrUserNotFound", id, got, err)
		}
	}
	_, one := f.key(1)
	if _, err := f.Raw.ExecContext(t.Context(), "DELETE FROM `user` WHERE `id` = ?", one); err != nil {
		t.Fatal(err)
	}
	if got, err := f.Users.FindByID(t.Context(), f.id(1)); !errors.Is(err, account.ErrUserNotFound) {
		t.Errorf("FindByID of a deleted user = %v, %v, want ErrUserNotFound", got, err)
	}
}

func findByIDs(t *testing.T, f Fixture) {
	several := f.Users.(account.Several)
	check := func(numbers []int64, users map[int64]account.User) {
		t.Helper()
		ids, want := make([]userid.ID, 0, len(numbers)), make(map[userid.ID]account.User)
		for _, n := range numbers {
			ids = append(ids, f.id(n))
		}
		for n, user := range users {
			want[f.id(n)] = user
		}
		got, err := several.FindByIDs(t.Context(), ids)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("FindByIDs() of %d: %v\n%s", len(ids), err, diff)
		}
	}
	check(nil, map[int64]account.User{})
	check([]int64{1}, map[int64]account.User{})
	check([]int64{1, 2}, map[int64]account.User{})
	all, ids := make(map[int64]account.User), []int64{0, -1, math.MinInt64, 1 << 40}
	for n := range int64(300) {
		id := n*3 + 1
		f.insert(t, named(id, fmt.Sprint("user", id)))
		all[id], ids = account.User{ID: f.id(id), Username: fmt.Sprint("user", id)}, append(ids, id, id+1)
	}
	f.insert(t, named(math.MaxInt64, "last"))
	last := account.User{ID: f.id(math.MaxInt64), Username: "last"}
	check([]int64{1}, map[int64]account.User{1: all[1]})
	check([]int64{math.MaxInt64, 1, 1, 2}, map[int64]account.User{1: all[1], math.MaxInt64: last})
	check(ids, all) // more than one query names
	for _, n := range []int{7, 8, 9, 63, 64, 65, 255, 256, 257} {
		some := make(map[int64]account.User)
		for _, id := range ids[:n] {
			if user, ok := all[id]; ok {
				some[id] = user
			}
		}
		check(ids[:n], some)
	}
	_, four := f.key(4)
	if _, err := f.Raw.ExecContext(t.Context(), "DELETE FROM `user` WHERE `id` <> ?", four); err != nil {
		t.Fatal(err)
	}
	check(ids, map[int64]account.User{4: all[4]})
	if f.NullNames {
		f.insert(t, Row{5, nil, of("hash")})
		check([]int64{5, 4}, map[int64]account.User{4: all[4], 5: {ID: f.id(5)}})
	}
}

func sampleHashes(t *testing.T, f Fixture) {
	sample := func(limit int, want ...string) {
		t.Helper()
		got, err := f.Users.SampleHashes(t.Context(), limit)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); err != nil || len(got)+len(want) > 0 && diff != "" {
			t.Errorf("SampleHashes(%d): %v\n%s", limit, err, diff)
		}
	}
	sample(4)
	for id := int64(1); id <= 9; id++ {
		f.insert(t, Row{id, of(fmt.Sprint("user", id)), of(fmt.Sprint("hash", id))})
	}
	f.insert(t, Row{10, of("none"), nil})
	sample(-1)
	sample(0)
	sample(1, "hash1")
	sample(4, "hash1", "hash2", "hash8", "hash9")
	sample(5, "hash1", "hash2", "hash3", "hash8", "hash9")
	sample(100, "hash1", "hash2", "hash3", "hash4", "hash5", "hash6", "hash7", "hash8", "hash9")
}

// calls are all methods of account.Users, for the ways in which all fail alike.
func calls(ctx context.Context, f Fixture) map[string]error {
	users := f.Users
	_, byName := users.FindByUsername(ctx, "roy")
	_, byID := users.FindByID(ctx, f.id(1))
	_, byIDs := users.(account.Several).FindByIDs(ctx, []userid.ID{f.id(1), f.id(2)})
	_, sample := users.SampleHashes(ctx, 2)
	return map[string]error{"FindByUsername": byName, "FindByID": byID, "FindByIDs": byIDs, "SampleHashes": sample, "Ready": users.Ready(ctx)}
}

func cancelled(t *testing.T, f Fixture) {
	f.insert(t, named(1, "roy"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, err := range calls(ctx, f) {
		if !errors.Is(err, context.Canceled) || errors.Is(err, account.ErrUserNotFound) || errors.Is(err, account.ErrUnavailable) {
			t.Errorf("%s with a cancelled context: %v, want context.Canceled and no outage", name, err)
		}
	}
	for name, err := range calls(t.Context(), f) {
		if err != nil {
			t.Errorf("%s after a cancelled call: %v", name, err)
		}
	}
}

func closed(t *testing.T, f Fixture) {
	f.insert(t, named(1, "roy"))
	if err := f.Users.Ready(t.Context()); err != nil {
		t.Errorf("Ready() = %v before Close", err)
	}
	if err := f.Close(); err != nil {
		t.Fatalf("Close() = %v", err)
	}
	for name, err := range calls(t.Context(), f) {
		if !errors.Is(err, account.ErrUnavailable) || errors.Is(err, account.ErrUserNotFound) {
			t.Errorf("%s after Close: %v, want ErrUnavailable", name, err)
		}
	}
}

// concurrency reads, writes and cancels at the same time. A cancelled call must
// never spoil another one's answer or connection.
func concurrency(t *testing.T, f Fixture) {
	const users, workers, rounds = 20, 8, 25
	for id := int64(1); id <= users; id++ {
		f.insert(t, named(id, fmt.Sprint("user", id)))
	}
	var wg sync.WaitGroup
	for worker := range workers {
		wg.Go(func() {
			for round := range rounds {
				id := int64((worker*7+round)%users + 1)
				name := fmt.Sprint("user", id)
				if record, err := f.Users.FindByUsername(t.Context(), name); err != nil || record.ID != f.id(id) || record.PasswordHash != "hash of "+name {
					t.Errorf("FindByUsername(%s) = %v, %v, want id %d", name, record, err, id)
				}
				if user, err := f.Users.FindByID(t.Context(), f.id(id)); err != nil || user.Username != name {
					t.Errorf("FindByID(%d) = %v, %v, want %s", id, user, err, name)
				}
			}
		})
	}
	wg.Go(func() {
		for range rounds {
			ctx, cancel := context.WithCancel(t.Context())
			go cancel()
			if record, err := f.Users.FindByUsername(ctx, "user1"); err == nil && record.ID != f.id(1) || errors.Is(err, account.ErrUserNotFound) {
				t.Errorf("FindByUsername(user1) with a context being cancelled = %v, %v", record, err)
			}
			cancel()
		}
	})
	wg.Wait()
}
