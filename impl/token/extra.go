package token

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	// MaxExtra bounds what stands in an Extra, in bytes: a token goes with every
	// request, and many a proxy takes no header over 4 or 8 KiB.
	MaxExtra = 2 << 10
	// maxExtraNames bounds Config.Extra, and maxExtraName a name in it, in bytes.
	maxExtraNames = 16
	maxExtraName  = 64
)

// Extra is claims of an application's own as they stand in a token: members of a JSON
// object without its braces, such as
//
//	"role":"admin","level":3
//
// and "" for none. MintWith says what is wrong with one.
type Extra string

// taken are names of claims that have a meaning to somebody who verifies: those of this
// package and of the libraries that it knows, those registered with IANA that say whom
// or what a token is for, and those of OAuth. One that an application could fill from a
// row would let whoever writes the row say what only the minter may.
func taken() []string {
	return []string{
		"exp", "iat", "nbf", "identity", "sub", "iss", "aud", "jti",
		"type", "token_type", "typ", "fresh", "csrf", "user_id", "user_claims", "refresh_exp", "orig_iat", "hash_password",
		"sid", "sub_id", "azp", "client_id", "scope", "scp", "authorization_details", "auth_time", "acr", "amr", "nonce", "cnf",
		"act", "may_act", "events", "toe", "txn", "at_hash", "c_hash", "s_hash", "vot", "vtm", "trust_framework", "purpose", "use",
	}
}

// CheckExtra refuses names for Config.Extra that a minted token must not or cannot have.
func CheckExtra(names []string) error {
	if len(names) > maxExtraNames {
		return fmt.Errorf("%d claims beside a token's own, but at most %d can be written", len(names), maxExtraNames)
	}
	for i, name := range names {
		if err := checkExtraName(name); err != nil {
			return err
		}
		for _, other := range names[:i] {
			if strings.EqualFold(other, name) {
				return fmt.Errorf("the claim %s is named twice, or in two spellings that some verifiers take for one", name)
			}
		}
	}
	return nil
}

func checkExtraName(name string) error {
	switch {
	case name == "":
		return errors.New("a claim has no name")
	case len(name) > maxExtraName:
		return fmt.Errorf("the name of a claim is longer than %d bytes", maxExtraName)
	case strings.ContainsFunc(name, oddInName):
		return errors.New("the name of a claim has a character other than A-Z a-z 0-9 - . _ : /")
	}
	for _, reserved := range taken() {
		if strings.EqualFold(reserved, name) {
			return fmt.Errorf("%q cannot be a claim of your own: verifiers read it as something that only the login server may say; choose another name", name)
		}
	}
	return nil
}

func oddInName(r rune) bool {
	switch {
	case 'A' <= r && r <= 'Z', 'a' <= r && r <= 'z', '0' <= r && r <= '9':
		return false
	}
	return !strings.ContainsRune("-._:/", r)
}

// extended returns the payload with extra behind it, if every verifier reads it as it
// is meant: strict JSON, no name twice, in no two spellings, and none but those that are
// configured.
func (s *Service) extended(payload []byte, extra Extra) ([]byte, error) {
	if len(extra) > MaxExtra {
		return nil, fmt.Errorf("the claims of the user's row have %d bytes, and over %d none are written", len(extra), MaxExtra)
	}
	members, others := 0, 0
	fault := readObject([]byte("{"+string(extra)+"}"), s.extra, func(name string, value jsontext.Token) {
		members++
		if !slices.Contains(s.extra, name) || value.Kind() == '{' || value.Kind() == '[' {
			others++
		}
	})
	switch {
	case fault != "":
		return nil, fmt.Errorf("the claims of the user's row %s", fault)
	case members == 0 || others > 0:
		return nil, errors.New("the claims of the user's row are others than those configured, or no plain values")
	}
	payload = append(payload[:len(payload)-1], ',') // in the place of the brace
	return append(append(payload, extra...), '}'), nil
}
