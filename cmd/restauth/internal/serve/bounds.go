package serve

import (
	"cmp"
	"fmt"
	"log/slog"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/cmd/restauth/internal/httpconn"
)

const (
	// mostConnections is how many there are at once where nothing says so: idle ones
	// take about 350 MiB then.
	mostConnections = 16_384
	// filesAside is how many descriptors the process needs beside connections,
	// databases and hashing: standard ones, the listener, the poller, files that are
	// read and written for a moment, and a newcomer before another gives way to it.
	filesAside = 32
	// filesOfThread is what a thread of the hashing process is talked to over, at both
	// ends while that starts.
	filesOfThread = 2
	// filesOfRow is what a connection to a SQLite file has open: the file, its
	// write-ahead log, and what it needs for a moment.
	filesOfRow = 3
)

// bounds are what connections may take of this process.
func (a *App) bounds(descriptors, threads int) (httpconn.Bounds, error) {
	proxies, err := api.ProxyTest(a.settings.TrustedProxies)
	if err != nil {
		return httpconn.Bounds{}, fmt.Errorf("--trusted-proxies: %w", err)
	}
	others := filesAside + filesOfThread*threads + files(a.users.Connections(), a.settings.Embedded())
	if a.state.own {
		_, isFile := a.settings.StateFile(&a.settings.Users)
		others += files(a.state.Connections(), isFile)
	}
	if a.operate != nil {
		others += metricsConnections
	}
	return httpconn.Bounds{
		Connections: connections(a.settings.MaxConnections, descriptors, others, a.log.Logger),
		Proxies:     proxies,
		Log:         a.log.Logger,
	}, nil
}

// files is what so many connections to a database have open.
func files(pool int, isFile bool) int {
	if isFile {
		return filesOfRow * (pool + 1) // One more writes.
	}
	return pool
}

// connections is how many there may be at once: wanted, if that is not 0, but no more
// than the descriptors leave, of which 0 is not known. Others get theirs first, up to a
// half: pools are seldom full, and a server without connections serves nobody.
func connections(wanted, descriptors, others int, log *slog.Logger) int {
	if descriptors == 0 {
		return cmp.Or(wanted, mostConnections)
	}
	room := max(descriptors-others, descriptors/2, 1)
	if room > descriptors-others {
		log.Warn("this process may open so few files that connections and the databases could use them up; raise the limit (ulimit -n, LimitNOFILE=), or lower max-open in the databases' URLs",
			"open_files", descriptors, "wanted_beside_connections", others, "connections", room)
	}
	if wanted > room {
		log.Warn("--max-connections is more than the limit of open files leaves; raise the limit (ulimit -n, LimitNOFILE=), or lower it",
			"max_connections", wanted, "open_files", descriptors, "connections", room)
	}
	return min(cmp.Or(wanted, mostConnections), room)
}
