package api

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// cors lets pages of other origins read answers (Fetch standard, "CORS
// protocol"). It is off unless origins are configured. Tokens travel in a header
// and never in a cookie, so credentials mode is not offered.
type cors struct {
	origins []string
	any     bool
}

// newCORS takes exact origins, or "*" for every one.
func newCORS(origins []string) (cors, error) {
	c := cors{origins: origins, any: slices.Contains(origins, "*")}
	for _, origin := range origins {
		if origin == "*" {
			continue
		}
		u, err := url.Parse(origin)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.Scheme+"://"+u.Host != origin {
			return cors{}, fmt.Errorf("CORS origin %q is not of the form https://host[:port], without a path", origin)
		}
	}
	return c, nil
}

// CheckOrigins says what is wrong with origins that [Config.CORSOrigins] could
// not be.
func CheckOrigins(origins []string) error {
	_, err := newCORS(origins)
	return err
}

// allow writes the headers that let the caller's origin read the answer, and
// reports whether it may.
func (c cors) allow(w http.ResponseWriter, r *http.Request) bool {
	if len(c.origins) == 0 {
		return false
	}
	header := w.Header()
	if !c.any {
		header.Add("Vary", "Origin") // Also where there is none: a cache must not mix the two.
	}
	origin := r.Header.Get("Origin")
	if origin == "" || (!c.any && !slices.Contains(c.origins, origin)) {
		return false
	}
	if c.any {
		origin = "*"
	}
	header.Set("Access-Control-Allow-Origin", origin)
	header.Set("Access-Control-Expose-Headers", "Retry-After, WWW-Authenticate, X-Request-Id")
	return true
}

// preflight answers an OPTIONS that a browser sends ahead of a request; allowed
// is what allow said. Any other OPTIONS is left to be refused.
func (c cors) preflight(w http.ResponseWriter, r *http.Request, allowed bool, methods string) bool {
	if !allowed || r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	header := w.Header()
	header.Set("Access-Control-Allow-Methods", methods)
	header.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Request-Id")
	header.Set("Access-Control-Max-Age", "600") // seconds
	w.WriteHeader(http.StatusNoContent)
	return true
}
