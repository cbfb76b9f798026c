// Package haproxy tries the recipe for HAProxy in front of a Galera cluster, galera.cfg. It
// has tests only, which `make galera` runs; what people who log in notice of it is in
// cmd/restauth/failover, a part of which runs with all tests.
package haproxy
