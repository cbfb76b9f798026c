package token

import "errors"

// ErrUndecided is what Verify returns for a token that is good so far, while nobody
// knows what the keys of users are: whom it names cannot be told.
var ErrUndecided = errors.New("token: it is not known yet what the keys of users are")

// Reason classes what is wrong with a token, for metrics and log lines.
type Reason string

// The reasons, in the order in which Verify can come upon them.
const (
	// ReasonMalformed: not a compact JWS, or a header or payload that is not
	// strict JSON.
	ReasonMalformed Reason = "malformed"
	// ReasonAlgorithm: the header's alg is not exactly that of a key here.
	ReasonAlgorithm Reason = "algorithm"
	// ReasonHeader: another header parameter would change what the token
	// means, or has the wrong type.
	ReasonHeader Reason = "header"
	// ReasonKey: no key here could have signed it: the kid names none, or there
	// is no kid, and each key has a name.
	ReasonKey Reason = "key"
	// ReasonSignature: the signature is not of the key, or of any that is tried.
	ReasonSignature Reason = "signature"
	// ReasonMissingClaim: a claim that the token's profile requires is absent or null.
	ReasonMissingClaim Reason = "missing_claim"
	// ReasonInvalidClaim: a claim has the wrong type.
	ReasonInvalidClaim Reason = "invalid_claim"
	// ReasonNotYetValid: iat or nbf lies further ahead than the leeway.
	ReasonNotYetValid Reason = "not_yet_valid"
	// ReasonExpired: exp lies further back than the leeway.
	ReasonExpired Reason = "expired"
	// ReasonIssuer: iss names another issuer than the configured one.
	ReasonIssuer Reason = "issuer"
	// ReasonAudience: the token is meant for some audience; ours never are.
	ReasonAudience Reason = "audience"
	// ReasonKind: a claim says that the token is another kind than an access token.
	ReasonKind Reason = "kind"
	// ReasonSubject: sub names another user than identity, or any other claim that names one.
	ReasonSubject Reason = "subject"
)

// Error says why Verify refused a token.
type Error struct {
	// Reason classes the refusal.
	Reason Reason

	// Description is fit for the client: one of a fixed set of sentences that
	// never holds any part of the token. Where PyJWT 1.4.2 refuses the same
	// token, these are its words, which Flask-JWT 0.3.2 passed on as
	// "description". Only what it appends after "Invalid header string: " and
	// "Invalid payload string: " differs: Python's parser quotes positions.
	Description string
}

// Error returns the description with the package's name before it.
func (e *Error) Error() string { return "token: " + e.Description }

// PyJWT 1.4.2's words (jwt/api_jws.py, jwt/api_jwt.py, jwt/exceptions.py).
const (
	descSegments       = "Not enough segments"
	descHeaderPadding  = "Invalid header padding"
	descPayloadPadding = "Invalid payload padding"
	descCryptoPadding  = "Invalid crypto padding"
	descHeaderString   = "Invalid header string: "
	descPayloadString  = "Invalid payload string: "
	descAlgorithm      = "The specified alg value is not allowed"
	descKeyID          = "Key ID header parameter must be a string"
	descSignature      = "Signature verification failed"
	descMissingExp     = `Token is missing the "exp" claim`
	descMissingIat     = `Token is missing the "iat" claim`
	descMissingNbf     = `Token is missing the "nbf" claim`
	descIatInteger     = "Issued At claim (iat) must be an integer."
	descIatFuture      = "Issued At claim (iat) cannot be in the future."
	descNbfInteger     = "Not Before claim (nbf) must be an integer."
	descNbfFuture      = "The token is not yet valid (nbf)"
	descExpInteger     = "Expiration Time claim (exp) must be an integer."
	descExpired        = "Signature has expired"
	descIssuer         = "Invalid issuer"
	descAudience       = "Invalid audience"
)

// Words for what PyJWT 1.4.2 lets through or crashes on, in its style.
const (
	descTooLong         = "Token is too long"
	descType            = "The specified typ value is not allowed"
	descKeyIDLong       = "Key ID header parameter is too long"
	descKey             = "The token's key is not known"
	descParameter       = "A header parameter is not supported"
	descMissingIdentity = `Token is missing the "identity" claim`
	descIdentityInteger = "Identity claim (identity) must be an integer."
	descIdentityString  = "Identity claim (identity) must be a string of 1 to 255 characters."
	descSubject         = "Invalid subject"
	descKind            = "The token is not an access token"
	descIDString        = "JWT ID claim (jti) must be a string."

	// Of other profiles than Flask-JWT's.
	descMissingSub       = `Token is missing the "sub" claim`
	descSubInteger       = "Subject claim (sub) must be an integer."
	descSubString        = "Subject claim (sub) must be a string of 1 to 255 characters."
	descMissingUserID    = `Token is missing the "user_id" claim`
	descUserIDInteger    = "User claim (user_id) must be an integer."
	descUserIDString     = "User claim (user_id) must be a string of 1 to 255 characters."
	descMissingType      = `Token is missing the "type" claim`
	descMissingTokenType = `Token is missing the "token_type" claim`
	descMissingFresh     = `Token is missing the "fresh" claim`
	descFresh            = "Freshness claim (fresh) must be a boolean or a time."
	descMissingID        = `Token is missing the "jti" claim`

	// What follows descHeaderString and descPayloadString.
	faultNotObject = "must be a json object" // PyJWT's own
	faultNotJSON   = "must be valid JSON"
	faultNames     = "must not have duplicate names"
	faultDepth     = "must not be nested so deeply"
)

// refuse returns a fresh Error: a shared one could be changed by who gets it.
func refuse(reason Reason, description string) *Error {
	return &Error{Reason: reason, Description: description}
}
