package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/restauth/restauth/cmd/restauth/internal/settings"
)

// longLifetime is how long a token may be good before that is warned of.
const longLifetime = 24 * time.Hour

// tokenNotices say of settings that are taken what may not be thought of.
func tokenNotices(s *settings.Token) (notices []string) {
	if s.TokenLifetime > longLifetime {
		notices = append(notices, fmt.Sprintf("tokens are good for %s (--token-lifetime): whoever gets hold of one is its user for so long, "+
			"and services that verify tokens by themselves let a deleted user in for so long", settings.Spelled(s.TokenLifetime)))
	}
	if left := s.Unverified(); len(left) > 0 {
		notices = append(notices, fmt.Sprintf("--verify-claims leaves out %s, which changes nothing: Flask-JWT handed its list to PyJWT, "+
			"which verifies what is not named too, and so does restauth", strings.Join(left, " and ")))
	}
	if slices.Contains(s.Accept, "pyjwt") {
		notices = append(notices, "tokens made by hand are accepted (--accept pyjwt): any token with a sub that is signed with the secret and does not say "+
			"what it is for logs its user in, one that was made for a link in a mail too")
	}
	return notices
}
