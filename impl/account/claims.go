package account

import "github.com/restauth/restauth/impl/token"

// MostClaims bounds Claims.Members, in bytes.
const MostClaims = token.MaxExtra

// Claims are what of a user's row its tokens carry beside their own claims.
type Claims struct {
	// Members are members of a JSON object without its braces, "" for none.
	Members string
	// Unfit says that the row has a value that no token can carry. Nobody logs in by such
	// a row: a token that lacks what services look for in it may mean anything to them.
	Unfit bool
}
