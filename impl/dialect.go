package impl

import (
	"cmp"
	"errors"
	"strings"
	"time"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/api/document"
	"github.com/restauth/restauth/api/problem"
	"github.com/restauth/restauth/gen"
)

// Dialect is what clients of an older server call otherwise than the contract. Each
// member that is "" is as the contract has it.
type Dialect struct {
	// LoginPath is where the login is.
	LoginPath string
	// UsernameMember and PasswordMember are the login's members.
	UsernameMember, PasswordMember string
	// TokenMember is where its answer has the token.
	TokenMember string
	// OnlyToken leaves out what else a login answers.
	OnlyToken bool
	// AuthorizationPrefix is a scheme that tokens may follow beside Bearer and JWT.
	AuthorizationPrefix string
	// Realm is what challenges name.
	Realm string
	// TokenLifetime is how long a token is good, where that is more than a day.
	TokenLifetime time.Duration
}

// What the contract calls them.
const (
	loginPath      = "/auth"
	credentials    = "Credentials"
	usernameMember = "username"
	passwordMember = "password"
	answered       = "Token"
	tokenMember    = "access_token"
	lifetimeMember = "expires_in"
	usualLifetime  = 24 * time.Hour // at the most
	usualRealm     = "Login Required"
)

// alsoTaken is what the security scheme's description says of a prefix.
const alsoTaken = "`Authorization: JWT TOKEN`"

// prefix is the scheme that is taken beside the usual ones, "" for none.
func (d Dialect) prefix() string {
	if strings.EqualFold(d.AuthorizationPrefix, "Bearer") || strings.EqualFold(d.AuthorizationPrefix, "JWT") {
		return ""
	}
	return d.AuthorizationPrefix
}

// Document is what of the dialect the contract says.
func (d Dialect) Document() document.Dialect {
	token := document.Members{
		Schema: answered, Renames: []document.Rename{{From: tokenMember, To: cmp.Or(d.TokenMember, tokenMember)}},
	}
	if d.OnlyToken {
		token.Only = []string{tokenMember}
	}
	if d.TokenLifetime > usualLifetime {
		token.Maximums = []document.Maximum{{Member: lifetimeMember, Is: int64(d.TokenLifetime / time.Second)}}
	}
	texts := []document.Rename{{From: problem.Realm, To: problem.RealmOf(cmp.Or(d.Realm, usualRealm))}}
	if prefix := d.prefix(); prefix != "" {
		texts = append(texts, document.Rename{From: alsoTaken, To: alsoTaken + " or `Authorization: " + prefix + " TOKEN`"})
	}
	return document.Dialect{
		Paths: []document.Rename{{From: loginPath, To: cmp.Or(d.LoginPath, loginPath)}},
		Schemas: []document.Members{
			{Schema: credentials, Renames: []document.Rename{
				{From: usernameMember, To: cmp.Or(d.UsernameMember, usernameMember)},
				{From: passwordMember, To: cmp.Or(d.PasswordMember, passwordMember)},
			}},
			token,
		},
		Texts: texts,
	}
}

// Apply has an API speak the dialect.
func (d Dialect) Apply(cfg *api.Config) {
	cfg.Dialect, cfg.AuthorizationPrefix = d.Document(), d.prefix()
	if d.Realm != usualRealm {
		cfg.Realm = d.Realm
	}
}

// Check says whether the contract can be put into the dialect: see [Refused].
func (d Dialect) Check() error {
	if d.Document().None() {
		return nil
	}
	return api.CheckDialect(gen.Document, d.Document())
}

// Contract is the document as the API serves it, as YAML and as JSON, with the address
// where clients reach the server.
func (d Dialect) Contract(publicURL string) (asYAML, asJSON []byte, err error) {
	return api.Served(gen.Document, d.Document(), publicURL)
}

// Member is what of a Dialect the contract refused.
type Member int

// The members that can be refused, once the words themselves are good.
const (
	NoMember Member = iota
	LoginPathMember
	UsernameMemberMember
	PasswordMemberMember
	TokenMemberMember
)

// Refused tells which member an error of [api.New] or [Dialect.Contract] is about, and
// why, as a sentence's end.
func Refused(err error) (Member, string) {
	var refused *document.DialectError
	if !errors.As(err, &refused) {
		return NoMember, ""
	}
	switch (document.DialectError{Schema: refused.Schema, From: refused.From}) {
	case document.DialectError{From: loginPath}:
		return LoginPathMember, refused.Why
	case document.DialectError{Schema: credentials, From: usernameMember}:
		return UsernameMemberMember, refused.Why
	case document.DialectError{Schema: credentials, From: passwordMember}:
		return PasswordMemberMember, refused.Why
	case document.DialectError{Schema: answered, From: tokenMember}:
		return TokenMemberMember, refused.Why
	}
	return NoMember, ""
}
