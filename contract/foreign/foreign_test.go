//go:build foreign

package foreign

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/restauth/restauth/clients/go/restauthtest"
)

const document = "../../docs/clients.md"

var servers restauthtest.Builder

func TestMain(m *testing.M) { os.Exit(servers.Main(m)) }

// TestClients makes every tool's client, in turns of as many as there are
// processors, and then compares the table of docs/clients.md with what was seen.
func TestClients(t *testing.T) {
	world := start(t)
	docs, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	all := tools()
	results := make([]Result, len(all))
	t.Run("tool", func(t *testing.T) {
		for i, tool := range all {
			t.Run(tool.name, func(t *testing.T) {
				t.Parallel()
				results[i] = world.try(t, tool)
				if failed := results[i].Failed(); len(failed) > 0 {
					t.Errorf("does not: %s", strings.Join(failed, ", "))
				}
				if !strings.Contains(string(docs), "\n"+tool.generate+"\n") {
					t.Errorf("docs/clients.md does not have the line\n%s", tool.generate)
				}
			})
		}
	})
	want, err := Replace(docs, Table(results))
	if err != nil {
		t.Fatalf("docs/clients.md: %v", err)
	}
	switch {
	case string(want) == string(docs):
	case os.Getenv("FOREIGN_WRITE") != "":
		if err := os.WriteFile(document, want, 0o600); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("docs/clients.md has another table; contract/foreign/run.sh -w writes this one:\n%s", Table(results))
	}
}

// world is the servers, and what they answer to one who has no client at all.
type world struct {
	url, outage string
	token       string // good at outage, were its database there
	contract    []byte // openapi.json, as served
	want        map[string]string
}

// start runs the demo, which the contract comes from, and a server whose
// database cannot be reached. A third has the same secret and a user, so that
// the second knows its token.
func start(t *testing.T) *world {
	t.Helper()
	secret := []string{"RESTAUTH_SECRET_KEY=" + restauthtest.Secret}
	w := &world{
		url:    servers.Demo(t).URL,
		outage: servers.Serve(t, secret, "--users", "mysql://nobody:nothing@127.0.0.1:1/nowhere").URL,
		token:  servers.WithUsers(t, []string{"roy"}).Token("roy"),
	}
	w.contract = []byte(w.ask(t, http.MethodGet, w.url+"/openapi.json", "", "").body)
	right, wrong := `{"username":"roy","password":"roy"}`, `{"username":"roy","password":"wrong"}`
	good := w.ask(t, http.MethodPost, w.url+"/auth", "", right)
	token := good.member(t, "access_token")
	me := w.ask(t, http.MethodGet, w.url+"/auth/me", token, "")
	w.want = map[string]string{
		"live":      w.ask(t, http.MethodGet, w.url+"/livez", "", "").member(t, "status"),
		"message":   strings.Trim(w.ask(t, http.MethodGet, w.url+"/rest-auth", token, "").body, "\"\n"),
		"user":      me.member(t, "id") + " " + me.member(t, "subject") + " " + me.member(t, "username"),
		"login-401": w.ask(t, http.MethodPost, w.url+"/auth", "", wrong).problem(t, 401),
		"token-401": w.ask(t, http.MethodGet, w.url+"/rest-auth", "forged", "").problem(t, 401),
		"login-503": w.ask(t, http.MethodPost, w.outage+"/auth", "", right).problem(t, 503),
		"token-503": w.ask(t, http.MethodGet, w.outage+"/rest-auth", w.token, "").problem(t, 503),
	}
	return w
}

// ask sends one request, with a token and a JSON body where there are some.
func (w *world) ask(t *testing.T, method, url, token, body string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{status: response.StatusCode, pause: response.Header.Get("Retry-After"), body: string(content)}
}

// try takes a tool through its steps, each only when the one before went well.
func (w *world) try(t *testing.T, tool tool) Result {
	t.Helper()
	r := Result{
		Tool: tool.name, Version: tool.version, Typed: tool.typed, Remark: tool.remark,
		Generates: No, Compiles: NotTried, LogsIn: NotTried, Refused: NotTried, Outage: NotTried,
	}
	if r.Version == "" {
		r.Version = strings.TrimSuffix(strings.TrimPrefix(filepath.Base(os.Getenv("FOREIGN_JAR")), "openapi-generator-cli-"), ".jar")
	}
	s := newShop(t, w, tool)
	if _, err := s.command(strings.ReplaceAll(tool.generate, address, w.url)); err != nil {
		t.Error(err)
		return r
	}
	r.Generates = Yes
	if tool.program == "" {
		return r
	}
	r.Compiles, r.LogsIn, r.Refused, r.Outage = NoSuch, No, No, No
	for _, line := range tool.compile {
		r.Compiles = Yes
		if _, err := s.command(line); err != nil {
			t.Error(err)
			r.Compiles = No
			return r
		}
	}
	out, err := s.command(tool.run)
	if err != nil {
		t.Error(err) // what it printed until then counts all the same
	}
	saw := make(map[string]string)
	for line := range strings.Lines(out) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		saw[name] = rest
	}
	verdict := func(names ...string) Verdict {
		v := Yes
		for _, name := range names {
			if saw[name] != w.want[name] {
				t.Errorf("%s: the client saw %q, the server says %q", name, saw[name], w.want[name])
				v = No
			}
		}
		return v
	}
	r.LogsIn, r.Refused, r.Outage = verdict("live", "message", "user"), verdict("login-401", "token-401"), verdict("login-503", "token-503")
	return r
}
