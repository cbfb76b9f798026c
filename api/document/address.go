package document

import (
	"errors"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// ErrAddress says that a text is no address of a server. It does not quote the
// text, which may hold a password.
var ErrAddress = errors.New("it has to be of the form https://host[:port][/path], without a user, a query, a fragment or braces")

// later compiles a pattern when it is first asked for: each process that starts, the
// hashing one too, would hold it, and hardly any asks.
func later(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

var (
	// hostname is a name in DNS or a hosts file, or an IPv4 address. A name in
	// other letters is written in its ASCII form (RFC 5891).
	hostname = later(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9.])?$`)
	// plain is what a URL is written in (RFC 3986, section 2). Braces, which would
	// be variables of the document, are not in it.
	plain = later(`^[A-Za-z0-9._~:/\[\]@!$&'()*+,;=%-]+$`)
	// prefix is a path of segments, none of them empty.
	prefix = later(`^(/[^/]+)*$`)
)

// Address returns an absolute address of a server as a document has it: without
// a slash at its end, since each path begins with one. Anything that generators
// read in different ways is ErrAddress.
func Address(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || !plain().MatchString(raw) || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Opaque != "" {
		return "", ErrAddress
	}
	folder := strings.TrimSuffix(u.EscapedPath(), "/")
	if !host(u) || !prefix().MatchString(folder) || folder != "" && path.Clean(u.Path) != strings.TrimSuffix(u.Path, "/") {
		return "", ErrAddress
	}
	return u.Scheme + "://" + u.Host + folder, nil
}

// host reports whether a URL's host and port are ones to connect to.
func host(u *url.URL) bool {
	name, port := u.Hostname(), u.Port()
	if strings.HasSuffix(u.Host, ":") {
		return false
	}
	if port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return false
		}
	}
	if strings.HasPrefix(u.Host, "[") {
		address, err := netip.ParseAddr(name)
		return err == nil && address.Zone() == ""
	}
	return hostname().MatchString(name)
}
