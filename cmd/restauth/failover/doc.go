// Package failover shows what people who log in notice of it when a database node fails:
// three real Galera nodes, the real binary before them, and HAProxy between. It has
// tests only. `make galera` does to the nodes all that can be done to them, which takes
// minutes; without the build tag galera it is a part of that.
package failover
