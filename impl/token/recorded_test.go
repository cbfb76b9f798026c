package token

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"hash"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// recorded is one of Flask-JWT 0.3.2's own answers; the file says how to read it.
type recorded struct {
	Name          string
	Authorization string
	Token         *recipe
	Expect        *struct {
		AnyBody bool `json:"any_body"`
	}
	Response struct {
		Status int
		Body   json.RawMessage
	}
}

// recipe says how to make a token.
type recipe struct {
	Header json.RawMessage
	Claims json.RawMessage // an object, or a string to be taken as the payload's text
	Sign   string
	Key    string
	Part   int
	Edit   [][2]string
}

// TestRecorded makes each recorded token and compares what Verify says with
// what Flask-JWT said: word for word unless the record allows other words.
func TestRecorded(t *testing.T) {
	raw, err := os.ReadFile("testdata/flask-jwt.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []recorded }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) < 30 {
		t.Fatalf("%d recorded cases, want at least 30", len(file.Cases))
	}
	s := newService(t, Config{})
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			_, compact, _ := strings.Cut(c.Authorization, " ")
			if c.Token != nil {
				compact = c.Token.build(t)
			}
			c.compare(t, s, compact)
		})
	}
}

// compare holds Verify against the record.
func (c recorded) compare(t *testing.T, s *Service, compact string) {
	t.Helper()
	_, err := s.Verify(compact)
	var body struct{ Description string }
	if c.Response.Status == 401 {
		if err := json.Unmarshal(c.Response.Body, &body); err != nil {
			t.Fatal(err)
		}
	}
	switch {
	// What the user table or the scheme decides is beyond this package.
	case c.Response.Status == 200, body.Description == "User does not exist", body.Description == "Unsupported authorization type":
		if c.Expect != nil && strings.Contains(c.Name, "identity") {
			if got := refusal(t, s, compact); got.Description != descIdentityInteger {
				t.Errorf("Verify() = %q, want %q", got.Description, descIdentityInteger)
			}
		} else if err != nil {
			t.Errorf("Verify() = %v, want no error", err)
		}
	case c.Expect != nil && c.Expect.AnyBody:
		refusal(t, s, compact)
	default:
		if got := refusal(t, s, compact); got.Description != body.Description {
			t.Errorf("Verify() = %q, want %q", got.Description, body.Description)
		}
	}
}

// build makes the token, its clock being testNow.
func (r recipe) build(t *testing.T) string {
	t.Helper()
	header := r.Header
	if header == nil {
		header = []byte(plainHeader)
	}
	payload := r.Claims
	if bytes.HasPrefix(payload, []byte(`"`)) {
		var text string
		if err := json.Unmarshal(payload, &text); err != nil {
			t.Fatal(err)
		}
		payload = []byte(text)
	}
	payload = regexp.MustCompile(`"now[+-]\d+"`).ReplaceAllFunc(payload, func(date []byte) []byte {
		offset, err := strconv.ParseInt(string(bytes.Trim(date, `"now`)), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return strconv.AppendInt(nil, testNow+offset, 10)
	})
	input := encode(string(header)) + "." + encode(string(payload))
	compact := input + "." + r.signature(t, header, input)
	for _, edit := range r.Edit {
		if edit[0] == "" {
			compact += edit[1]
		} else {
			compact = strings.ReplaceAll(compact, edit[0], edit[1])
		}
	}
	if r.Part > 0 {
		compact = strings.Join(strings.Split(compact, ".")[:r.Part], ".")
	}
	return compact
}

// signature signs with the algorithm that the recipe or else the header names.
func (r recipe) signature(t *testing.T, header json.RawMessage, input string) string {
	t.Helper()
	alg := struct{ Alg string }{r.Sign}
	if alg.Alg == "" {
		if err := json.Unmarshal(header, &alg); err != nil {
			t.Fatal(err)
		}
	}
	key := r.Key
	if key == "" {
		key = testSecret
	}
	var newHash func() hash.Hash
	switch alg.Alg {
	case "HS256":
		newHash = sha256.New
	case "HS512":
		newHash = sha512.New
	case "none":
		return ""
	default:
		t.Fatalf("the record wants %q, which this test cannot sign with", alg.Alg)
	}
	mac := hmac.New(newHash, []byte(key))
	mac.Write([]byte(input))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
