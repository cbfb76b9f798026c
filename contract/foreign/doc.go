// Package foreign makes clients of a running server's contract with other
// people's generators, and looks at what these clients see of it: a login, a
// guarded answer, a wrong password, a forged token and a server without its
// database.
//
//	make clients-foreign        the table in docs/clients.md must say what is found
//	contract/foreign/run.sh -w  write what is found into it
//
// Each tool has a program in programs, written as its user would write it. The
// program prints one line for each thing it sees; the tests ask the same servers
// without any client, and want the same lines. A program takes an error only
// with the type that its generator made for it, where its language has types.
package foreign
