package impl_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/throttle"
)

// TestTheKnownAreNotShutOut: guesses of strangers use up what strangers have, and nothing
// of what a device or an address has that the user has logged in from; nor do those of one
// device take anything from the others.
func TestTheKnownAreNotShutOut(t *testing.T) {
	s := demo(t, throttled(t, new(asked)))
	s.add("ann", royHash)
	login := func(username, password, address, device string) (string, error) {
		principal, err := s.accounts.Verify(t.Context(), account.Credentials{Username: username, Password: password, Address: address, DeviceToken: device})
		if err != nil {
			return "", err
		}
		return s.accounts.IssueDevice(principal, device)
	}
	good := func(username, address string) string {
		t.Helper()
		device, err := login(username, "roy", address, "")
		if err != nil || device == "" {
			t.Fatalf("login of %s at %s = %q, %v", username, address, device, err)
		}
		return device
	}
	phone, tablet, anns := good("roy", "203.0.113.1"), good("roy", "203.0.113.2"), good("ann", "203.0.113.3")
	guess := func(address, device string, times int) (refused int) {
		for i := range times {
			_, err := login("roy", fmt.Sprint("guess ", address, i), address, device)
			var limit *throttle.RefusedError
			if errors.As(err, &limit) {
				refused++
			} else if !errors.Is(err, account.ErrInvalidCredentials) {
				t.Fatalf("a guess = %v", err)
			}
		}
		return refused
	}
	if n := guess("198.51.100.1", "", 20); n != 10 {
		t.Errorf("%d of 20 guesses were refused, want 10", n)
	}
	forged := phone[:len(phone)-4] + "AAAA"
	for name, c := range map[string]struct {
		address, device string
		known           bool
	}{
		"a stranger":                        {"198.51.100.1", "", false},
		"another stranger":                  {"198.51.100.2", "", false},
		"with a forged device token":        {"198.51.100.3", forged, false},
		"with another user's":               {"198.51.100.4", anns, false},
		"at another user's address":         {"203.0.113.3", "", false},
		"with the device token":             {"198.51.100.5", phone, true},
		"at a known address":                {"203.0.113.1", "", true},
		"there, with a forged device token": {"203.0.113.2", forged, true},
	} {
		for range 5 {
			if _, err := login("roy", "roy", c.address, c.device); (err == nil) != c.known {
				t.Errorf("%s: %v, want it let in: %v", name, err, c.known)
			}
		}
	}
	if _, err := login("roy", "roy", "198.51.100.1", phone); err != nil {
		t.Errorf("with the device token, where the guesses came from: %v", err)
	}
	if n := guess("198.51.100.9", phone, 20); n != 10 {
		t.Errorf("%d of 20 guesses with a stolen device token were refused, want 10", n)
	}
	if _, err := login("roy", "roy", "198.51.100.9", phone); err == nil {
		t.Error("the stolen device token lets in after its guesses")
	}
	for where, device := range map[string]string{"203.0.113.1": "", "198.51.100.9": tablet} {
		if _, err := login("roy", "roy", where, device); err != nil {
			t.Errorf("the owner at %s: %v", where, err)
		}
	}
}
