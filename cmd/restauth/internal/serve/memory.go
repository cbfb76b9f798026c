package serve

import (
	"log/slog"

	"github.com/restauth/restauth/impl/password/gate"
)

const (
	// memoryAside is in bytes what the server takes beside hashing: as much as in a
	// storm of logins with a few hundred connections.
	memoryAside = 96 << 20
	// childAside is in bytes what the hashing process takes beside hashes.
	childAside = 24 << 20
)

// hashingMemory is in bytes what hashes under way may take, so many MiB if a container
// with so much memory has room for it, and what the hashing process should keep
// within; 0 is no limit. It is never less than one hash may need: where that does not
// fit, the kernel ends the hashing process and not the server, and most tables have no
// such hash.
func hashingMemory(wanted int, container int64, log *slog.Logger) (hashes, process int64) {
	hashes = int64(wanted) << 20
	if container == 0 {
		return hashes, 0
	}
	room := container - memoryAside - childAside
	lowered := min(hashes, max(room, gate.LeastMemoryLimit))
	switch {
	case lowered > room:
		log.Warn("the container has less memory than the server and the largest hash that it takes (argon2id and scrypt of 128 MiB) need together; "+
			"a login with such a hash may be answered with 503: raise the container's limit, or see that there are none",
			"container_mib", container>>20, "wanted_mib", (lowered+memoryAside+childAside)>>20)
	case lowered < hashes:
		log.Warn("--login-memory is more than the container's limit leaves; it is lowered. Raise that limit, or lower --login-memory",
			"login_memory", wanted, "container_mib", container>>20, "lowered_to", lowered>>20)
	}
	return lowered, lowered + childAside
}
