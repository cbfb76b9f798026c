//go:build verify

package verify

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	restauth "github.com/restauth/restauth/clients/go"
	"github.com/restauth/restauth/clients/go/restauthtest"
)

const page = "../../docs/verify-elsewhere.md"

var servers restauthtest.Builder

func TestMain(m *testing.M) { os.Exit(servers.Main(m)) }

func TestPrograms(t *testing.T) {
	environment := os.Getenv("VERIFY_ENVIRONMENT")
	if environment == "" {
		t.Fatal("run check.sh, which prepares Python's and Node's packages")
	}
	login := servers.WithUsers(t, []string{"ann", "roy"})
	good := login.Token("roy")
	control, requests := refusals(t, good, stranger(t))
	for program, dir := range map[string]string{
		"hello.go": t.TempDir(),
		"hello.py": t.TempDir(),
		"hello.ts": environment, // both the compiler and Node look for packages beside it
	} {
		t.Run(program, func(t *testing.T) {
			write(t, filepath.Join(dir, program), extract(t, "verify: "+program))
			short := commands(t, program, dir, "a secret of Flask's")
			if out, err := short.CombinedOutput(); err == nil || !strings.Contains(string(out), "shorter than 32 bytes") {
				t.Errorf("with a short secret: %v\n%s", err, out)
			}
			url := serve(t, commands(t, program, dir, restauthtest.Secret))
			for _, scheme := range []string{"Bearer ", "JWT ", "bearer "} {
				if status, body, _ := get(t, url, scheme+good); status != 200 || !sameUser(body, 2) {
					t.Errorf("%sTOKEN of the real server = %d %s", scheme, status, body)
				}
			}
			// Made like the refused ones but with nothing wrong in it, or they
			// would be refused for how they are made.
			if status, body, _ := get(t, url, control); status != 200 || !sameUser(body, 2) {
				t.Errorf("a token made here = %d %s", status, body)
			}
			for request, authorization := range requests {
				status, body, header := get(t, url, authorization...)
				if status != 401 || header.Get("WWW-Authenticate") == "" || header.Get("Content-Type") != "application/problem+json" {
					t.Errorf("%s = %d %s, want 401", request, status, body)
				}
			}
			// Each reads two headers in its own way; none may let the request in.
			if status, body, _ := get(t, url, "Bearer "+good, "Bearer "+good); status != 400 && status != 401 {
				t.Errorf("two Authorization headers = %d %s", status, body)
			}
		})
	}
}

// TestHS384: with the changes that the page names, each program takes tokens of a server
// that signs so, and no others.
func TestHS384(t *testing.T) {
	environment := os.Getenv("VERIFY_ENVIRONMENT")
	if environment == "" {
		t.Fatal("run check.sh, which prepares Python's and Node's packages")
	}
	now := time.Now().Unix()
	payload := map[string]any{"exp": now + 300, "iat": now, "nbf": now, "identity": 2, "sub": "2"}
	signed := func(alg string, h func() hash.Hash) string {
		return "Bearer " + sign(t, h, map[string]any{"typ": "JWT", "alg": alg}, payload)
	}
	for program, edit := range map[string]struct {
		dir     string
		changes []string
	}{
		"hello.go": {t.TempDir(), []string{"guard.Config{", "guard.Config{Algorithm: guard.HS384, "}},
		"hello.py": {t.TempDir(), []string{`algorithms=["HS256"]`, `algorithms=["HS384"]`, "LEAST = 32", "LEAST = 48"}},
		"hello.ts": {environment, []string{`algorithms: ["HS256"]`, `algorithms: ["HS384"]`, "least = 32", "least = 48"}},
	} {
		t.Run(program, func(t *testing.T) {
			text := extract(t, "verify: "+program)
			for i := 0; i < len(edit.changes); i += 2 {
				if strings.Count(text, edit.changes[i]) != 1 {
					t.Fatalf("%s has not one %s", program, edit.changes[i])
				}
				text = strings.Replace(text, edit.changes[i], edit.changes[i+1], 1)
			}
			write(t, filepath.Join(edit.dir, program), text)
			short := commands(t, program, edit.dir, restauthtest.Secret[:47])
			if out, err := short.CombinedOutput(); err == nil || !strings.Contains(string(out), "shorter than 48 bytes") {
				t.Errorf("with a short secret: %v\n%s", err, out)
			}
			url := serve(t, commands(t, program, edit.dir, restauthtest.Secret))
			if status, body, _ := get(t, url, signed("HS384", sha512.New384)); status != 200 || !sameUser(body, 2) {
				t.Errorf("HS384 = %d %s", status, body)
			}
			for alg, h := range map[string]func() hash.Hash{"HS256": sha256.New, "HS512": sha512.New, "none": sha512.New, "RS512": sha512.New} {
				if status, body, _ := get(t, url, signed(alg, h)); status != 401 {
					t.Errorf("%s = %d %s, want 401", alg, status, body)
				}
			}
		})
	}
}

