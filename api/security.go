package api

import (
	"errors"
	"fmt"
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
