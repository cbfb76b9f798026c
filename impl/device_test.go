package impl_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/restauth/restauth/gen"
	"github.com/restauth/restauth/impl/account"
)

func noDevices(c *account.Config) { c.DeviceLifetime = 0 }

// members are those of a login's answer.
func members(t testing.TB, a answer) map[string]json.RawMessage {
	t.Helper()
	var body map[string]json.RawMessage
	if a.status != 200 || json.Unmarshal(a.body, &body) != nil {
		t.Fatalf("login = %d %s", a.status, a.body)
	}
	return body
}

func (s *server) device(brought string) string {
	s.t.Helper()
	var device string
	a := s.post(fmt.Sprintf(`{"username":"roy","password":"roy","device_token":%s}`, quoted(brought)))
	if err := json.Unmarshal(members(s.t, a)["device_token"], &device); err != nil {
		s.t.Fatalf("device_token in %s: %v", a.body, err)
	}
	return device
}

// TestDeviceTokens: a login answers one, takes it back, and keeps it as long as it is good.
func TestDeviceTokens(t *testing.T) {
	s := demo(t)
	got, err := s.client.LoginWithResponse(t.Context(), gen.Credentials{Username: "roy", Password: "roy"})
	if err != nil || got.JSON200 == nil || got.JSON200.DeviceToken == nil {
		t.Fatalf("login = %s, %v", got.Body, err)
	}
	first := *got.JSON200.DeviceToken
	if again := s.device(first); again != first {
		t.Errorf("the token that was brought is not the one to keep")
	}
	if other := s.device(""); other == first {
		t.Errorf("two devices have one token")
	}
	s.clock.unix.Add(91 * 24 * 3600)
	if renewed := s.device(first); renewed == first || s.device(renewed) != renewed {
		t.Errorf("the token was not renewed in the second half of its life")
	}
	if a := s.get("/rest-auth", "Bearer "+first); a.status != 401 {
		t.Errorf("a device token as an access token = %d", a.status)
	}
}

// TestDeviceTokensTellNothing: whatever is brought as one, a wrong password is answered the
// same, byte for byte, and a right one too but for the token to keep.
func TestDeviceTokensTellNothing(t *testing.T) {
	engines(t, func(t *testing.T, s *server) {
		good, access := s.device(""), s.login()
		without := s.credentials("roy", "wrong")
		for name, brought := range map[string]string{
			"good": good, "empty": "", "access token": access, "no base64": "\x00\n", "cut": good[:75], "long": good + "A", "other": strings.Repeat("A", 76),
			"SQL": "' OR 1=1 --",
		} {
			for _, username := range []string{"roy", "nobody"} {
				a := s.post(fmt.Sprintf(`{"username":%q,"password":"wrong","device_token":%s}`, username, quoted(brought)))
				if a.status != 401 || a.withoutID() != without.withoutID() {
					t.Errorf("%s: %s = %d %s", name, username, a.status, a.body)
				}
			}
			if next := s.device(brought); (next == brought) != (name == "good") {
				t.Errorf("%s is answered as the token to keep", name)
			}
		}
	})
}

func quoted(text string) []byte {
	raw, _ := json.Marshal(text) // a string has no error
	return raw
}

// TestMalformedDeviceTokens are refused as any other member that the schema does not take.
func TestMalformedDeviceTokens(t *testing.T) {
	s := demo(t)
	for member, keyword := range map[string]string{
		`null`: "nullable", `1`: "type", `["x"]`: "type", `{}`: "type", `true`: "type", `"` + strings.Repeat("A", 256) + `"`: "maxLength",
	} {
		a := s.post(`{"username":"roy","password":"roy","device_token":` + member + `}`)
		if a.status != 400 || !bytes.Contains(a.body, []byte(`"/device_token"`)) || !bytes.Contains(a.body, []byte(keyword)) {
			t.Errorf("device_token %.20s = %d %s", member, a.status, a.body)
		}
	}
	for _, body := range []string{
		`{"username":"roy","password":"roy","device_token":"a","device_token":"b"}`, `{"username":"roy","password":"roy","Device_Token":"a"}`,
		`{"username":"roy","password":"roy","device_token":"\ud800"}`,
	} {
		if a := s.post(body); a.status != 400 {
			t.Errorf("%s = %d", body, a.status)
		}
	}
}

// TestNoDeviceTokens: a setting leaves the member out, and passes over what is brought. What
// is left is the answer of before.
func TestNoDeviceTokens(t *testing.T) {
	s := demo(t, noDevices)
	for _, body := range []string{`{"username":"roy","password":"roy"}`, `{"username":"roy","password":"roy","device_token":"AQAA"}`} {
		got := members(t, s.post(body))
		if _, is := got["device_token"]; is || len(got) != 3 {
			t.Errorf("login = %v, want three members and no device_token", got)
		}
	}
}
