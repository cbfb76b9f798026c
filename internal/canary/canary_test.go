package canary_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/restauth/restauth/internal/canary"
)

const (
	secret = `c4n"ary \pässwort`
	token  = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE3MDAwMDAzMDB9.xnSC-Pe4RBCgxKB7QR026xxrO8Y"
)

// TestFinds what was planted, in whatever form, and nothing in text that has none.
func TestFinds(t *testing.T) {
	nest := canary.New()
	nest.Keep("a password", secret)
	inJSON, err := json.Marshal(map[string]string{"x": secret})
	if err != nil {
		t.Fatal(err)
	}
	for _, planted := range []string{
		secret, "level=INFO msg=" + secret + " more", string(inJSON), fmt.Sprintf("%q", secret), fmt.Sprintf("%+q", secret),
		"?password=" + url.QueryEscape(secret), fmt.Sprintf("%x", secret), base64.StdEncoding.EncodeToString([]byte(secret)),
		"tok=" + token, "pbkdf2:sha256:150000$k1Ud5dzh$d0347f416e89ea486b33c988c9be65730329b2dd6d712f73c9920103a006a82e",
		"sha1$ofeFms0S$9f0b7ba72147f46e78f0d50c0d13a6c17db5bee2", "scrypt:32768:8:1$dm$5355a9d6a0edec3e5bc6", "$argon2id$v=19$m=1", "$2b$12$abc",
		"$6$salt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc", "$P$BpT1RfWvEQ.lmzzyFdmJdE5", "pbkdf2_sha256$800$abcdef$AAECAwQFBgcICQoLDA0ODw==",
		"{SSHA}0c0blFTXXNuAMHECS4uxrj3ZieMoWImr", "*0E8F21E4240F5AD5A07D088F9C93890D13D78A4E",
		"mysql://root:hunter2@db/shop", strings.Repeat("0a", 32), `"Authorization": "Bearer 0123456789"`,
	} {
		if found := nest.Find(planted); len(found) == 0 {
			t.Errorf("nothing is found in %q", planted)
		}
	}
	for _, harmless := range []string{
		"", `{"time":"2026-11-28T11:00:00Z","msg":"request","request_id":"0123456789abcdef0123456789abcdef","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}`,
		"mysql://db:3306/shop", "sqlite:FILE, or mysql://user:password@host:3306/database", `"method":"pbkdf2:sha256:150000"`, "commit 5a04845f0c2b4d1e9a7763c1b2a3948576aabbcc", "Authorization: Bearer $TOKEN",
	} {
		if found := nest.Find(harmless); len(found) != 0 {
			t.Errorf("found in %q: %v", harmless, found)
		}
	}
	nest.Keep("short", "roy")
	if found := nest.Find("roy"); len(found) != 0 {
		t.Errorf("a word of three letters is found: %v", found)
	}
}

// failures is a testing.TB that only notes what fails.
type failures struct {
	testing.TB
	texts []string
}

func (f *failures) Helper() {}
func (f *failures) Errorf(format string, args ...any) {
	f.texts = append(f.texts, fmt.Sprintf(format, args...))
}

// TestTransport keeps what goes through it, changes nothing of it, and finds a server
// that repeats it.
func TestTransport(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/wrong" {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write(body)
			return
		}
		fmt.Fprintf(w, `{"access_token":"given-out-to-you","seen":%d}`, len(body))
	}))
	defer server.Close()
	nest := canary.New()
	client := &http.Client{Transport: nest.Transport(nil)}
	send := func(path, body string) string {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "JWT sent-with-it")
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	body := `{"username":"roy","password":"battery staple"}`
	if got, want := send("/", body), fmt.Sprintf(`{"access_token":"given-out-to-you","seen":%d}`, len(body)); got != want {
		t.Errorf("answer %s, want %s", got, want)
	}
	for _, kept := range []string{"battery staple", "given-out-to-you", "sent-with-it"} {
		if len(nest.Find("so it is: "+kept)) != 1 {
			t.Errorf("%s is not looked for", kept)
		}
	}
	var f failures
	if nest.CheckRefusals(&f); len(f.texts) != 0 {
		t.Errorf("before any refusal: %v", f.texts)
	}
	send("/wrong", body)
	if nest.CheckRefusals(&f); len(f.texts) != 1 || !strings.Contains(f.texts[0], "a password that was sent") {
		t.Errorf("a refusal that repeats the password: %v", f.texts)
	}
}
