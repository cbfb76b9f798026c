package impl_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/api/contracttest"
	"github.com/restauth/restauth/gen"
	"github.com/restauth/restauth/impl"
	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/keys"
	"github.com/restauth/restauth/impl/password/gate"
	"github.com/restauth/restauth/impl/password/pool"
	"github.com/restauth/restauth/impl/state"
	"github.com/restauth/restauth/impl/token"
	"github.com/restauth/restauth/impl/userid"
	"github.com/restauth/restauth/impl/users"
	"github.com/restauth/restauth/internal/canary"
	"github.com/restauth/restauth/internal/dbtest"
	"github.com/restauth/restauth/internal/flaskjwt"
)

// patience is how long a test waits for what takes milliseconds on an idle machine.
const patience = 2 * time.Minute

// always is the bound of a gate that is to admit everyone, however slow the machine.
const always = 24 * time.Hour

// hashingArg makes the test binary a hashing process.
const hashingArg = "-hashing-process"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == hashingArg {
		if err := pool.ServeChild(os.Args[2:]); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	dbtest.Main(m)
}

// royHash is the tutorial's row: password roy.
const royHash = "pbkdf2:sha256:150000$k1Ud5dzh$d0347f416e89ea486b33c988c9be65730329b2dd6d712f73c9920103a006a82e"

// usersSQL is the recorded application's table.
const usersSQL = "../internal/flaskjwt/testdata/users.sql"

// clock stands still until a test moves it.
type clock struct{ unix atomic.Int64 }

func newClock() *clock {
	c := new(clock)
	c.unix.Store(1_800_000_000)
	return c
}

func (c *clock) now() time.Time { return time.Unix(c.unix.Load(), 0) }

// logBuffer collects the server's log.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// server is everything but the command: a real listener, the real middleware,
// a real database, a clock that stands still, every answer validated.
type server struct {
	t        testing.TB
	url      string
	users    userTable
	accounts *account.Service
	keys     *keys.Ring
	clock    *clock
	log      *logBuffer
	contract *contracttest.Transport
	http     *http.Client
	client   *gen.ClientWithResponses
	nest     *canary.Nest
}

// userTable is users in any database.
type userTable interface {
	account.Users
	Check(ctx context.Context) error
	IDs() userid.Kind
	Close() error
}

// ids are numbers until something else is known: the command checks the table first.
func (s *server) ids() userid.Kind {
	if s.users.IDs() == userid.Texts {
		return userid.Texts
	}
	return userid.Numbers
}

func openUsers(t testing.TB, cfg users.Config) (userTable, error) {
	if strings.HasPrefix(cfg.URL, "sqlite:") {
		return state.OpenEmbedded(t.Context(), state.EmbeddedConfig{Config: cfg})
	}
	return users.Open(t.Context(), cfg)
}

type option func(*account.Config)

func refuseWeak(c *account.Config) { c.AllowWeakHashes = false }

