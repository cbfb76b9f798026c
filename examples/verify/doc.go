// Package verify runs the programs of docs/verify-elsewhere.md against tokens of
// the real server. They need packages of Python and Node, so the test has a
// build tag of its own; check.sh brings what it needs and runs it.
package verify
