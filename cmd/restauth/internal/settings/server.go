package settings

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/restauth/restauth/api"
)

// Server says how the HTTP server runs.
type Server struct {
	Listen          string        `group:"server" default:"${listen}" placeholder:"HOST:PORT" help:"Address to listen on; port 0 takes a free one."`
	TLSCert         string        `group:"server" name:"tls-cert" placeholder:"FILE" help:"Certificate to serve HTTPS with, as PEM: the server's own first, then those that it was issued by. It is read again when it changes, as is the key. HTTP/2 is served with it too."`
	TLSKey          string        `group:"server" name:"tls-key" placeholder:"FILE" help:"The certificate's private key, as PEM, without a passphrase."`
	PublicURL       string        `group:"server" name:"public-url" placeholder:"URL" help:"Where clients reach this server, such as https://login.example.com/app. The served contract names it, so that clients made from it have an address; without it, the address listened on."`
	Docs            bool          `group:"server" default:"true" negatable:"" help:"Serve Swagger UI at /docs; the contract at /openapi.json is served either way."`
	CORSOrigins     []string      `group:"server" name:"cors-origins" placeholder:"URL" help:"Origins whose pages may call this server from a browser, such as https://app.example.com; * for all."`
	MaxConnections  int           `group:"server" default:"0" range:"0..1000000" placeholder:"N" help:"Connections at once; 0 is what the limit of open files leaves, 16384 at most. When they are all taken, the address with most of them gives way to others."`
	DrainDelay      time.Duration `group:"server" default:"2s" range:"0s..5m" placeholder:"TIME" help:"On SIGTERM, how long /readyz fails before the server stops listening."`
	ShutdownTimeout time.Duration `group:"server" default:"20s" range:"0s..1h" placeholder:"TIME" help:"How long requests that are under way may take to finish then."`
}

// Validate is called by kong after parsing.
func (s *Server) Validate() error {
	var origins error
	if err := api.CheckOrigins(s.CORSOrigins); err != nil {
		origins = fmt.Errorf("--cors-origins: %w", err)
	}
	return errors.Join(
		checkListen("listen", s.Listen),
		s.checkTLS(),
		s.checkPublicURL(),
		origins,
		checkRanges(s),
	)
}

// checkTLS holds the two files together.
func (s *Server) checkTLS() error {
	switch {
	case s.TLSCert != "" && s.TLSKey == "":
		return errors.New("--tls-cert is given and --tls-key is not; name the certificate's private key too, which may be the same file")
	case s.TLSCert == "" && s.TLSKey != "":
		return errors.New("--tls-key is given and --tls-cert is not; name the key's certificate too, which may be the same file")
	}
	return nil
}

// checkPublicURL does not quote the address: someone may have put a password in.
func (s *Server) checkPublicURL() error {
	if s.PublicURL == "" {
		return nil
	}
	if err := api.CheckPublicURL(s.PublicURL); err != nil {
		return fmt.Errorf("--public-url: %w", err)
	}
	return nil
}

// checkListen finds what is wrong with an address before it is bound.
func checkListen(flag, address string) error {
	if scheme, rest, is := strings.Cut(address, "://"); is {
		rest, _, _ = strings.Cut(rest, "/")
		return fmt.Errorf("--%s %q: write it without %s://, as %q", flag, address, scheme, rest)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil || strings.ContainsAny(host, "/ ") {
		return fmt.Errorf("--%s %q is no HOST:PORT, such as 127.0.0.1:5000 or :5000", flag, address)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("--%s %q: the port must be a number from 0 to 65535", flag, address)
	}
	return nil
}
