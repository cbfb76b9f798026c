package api_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/gen"
)

// operations stands for any implementation of the contract: each test says
// what the operations it reaches do. goodToken is the only token let in.
type operations struct {
	gen.StrictServerInterface // whatever no test reaches

	login    func(context.Context, gen.LoginRequestObject) (gen.LoginResponseObject, error)
	restAuth func(context.Context) (gen.GetRestAuthResponseObject, error)
}

const goodToken = "good.token.here"

func (o operations) Login(ctx context.Context, r gen.LoginRequestObject) (gen.LoginResponseObject, error) {
	if o.login != nil {
		return o.login(ctx, r)
	}
	return gen.Login200JSONResponse{Body: gen.Token{AccessToken: "t", TokenType: gen.TokenTokenTypeBearer, ExpiresIn: 300}}, nil
}

func (o operations) GetRestAuth(ctx context.Context, _ gen.GetRestAuthRequestObject) (gen.GetRestAuthResponseObject, error) {
	if o.restAuth != nil {
		return o.restAuth(ctx)
	}
	return gen.GetRestAuth200JSONResponse{Body: "hello"}, nil
}

func (o operations) GetCurrentUser(context.Context, gen.GetCurrentUserRequestObject) (gen.GetCurrentUserResponseObject, error) {
	name, id := "roy", int64(1)
	return gen.GetCurrentUser200JSONResponse{Body: gen.User{Id: &id, Username: &name}}, nil
}

func (o operations) Live(context.Context, gen.LiveRequestObject) (gen.LiveResponseObject, error) {
	return gen.Live200JSONResponse{Body: gen.Health{Status: gen.HealthStatusOk}}, nil
}

func (o operations) Ready(context.Context, gen.ReadyRequestObject) (gen.ReadyResponseObject, error) {
	return nil, api.Unavailable("Not now.", 7, errors.New("dial tcp 10.0.0.3:3306: refused"))
}

// bound is what every caller of New writes.
func bound(ops operations) api.Bound {
	return api.Bind(gen.Document, gen.NewStrictHandlerWithOptions, gen.HandlerWithOptions, gen.StrictServerInterface(ops))
}

// logBuffer is a log that may be written and read at once.
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

func config(ops operations, log *slog.Logger) api.Config {
	return api.Config{
		Server:  bound(ops),
		Schemes: map[string]api.Scheme{"bearer": {Authenticate: authenticate}},
		Logger:  log,
		Docs:    true,
	}
}

func authenticate(ctx context.Context, token string) (context.Context, error) {
	if token != goodToken {
		return ctx, api.TokenRefused("Invalid token", `Token is missing the "exp" claim`)
	}
	return ctx, nil
}

// start serves ops under the contract and returns its address and log.
func start(t testing.TB, ops operations) (*httptest.Server, *logBuffer) {
	t.Helper()
	log := new(logBuffer)
	handler, err := api.New(config(ops, slog.New(slog.NewJSONHandler(log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	server.Config.DisableGeneralOptionsHandler = true
	server.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(io.Discard, nil), slog.LevelError)
	server.Start()
	t.Cleanup(server.Close)
	return server, log
}

// answer is a response with its body read.
type answer struct {
	*http.Response
	body string
}

// raw sends a request byte for byte, as http.Client would not.
func raw(t testing.TB, server *httptest.Server, request string) answer {
	t.Helper()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(request, " ")
	return read(t, conn, method)
}

// anyone lets every token in.
func anyone() map[string]api.Scheme {
	return map[string]api.Scheme{"bearer": {Authenticate: func(ctx context.Context, _ string) (context.Context, error) { return ctx, nil }}}
}