// stranger is a token of another server, with another secret.
func stranger(t *testing.T) string {
	t.Helper()
	client, err := restauth.New(servers.Demo(t).URL, restauth.WithLogin("roy", "roy"))
	if err != nil {
		t.Fatal(err)
	}
	token, err := client.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// refusals are the Authorization headers that no verifier may take. Most are
// signed with the right secret, as control is, which every verifier must take.
func refusals(t *testing.T, good, stranger string) (control string, all map[string][]string) {
	t.Helper()
	parts := strings.Split(good, ".")
	now := time.Now().Unix()
	type object = map[string]any
	hs256 := object{"typ": "JWT", "alg": "HS256"}
	payload := func(change object) object {
		p := object{"exp": now + 300, "iat": now, "nbf": now, "identity": 2, "sub": "2"}
		for name, value := range change {
			if p[name] = value; value == nil {
				delete(p, name)
			}
		}
		return p
	}
	signed := func(header, payload object) []string {
		h := sha256.New
		if header["alg"] == "HS512" {
			h = sha512.New
		}
		return []string{"Bearer " + sign(t, h, header, payload)}
	}
	all = map[string][]string{
		"no header":           nil,
		"an empty header":     {""},
		"another scheme":      {"Basic cm95OnJveQ=="},
		"no token":            {"Bearer"},
		"rubbish":             {"Bearer rubbish"},
		"two parts":           {"Bearer " + parts[0] + "." + parts[1]},
		"no signature":        {"Bearer " + parts[0] + "." + parts[1] + "."},
		"another's signature": {"Bearer " + parts[0] + "." + parts[1] + "." + strings.Split(stranger, ".")[2]},
		"another's payload":   {"Bearer " + parts[0] + "." + encode(t, payload(object{"identity": 1, "sub": "1"})) + "." + parts[2]},
		"another secret":      {"Bearer " + stranger},
		"alg none, unsigned":  {"Bearer " + encode(t, object{"typ": "JWT", "alg": "none"}) + "." + parts[1] + "."},
		"alg none":            signed(object{"typ": "JWT", "alg": "none"}, payload(nil)),
		"alg HS512":           signed(object{"typ": "JWT", "alg": "HS512"}, payload(nil)),
		"alg hs256":           signed(object{"typ": "JWT", "alg": "hs256"}, payload(nil)),
		"crit":                signed(object{"typ": "JWT", "alg": "HS256", "crit": []string{"x"}, "x": 1}, payload(nil)),
		"subject of another":  signed(hs256, payload(object{"sub": "1"})),
		"typ rt+jwt":          signed(object{"typ": "rt+jwt", "alg": "HS256"}, payload(nil)),
	}
	for name, change := range map[string]object{
		"expired":          {"exp": now - 60, "iat": now - 360, "nbf": now - 360},
		"not yet":          {"nbf": now + 60},
		"exp missing":      {"exp": nil},
		"exp a word":       {"exp": "soon"},
		"iat missing":      {"iat": nil},
		"nbf missing":      {"nbf": nil},
		"identity missing": {"identity": nil, "sub": nil},
		"identity a text":  {"identity": "two", "sub": nil},
		"identity 02":      {"identity": "02", "sub": nil},
		"a refresh token":  {"type": "refresh"},
		"SimpleJWT's":      {"token_type": "refresh"},
		"Keycloak's":       {"typ": "Refresh"},
		"a kind of null":   {"type": nullValue{}},
		"a kind of 1":      {"token_type": 1},
		"identity true":    {"identity": true, "sub": nil},
		"identity 1.5":     {"identity": 1.5, "sub": nil},
		"identity a list":  {"identity": []int{2}, "sub": nil},
		"an audience":      {"aud": "someone"},
	} {
		all[name] = signed(hs256, payload(change))
	}
	return signed(hs256, payload(nil))[0], all
}

// nullValue is a null in a payload; nil there leaves a claim out.
type nullValue struct{}

// MarshalJSON implements json.Marshaler.
func (nullValue) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

func sign(t *testing.T, h func() hash.Hash, header, payload map[string]any) string {
	t.Helper()
	input := encode(t, header) + "." + encode(t, payload)
	mac := hmac.New(h, []byte(restauthtest.Secret))
	_, _ = io.WriteString(mac, input)
	return input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func encode(t *testing.T, part map[string]any) string {
	t.Helper()
	raw, err := json.Marshal(part)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// extract returns the block of the page behind the mark <!-- mark -->.
func extract(t *testing.T, mark string) string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "<!-- "+mark+" -->\n```")
	_, rest, _ = strings.Cut(rest, "\n")
	block, _, closed := strings.Cut(rest, "\n```\n")
	if !found || !closed {
		t.Fatalf("%s has no block %s", page, mark)
	}
	return block + "\n"
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// port is how the page says where a program listens.
var port = regexp.MustCompile(`PORT=\d+`)

// commands are the page's, run in dir: only the port and the clone's folder are
// others. Python is the one with the packages.
func commands(t *testing.T, program, dir, secret string) *exec.Cmd {
	t.Helper()
	script := extract(t, "run: "+program)
	if len(port.FindAllString(script, -1)) != 1 {
		t.Fatalf("%s does not set PORT once:\n%s", program, script)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
		script = strings.Replace(script, "go mod init hello\n", "", 1) // was run before
	}
	script = port.ReplaceAllString(strings.ReplaceAll(script, "=PATH/", "="+root+"/"), `PORT="$$PORT"`)
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", script)
	cmd.Dir = dir
	// The go command runs the program in a process of its own.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	python := filepath.Join(os.Getenv("VERIFY_ENVIRONMENT"), "venv/bin")
	cmd.Env = append(os.Environ(), "RESTAUTH_SECRET_KEY="+secret, "PATH="+python+":"+os.Getenv("PATH"), "PORT=0")
	return cmd
}

// serve runs a program on a free port until the test ends.
func serve(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().(*net.TCPAddr)
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	var output strings.Builder
	cmd.Env = append(cmd.Env, fmt.Sprintf("PORT=%d", address.Port))
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the program printed:\n%s", output.String())
		}
	})
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if conn, err := net.Dial("tcp", address.String()); err == nil {
			_ = conn.Close()
			return "http://" + address.String() + "/hello"
		}
		if time.Now().After(deadline) {
			t.Fatal("the program does not listen")
		}
	}
}

func get(t *testing.T, url string, authorization ...string) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header["Authorization"] = authorization
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	header := resp.Header.Clone()
	media, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	header.Set("Content-Type", media)
	return resp.StatusCode, string(body), header
}

func sameUser(body string, id int64) bool {
	var answer struct{ User int64 }
	return json.Unmarshal([]byte(body), &answer) == nil && answer.User == id
}
