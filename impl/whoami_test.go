package impl_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
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

// TestWhoIsAnyKey: where keys are texts the caller's is the subject, as it stands in the
// table, and there is no number; a token of a number is nobody's there.
func TestWhoIsAnyKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "users.db")
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{"7", "6ccd780c-baba-1026-9564-5b8c656024db", "r\u00f6y", `a"\b`, strings.Repeat("\U0001f600", 255)}
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE user (id VARCHAR(255) PRIMARY KEY, username TEXT, password TEXT)"); err != nil {
		t.Fatal(err)
	}
	for i, key := range keys {
		if _, err := db.ExecContext(t.Context(), "INSERT INTO user VALUES (?, ?, ?)", key, fmt.Sprint("user", i), royHash); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s := serve(t, "sqlite:"+file)
	if err := s.users.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, key := range keys {
		quoted, err := json.Marshal(key)
		if err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf(`{"subject":%s,"username":"user%d"}`+"\n", quoted, i)
		a := s.get("/auth/me", "Bearer "+sign(hs256, payload("identity", string(quoted))))
		if a.status != http.StatusOK || string(a.body) != want {
			t.Errorf("user %d = %d %s, want %s", i, a.status, a.body, want)
		}
	}
	for _, identity := range []string{"7", "1", `""`, `"R\u00d6Y"`, `"8"`} {
		if a := s.get("/auth/me", "Bearer "+sign(hs256, payload("identity", identity))); a.status != http.StatusUnauthorized {
			t.Errorf("identity %s = %d %s, want 401", identity, a.status, a.body)
		}
	}
}
