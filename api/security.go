package api

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// needsBearer reads what an operation's security says. What this package
// cannot enforce is an error at start, never an open door.
func needsBearer(spec *openapi3.T, operation *openapi3.Operation) (bool, error) {
	if operation.Security == nil {
		return false, errors.New("security must be stated, `security: []` where none is needed")
	}
	switch len(*operation.Security) {
	case 0:
		return false, nil
	case 1:
	default:
		return false, errors.New("alternatives in security are not enforced")
	}
	requirement := (*operation.Security)[0]
	if len(requirement) != 1 {
		return false, errors.New("a security requirement must name exactly one scheme")
	}
	for name := range requirement {
		ref := spec.Components.SecuritySchemes[name]
		if ref == nil || ref.Value == nil || ref.Value.Type != "http" || !strings.EqualFold(ref.Value.Scheme, "bearer") {
			return false, fmt.Errorf("security scheme %q is not enforced", name)
		}
	}
	return true, nil
}

// bearerToken reads the one Authorization header (RFC 6750, section 2.1). The
// scheme JWT is Flask-JWT's; the refusals are in its words and in its order.
func bearerToken(r *http.Request) (string, error) {
	values := r.Header.Values("Authorization")
	if len(values) > 1 {
		// Which of them a proxy in front looked at is anyone's guess.
		return "", &Problem{Status: http.StatusBadRequest, Detail: "More than one Authorization header was sent."}
	}
	var fields []string
	if len(values) == 1 {
		fields = strings.FieldsFunc(values[0], func(c rune) bool { return c == ' ' || c == '\t' })
	}
	switch {
	case len(fields) == 0:
		return "", &Problem{
			Status: http.StatusUnauthorized, Kind: "Authorization Required", Detail: "Request does not contain an access token",
			Challenges: []string{"Bearer " + realm, "JWT " + realm},
		}
	case !strings.EqualFold(fields[0], "Bearer") && !strings.EqualFold(fields[0], "JWT"):
		return "", headerRefused("Unsupported authorization type", "")
	case len(fields) == 1:
		return "", headerRefused("Token missing", `, error="invalid_request"`)
	case len(fields) > 2:
		return "", headerRefused("Token contains spaces", `, error="invalid_request"`)
	}
	return fields[1], nil
}

// headerRefused answers 401 as Flask-JWT does, also where RFC 6750 would have
// 400, because clients renew their token on 401.
func headerRefused(detail, code string) *Problem {
	return &Problem{
		Status: http.StatusUnauthorized, Kind: "Invalid JWT header", Detail: detail,
		Challenges: []string{"Bearer " + realm + code},
	}
}
