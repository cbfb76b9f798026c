// Package galera gives tests a real Galera cluster: MariaDB servers that replicate
// to each other, each in a network name space of its own, so that one can be killed,
// stopped, cut off from the others or from everybody.
//
//	func TestFailover(t *testing.T) {
//		galera.Run(t, func(t *testing.T) {
//			c := galera.Start(t, 3)
//			users := c.Database(t) // the URL on the first node
//			...
//			c.Partition(t, 0)
//		})
//	}
//
// Run starts the test's own binary again, for that one test, in a network of its own:
// the machine's is neither used nor changed, clusters of several tests do not meet,
// and whatever way the test ends, its network ends with it. A test that runs as root
// needs CAP_SYS_ADMIN for it, any other a system that lets users make name spaces.
// Where there is neither, the test fails and says what to do.
//
// Two bridges stand for two networks: the one that clients use (192.0.2.0/24, and
// fd00:2::/64) and the one that the nodes replicate over (198.51.100.0/24). Node i, from
// 0, has the addresses that end in i+1.
//
// What a node has missed it gets from another's memory (IST). A whole copy (SST) is
// never made; all nodes begin with a copy of one data folder.
package galera