// serve runs a server over the users at usersURL until the test ends.
func serve(t testing.TB, usersURL string, options ...option) *server {
	t.Helper()
	s := &server{t: t, clock: newClock(), log: new(logBuffer), contract: contracttest.New(t, gen.Document), nest: canary.New()}
	t.Cleanup(s.silent)
	logger := slog.New(slog.NewJSONHandler(s.log, nil))
	var err error
	s.users, err = openUsers(t, users.Config{URL: usersURL, Timeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.users.Close(); err != nil {
			t.Error(err)
		}
	})
	s.keys, err = keys.Single([]byte(flaskjwt.Secret))
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := token.New(token.Config{Keys: s.keys, Lifetime: 5 * time.Minute, Leeway: 10 * time.Second, Now: s.clock.now, IDs: s.ids})
	if err != nil {
		t.Fatal(err)
	}
	gate, err := pool.NewGate(pool.Config{}, gate.Config{MaxWait: always}) // Who waits is answered.
	if err != nil {
		t.Fatal(err)
	}
	cfg := account.Config{
		Users: s.users, Tokens: tokens, Keys: s.keys, AllowWeakHashes: true, Logger: logger, Gate: gate,
		DeviceLifetime: 180 * 24 * time.Hour, KnownAddressAge: 30 * 24 * time.Hour, Now: s.clock.now,
	}
	for _, o := range options {
		o(&cfg)
	}
	accounts, err := account.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.accounts = accounts
	if err := accounts.LearnCost(t.Context()); err != nil && !errors.Is(err, account.ErrUnavailable) {
		t.Fatal(err)
	}
	operations := impl.New(impl.Config{Accounts: accounts, Ready: s.users.Ready})
	handler, err := api.New(api.Config{Server: operations.Bind(), Schemes: operations.Schemes(), Logger: logger, Docs: true})
	if err != nil {
		t.Fatal(err)
	}
	listening := httptest.NewServer(handler)
	t.Cleanup(listening.Close)
	s.url = listening.URL
	s.http = &http.Client{Transport: s.nest.Transport(s.contract), Timeout: patience}
	s.client, err = gen.NewClientWithResponses(s.url, gen.WithHTTPClient(s.http))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// silent fails the test if the server has told a secret, in its log or in a refusal.
func (s *server) silent() {
	s.t.Helper()
	s.nest.Check(s.t, "the log", s.log.String())
	s.nest.CheckRefusals(s.t)
}

// demo serves an SQLite database in memory with the tutorial's user.
func demo(t testing.TB, options ...option) *server {
	t.Helper()
	s := serve(t, "sqlite::memory:", options...)
	s.add("roy", royHash)
	return s
}

func (s *server) add(username, hash string) account.User {
	s.t.Helper()
	user, err := s.users.(account.Directory).Add(context.Background(), username, hash)
	if err != nil {
		s.t.Fatal(err)
	}
	return user
}

// engines runs a test on every database that holds the recorded users; on
// SQLite without the rows that have a NULL where that schema forbids one.
func engines(t *testing.T, test func(t *testing.T, s *server), options ...option) {
	t.Helper()
	for name, open := range map[string]func(testing.TB) string{"mariadb": dbtest.MariaDB, "mysql": dbtest.MySQL} {
		t.Run(name, func(t *testing.T) {
			url := open(t)
			dbtest.Load(t, url, usersSQL)
			test(t, serve(t, url, options...))
		})
	}
	t.Run("sqlite", func(t *testing.T) { test(t, demo(t, options...)) })
}

func bearer(compact string) gen.RequestEditorFn {
	return func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+compact)
		return nil
	}
}

// login returns roy's token.
func (s *server) login() string {
	s.t.Helper()
	got, err := s.client.LoginWithResponse(s.t.Context(), gen.Credentials{Username: "roy", Password: "roy"})
	if err != nil {
		s.t.Fatal(err)
	}
	if got.JSON200 == nil {
		s.t.Fatalf("login = %d %s", got.StatusCode(), got.Body)
	}
	return got.JSON200.AccessToken
}

// answer is what a raw request got.
type answer struct {
	status  int
	header  http.Header
	body    []byte
	problem gen.Problem
	took    time.Duration
}

func (s *server) post(body string) answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/auth", strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	return s.do(r)
}

// credentials logs in with the two values as JSON strings.
func (s *server) credentials(username, password string) answer {
	s.t.Helper()
	body, err := json.Marshal(gen.Credentials{Username: username, Password: password})
	if err != nil {
		s.t.Fatal(err)
	}
	return s.post(string(body))
}

func (s *server) get(path, authorization string) answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	return s.do(r)
}

func (s *server) do(r *http.Request) answer {
	s.t.Helper()
	start := time.Now()
	resp, err := s.http.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	a := answer{status: resp.StatusCode, header: resp.Header, body: body, took: time.Since(start)}
	if resp.StatusCode >= 400 && len(body) > 0 {
		if err := json.Unmarshal(body, &a.problem); err != nil {
			s.t.Fatal(fmt.Errorf("%d %s: %w", a.status, body, err))
		}
	}
	return a
}

// soon is what a request got that is to be answered within 100 ms. A busy machine may
// take longer for it, but hardly each time; what takes long by itself does.
func (s *server) soon(send func() answer) answer {
	s.t.Helper()
	const bound, tries = 100 * time.Millisecond, 50
	var a answer
	for range tries {
		if a = send(); a.took <= bound {
			return a
		}
	}
	s.t.Errorf("%d times an answer took more than %v, the last one %v", tries, bound, a.took)
	return a
}

// withoutID is an answer's bytes with the request id taken out.
func (a answer) withoutID() string {
	return strings.ReplaceAll(string(a.body), a.header.Get("X-Request-Id"), "ID")
}
