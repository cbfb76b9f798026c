package main

import (
	"database/sql"
	"net/http"
	"strings"
	"testing"
)

// TestWarningsNameTheRequest: whoever writes of something met in a request, the
// domain, the user table or what watches it, the line has the request's ids, as
// the request's own line has.
func TestWarningsNameTheRequest(t *testing.T) {
	t.Parallel()
	const traceparent, trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "4bf92f3577b34da6a3ce929d0e0e4736"
	table := legacySQLite(t)
	db, err := sql.Open("sqlite", strings.TrimPrefix(table, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	exec := func(statement string) {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	exec("INSERT INTO user (username, password) VALUES ('poisoned', 'no hash'), ('twin', 'x'), ('twin', 'y')")
	s := startLegacy(t, table)
	for _, c := range []struct{ id, user, change, message string }{
		{"of-the-domain", "poisoned", "", "a stored password hash cannot be verified"},
		{"of-the-table", "twin", "", "several rows have exactly the same user name; only the one with the lowest key can log in"},
		{"of-the-watch", "roy", "ALTER TABLE user RENAME TO members", "the user table cannot be used; not ready until that is put right"},
	} {
		if c.change != "" {
			exec(c.change)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/auth", strings.NewReader(`{"username":"`+c.user+`","password":"wrong"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Request-Id", c.id)
		req.Header.Set("traceparent", traceparent)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		line := s.logLine(c.message)
		if line == nil {
			t.Fatalf("%s: nothing says %q:\n%s", c.id, c.message, s.log)
		}
		if line["request_id"] != c.id || line["trace_id"] != trace {
			t.Errorf("%s: the line has request_id %v and trace_id %v", c.id, line["request_id"], line["trace_id"])
		}
	}
	if line := s.logLine("request"); line["request_id"] != "of-the-domain" || line["trace_id"] != trace {
		t.Errorf("the request's own line: %v", line)
	}
	if line := s.logLine("listening"); line["request_id"] != nil || line["trace_id"] != nil {
		t.Errorf("a line of no request has ids: %v", line)
	}
}
