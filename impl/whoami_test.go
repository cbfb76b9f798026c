package impl_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"testing"
)

// TestWhoIsExact: the caller's key comes as a text beside the number, exact
// beyond 2^53 too, where JavaScript's numbers end; and a row without a name has
// no member for it.
func TestWhoIsExact(t *testing.T) {
	file := filepath.Join(t.TempDir(), "users.db")
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE user (id INTEGER PRIMARY KEY, username TEXT, password TEXT)"); err != nil {
		t.Fatal(err)
	}
	ids := []int64{1, 1<<53 - 1, 1<<53 + 1, 1<<63 - 1, 0, -7, -1 << 63}
	for _, id := range ids {
		name := any("user" + strconv.FormatInt(id, 10))
		if id == 0 {
			name = nil
		}
		if _, err := db.ExecContext(t.Context(), "INSERT INTO user VALUES (?, ?, ?)", id, name, royHash); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s := serve(t, "sqlite:"+file)
	for _, id := range ids {
		want := fmt.Sprintf(`{"id":%[1]d,"subject":"%[1]d","username":"user%[1]d"}`+"\n", id)
		if id == 0 {
			want = `{"id":0,"subject":"0"}` + "\n"
		}
		a := s.get("/auth/me", "Bearer "+sign(hs256, payload("identity", strconv.FormatInt(id, 10))))
		if a.status != http.StatusOK || string(a.body) != want {
			t.Errorf("user %d = %d %s, want %s", id, a.status, a.body, want)
		}
	}
}
