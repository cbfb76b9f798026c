package token

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/restauth/restauth/impl/userid"
)

// TestSiblings takes the tokens that sister applications with the same secret hand
// out, made by the libraries themselves (testdata/siblings.py): theirs for access are
// good here, and their refresh tokens, which live for weeks, are not.
func TestSiblings(t *testing.T) {
	raw, err := os.ReadFile("testdata/siblings.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	s := newService(t, Config{})
	seen := make(map[string]int)
	for line := range strings.Lines(string(raw)) {
		var c struct{ By, Kind, Token string }
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		seen[c.Kind]++
		if c.Kind == "access" {
			if claims, err := s.Verify(c.Token); err != nil || claims.UserID != userid.Number(1) {
				t.Errorf("Verify() of an access token by %s = %+v, %v, want user 1", c.By, claims, err)
			}
		} else if got := refusal(t, s, c.Token); got.Reason != ReasonKind {
			t.Errorf("Verify() of a %s token by %s = %v, want %q", c.Kind, c.By, got, descKind)
		}
	}
	if seen["access"] != 10 || seen["refresh"] != 6 || seen["sliding"] != 2 {
		t.Errorf("the record has %v, want 10 access tokens, 6 refresh tokens and 2 sliding ones", seen)
	}
}
