package restauth_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	restauth "github.com/restauth/restauth/clients/go"
)

// logins are the bodies of all logins that went by.
type logins struct {
	mu     sync.Mutex
	bodies []map[string]string
}

func (l *logins) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(raw))
		var body map[string]string
		if err := json.Unmarshal(raw, &body); err != nil {
			return nil, err
		}
		l.mu.Lock()
		l.bodies = append(l.bodies, body)
		l.mu.Unlock()
	}
	return http.DefaultTransport.RoundTrip(r)
}

// devices are the device tokens that were brought, "none" where the member was left out.
func (l *logins) devices() (all []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, body := range l.bodies {
		device, is := body["device_token"]
		if !is {
			device = "none"
		}
		all = append(all, device)
	}
	return all
}

// TestKeepsTheDeviceToken: it goes with the next login, and with the first of the
// program's next run.
func TestKeepsTheDeviceToken(t *testing.T) {
	server := servers.Demo(t)
	var sent logins
	now := time.Now()
	client := newClient(t, server.URL, restauth.WithLogin("roy", "roy"), restauth.WithTransport(&sent),
		restauth.WithClock(func() time.Time { return now }))
	if got := client.DeviceToken(); got != "" {
		t.Errorf("DeviceToken() before a login = %q", got)
	}
	for range 2 {
		if _, err := client.Token(t.Context()); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Hour)
	}
	kept := client.DeviceToken()
	next := newClient(t, server.URL, restauth.WithLogin("roy", "roy"), restauth.WithTransport(&sent), restauth.WithDeviceToken(kept))
	if _, err := next.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(sent.devices()); kept == "" || got != fmt.Sprint([]string{"none", kept, kept}) {
		t.Errorf("logins brought %s, want none, and then twice %s", got, kept)
	}
	if got := next.DeviceToken(); got != kept {
		t.Errorf("DeviceToken() = %q, want the one that is still good", got)
	}
	other := newClient(t, server.URL, restauth.WithLogin("roy", "roy"), restauth.WithDeviceToken(kept[1:]))
	if _, err := other.Token(t.Context()); err != nil || other.DeviceToken() == kept[1:] {
		t.Errorf("with a device token that is none: %v, and it is kept", err)
	}
}

// TestNoDeviceToken where the server gives none: nothing is sent, and all goes on.
func TestNoDeviceToken(t *testing.T) {
	server := servers.Demo(t, "--device-token-lifetime", "0s")
	var sent logins
	now := time.Now()
	client := newClient(t, server.URL, restauth.WithLogin("roy", "roy"), restauth.WithTransport(&sent),
		restauth.WithClock(func() time.Time { return now }))
	for range 2 {
		if _, err := client.Token(t.Context()); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Hour)
	}
	if got := fmt.Sprint(sent.devices()); got != "[none none]" || client.DeviceToken() != "" {
		t.Errorf("logins brought %s and %q is kept, want neither", got, client.DeviceToken())
	}
}

// TestDeviceTokenAtAnOlderServer: one of before contract 1.3.0 refuses the member, and is
// asked without it. Other refusals are not asked twice, or each would count twice.
func TestDeviceTokenAtAnOlderServer(t *testing.T) {
	for status, asked := range map[int]int{400: 2, 401: 1, 429: 1, 503: 1} {
		var sent logins
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if raw, _ := io.ReadAll(r.Body); strings.Contains(string(raw), "device_token") {
				w.WriteHeader(status)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"access_token":"a.b.c","token_type":"Bearer","expires_in":300,"device_token":%q}`, strings.Repeat("x", 256))
		}))
		defer server.Close()
		client := newClient(t, server.URL, restauth.WithLogin("roy", "roy"), restauth.WithTransport(&sent), restauth.WithDeviceToken("kept"))
		token, err := client.Token(t.Context())
		if n := len(sent.devices()); n != asked || (err == nil) != (asked == 2) || err == nil && token != "a.b.c" {
			t.Errorf("%d: asked %d times, %q, %v, want %d times", status, n, token, err, asked)
		}
		if got := client.DeviceToken(); got != "kept" {
			t.Errorf("%d: DeviceToken() = %.20q, want what was there before: the answer's is too long", status, got)
		}
		if status == 401 && !errors.Is(err, restauth.ErrInvalidCredentials) {
			t.Errorf("401 with a device token: %v", err)
		}
	}
}
