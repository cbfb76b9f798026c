package main

import (
	"crypto/hmac"
	"crypto/sha512"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tokenSecret is long enough for each algorithm.
const tokenSecret = "a secret of sixty-four bytes, which is what HS512 wants for a key"

// hs512 signs any two texts by the standard library alone.
func hs512(header, payload string) string {
	input := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	mac := hmac.New(sha512.New, []byte(tokenSecret))
	mac.Write([]byte(input))
	return input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// roles is a table whose rows say more of a user than who it is.
func roles(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "shop.db")
	db, err := sql.Open("sqlite", "file://"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	const hash = "pbkdf2:sha256:150000$k1Ud5dzh$d0347f416e89ea486b33c988c9be65730329b2dd6d712f73c9920103a006a82e" // roy
	for _, statement := range []string{
		"CREATE TABLE user (id INTEGER PRIMARY KEY, username VARCHAR(45), password VARCHAR(255), role VARCHAR(900), is_admin BOOLEAN, level DECIMAL(4,2))",
		"INSERT INTO user VALUES (1, 'roy', '" + hash + "', 'editor', 1, 2.5), (2, 'none', '" + hash + "', NULL, NULL, NULL)",
		"INSERT INTO user VALUES (3, 'long', '" + hash + "', replace(hex(zeroblob(300)), '00', 'xx'), 0, 0)",
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	return "sqlite:" + file
}

// TestTokenSettings: all that can be set of tokens at once, on a running server.
func TestTokenSettings(t *testing.T) {
	t.Parallel()
	s := startServer(t, "RESTAUTH_SECRET_KEY="+tokenSecret, "--users", roles(t), "--token-algorithm", "HS512", "--token-lifetime", "48h",
		"--not-before-delta=-5s", "--accept", "flask-jwt-extended,simplejwt", "--token-profile", "flask-jwt-extended", "--issuer", "shop",
		"--token-claims", "role,is_admin=admin,level")
	if s.logLine("tokens are good for 48h (--token-lifetime): whoever gets hold of one is its user for so long, "+
		"and services that verify tokens by themselves let a deleted user in for so long") == nil {
		t.Errorf("two days are not warned of:\n%s", s.log)
	}
	for username, want := range map[string]map[string]any{
		"roy":  {"role": "editor", "admin": true, "level": 2.5, "sub": "1", "identity": 1.0},
		"none": {"role": nil, "admin": nil, "level": nil, "sub": "2", "identity": 2.0},
	} {
		compact := s.login(username, "roy")
		header, payload, _ := strings.Cut(compact, ".")
		payload, _, _ = strings.Cut(payload, ".")
		texts := [2][]byte{}
		for i, segment := range []string{header, payload} {
			var err error
			if texts[i], err = base64.RawURLEncoding.DecodeString(segment); err != nil {
				t.Fatal(err)
			}
		}
		if string(texts[0]) != `{"typ":"JWT","alg":"HS512"}` || hs512(string(texts[0]), string(texts[1])) != compact {
			t.Errorf("%s: %s is not signed with HS512", username, compact)
		}
		var claims map[string]any
		if err := json.Unmarshal(texts[1], &claims); err != nil {
			t.Fatal(err)
		}
		iat, _ := claims["iat"].(float64)
		for name, value := range map[string]any{"fresh": false, "type": "access", "iss": "shop", "jti": claims["jti"], "iat": iat, "nbf": iat - 5, "exp": iat + 48*3600} {
			want[name] = value
		}
		if diff := cmp.Diff(want, claims); diff != "" {
			t.Errorf("%s's token (-want +got):\n%s", username, diff)
		}
		if status, got := s.do("GET", "/rest-auth", "", "Bearer "+compact); status != http.StatusOK {
			t.Errorf("%s's token: %d %s", username, status, got)
		}
	}
	for range 2 {
		if status, got := s.do("POST", "/auth", `{"username":"long","password":"roy"}`, ""); status != http.StatusUnauthorized || !strings.Contains(got, "Invalid credentials") {
			t.Errorf("a row that no token can carry: %d %s", status, got)
		}
	}
	if n := strings.Count(s.log.String(), "nobody can log in by that row"); n != 1 || strings.Contains(s.log.String(), "xxxxx") {
		t.Errorf("the row was warned of %d times, or shown:\n%s", n, s.log)
	}
	takesSisters(t, s)
}

// takesSisters: by Flask-JWT-Extended's and SimpleJWT's rules, and by no others.
func takesSisters(t *testing.T, s *testServer) {
	t.Helper()
	now := time.Now().Unix()
	extended := fmt.Sprintf(`{"fresh":true,"iat":%d,"jti":"a","type":"access","sub":"1","exp":%d}`, now, now+60)
	simple := fmt.Sprintf(`{"token_type":"access","exp":%d,"jti":"a","user_id":1}`, now+60)
	flask := fmt.Sprintf(`{"exp":%d,"iat":%d,"nbf":%d,"identity":1}`, now+60, now, now)
	const header, hs256 = `{"typ":"JWT","alg":"HS512"}`, `{"typ":"JWT","alg":"HS256"}`
	for name, c := range map[string]struct {
		token string
		want  int
	}{
		"Flask-JWT-Extended's":    {hs512(header, extended), 200},
		"SimpleJWT's":             {hs512(header, simple), 200},
		"their refresh token":     {hs512(header, strings.Replace(extended, "access", "refresh", 1)), 401},
		"Django's refresh token":  {hs512(header, strings.Replace(simple, "access", "refresh", 1)), 401},
		"Flask-JWT's":             {hs512(header, flask), 401},
		"made by hand":            {hs512(header, fmt.Sprintf(`{"exp":%d,"iat":%d,"nbf":%d,"sub":1}`, now+60, now, now)), 401},
		"says HS256":              {hs512(hs256, extended), 401},
		"says none":               {hs512(`{"alg":"none"}`, extended), 401},
		"another user in user_id": {hs512(header, strings.Replace(extended, `"sub"`, `"user_id":2,"sub"`, 1)), 401},
		"nobody's":                {hs512(header, strings.Replace(simple, `"user_id":1`, `"user_id":77`, 1)), 401},
	} {
		if status, got := s.do("GET", "/rest-auth", "", "Bearer "+c.token); status != c.want {
			t.Errorf("%s: %d %s, want %d", name, status, got, c.want)
		}
	}
}

// TestKeptSecretIsTooShort: an earlier version made 32 bytes, which HS512 cannot go on
// with; what to do is said, and the secret not.
func TestKeptSecretIsTooShort(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "restauth.db")
	users := "sqlite:" + file
	startServer(t, "--users", users, "--token-algorithm", "HS512").Stop(syscall.SIGTERM) // makes one that is long enough
	db, err := sql.Open("sqlite", "file://"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	short := []byte("thirty-two bytes of an older one")
	changed, err := db.ExecContext(t.Context(), "UPDATE restauth_setting SET value = ? WHERE name = 'secret' AND length(value) = 64", short)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := changed.RowsAffected(); err != nil || n != 1 {
		t.Fatalf("%d secrets of 64 bytes, %v", n, err)
	}
	s := launch(t, "--users", users, "--token-algorithm", "HS512")
	<-s.exited
	if s.code != exitUsage || !strings.Contains(s.log.String(), "the secret that the database keeps has 32 bytes, but HS512 needs at least 64") || strings.Contains(s.log.String(), "thirty-two bytes of") {
		t.Errorf("exit code %d:\n%s", s.code, s.log)
	}
	for _, args := range [][]string{{"--users", users}, {"--users", users, "--token-algorithm", "HS512", "--allow-weak-secret"}} {
		startServer(t, args...).Stop(syscall.SIGTERM)
	}
}
