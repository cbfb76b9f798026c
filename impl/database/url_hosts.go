package database

import (
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"
)

const hostsForm = "write hosts as db1:3306,db2,[2001:db8::3]:3306, with nothing but a comma between them; a port that is not given is 3306"

// splitHosts takes the hosts out of a URL, which net/url would take for one, and returns
// the URL with one alone. They stand behind the last @ before the path.
func splitHosts(raw string) (one string, hosts []string) {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return raw, nil
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	begin := strings.LastIndexByte(rest[:end], '@') + 1
	hosts = strings.Split(rest[begin:end], ",")
	only := hosts[0]
	if len(hosts) > 1 {
		only = "host" // what is wrong with the first is said as of the others
	}
	return scheme + "://" + rest[:begin] + only + rest[end:], hosts
}

// addresses are the hosts as host:port. Their errors name a host by its place: what
// looks like a host may be a part of a password that is not percent-encoded.
func addresses(hosts []string) ([]string, error) {
	var all []string
	for i, host := range hosts {
		address, mistake := address(host)
		if mistake == badPort && len(hosts) == 1 {
			return nil, Sentence(ErrConfig, "the users URL's port %s", portForm)
		}
		if mistake != "" {
			return nil, Sentence(ErrConfig, "%s %s; %s", place(i, len(hosts)), mistake, formFor(len(hosts)))
		}
		if at := slices.IndexFunc(all, func(other string) bool { return strings.EqualFold(other, address) }); at >= 0 {
			return nil, Sentence(ErrConfig, "hosts %d and %d of the users URL are the same; leave one out", at+1, i+1)
		}
		all = append(all, address)
	}
	return all, nil
}

// badPort is a mistake that has a sentence of its own where there is one host.
const badPort = "has a port that is not a number between 1 and 65535"

func place(i, of int) string {
	if of == 1 {
		return "the users URL's host"
	}
	return "host " + strconv.Itoa(i+1) + " of the users URL"
}

func formFor(hosts int) string {
	if hosts == 1 {
		return mysqlForm
	}
	return hostsForm
}

// address is host:port of one host of a URL, or what is wrong with it.
func address(host string) (hostPort, mistake string) {
	if host == "" {
		return "", "is empty"
	}
	u, err := url.Parse("mysql://" + host)
	switch {
	case err == nil && u.Hostname() != "" && strings.Contains(u.Hostname(), ":") && host[0] != '[',
		err != nil && net.ParseIP(host) != nil:
		return "", "is an IPv6 address without brackets"
	case err != nil, u.Host != host, strings.ContainsAny(host, "!$&'()*+;="):
		return "", "is malformed"
	case u.Hostname() == "":
		return "", "has a port and no name"
	}
	port := "3306"
	if given := u.Port(); given != "" {
		n, err := strconv.Atoi(given)
		if err != nil || n < 1 || n > 65535 {
			return "", badPort
		}
		port = given
	}
	return net.JoinHostPort(u.Hostname(), port), ""
}

// driverFor is the driver's settings for one of the hosts. A certificate has to name the
// host that it is of, unless the URL says what it names.
func (t *target) driverFor(host string) *mysql.Config {
	cfg := t.driver.Clone()
	cfg.Addr = host
	if cfg.TLS != nil && cfg.Net == "tcp" && t.serverName == "" {
		cfg.TLS.ServerName, _, _ = net.SplitHostPort(host)
	}
	return cfg
}
