package main

import (
	"context"
	"fmt"
	"net"
	"slices"

	"github.com/restauth/restauth/cmd/restauth/internal/httpconn"
	"github.com/restauth/restauth/cmd/restauth/internal/serve"
	"github.com/restauth/restauth/cmd/restauth/internal/settings"
)

// openapiCmd is for builds that make clients of the contract.
type openapiCmd struct {
	settings.Serve
	JSON bool `name:"json" help:"As /openapi.json has it; otherwise as /openapi.yaml."`
}

// Help implements kong.HelpProvider.
func (*openapiCmd) Help() string {
	return "It is what serve with the same settings answers, byte for byte. It takes all of them, so that one environment does for both; nothing is started and no database asked.\n\n" +
		examples([]example{
			{"restauth openapi --public-url https://login.example.com >openapi.yaml", "to make a client of"},
			{"restauth openapi --login-path /login --json", "in the dialect of an older server"},
		})
}

// Run implements the command.
func (c *openapiCmd) Run(ctx context.Context, w world) error {
	address := c.PublicURL
	if address == "" {
		var err error
		if address, err = c.listened(ctx); err != nil {
			return err
		}
	}
	asYAML, asJSON, err := serve.Contract(&c.Serve, address)
	if err != nil {
		return err
	}
	if c.JSON {
		asYAML = asJSON
	}
	if _, err := w.stdout.Write(asYAML); err != nil {
		return fmt.Errorf("print the contract: %w", err)
	}
	return nil
}

// listened is the address that serve would name: where it listens.
func (c *openapiCmd) listened(ctx context.Context) (string, error) {
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return "", settings.Errorf("--listen: %w", err)
	}
	if port == "0" {
		return "", settings.Usagef("--listen %q does not say where the server is: it takes another port at each start; name its address with --public-url", c.Listen)
	}
	addr := &net.TCPAddr{IP: net.IPv6unspecified}
	if addr.Port, err = net.DefaultResolver.LookupPort(ctx, "tcp", port); err != nil {
		return "", settings.Errorf("--listen %q: %w", c.Listen, err)
	}
	if host != "" {
		found, err := net.DefaultResolver.LookupIPAddr(ctx, host)
		if err != nil {
			return "", settings.Errorf("--listen %q: %w; name the server's address with --public-url", c.Listen, err)
		}
		// Of several, Go listens at the first of IPv4.
		at := max(slices.IndexFunc(found, func(a net.IPAddr) bool { return a.IP.To4() != nil }), 0)
		addr.IP, addr.Zone = found[at].IP, found[at].Zone
	}
	return httpconn.BaseURL(addr, c.TLSCert != ""), nil
}
