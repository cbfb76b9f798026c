// Package serve puts the server together from its settings, and runs it until a
// signal ends it.
//
// It promises that a start which cannot work says so before anything is served and
// leaves nothing open; that a database that is down, or comes back, is said once in
// the log and is no end of the server; that SIGTERM drains; and that what goes on in
// the background ends before its database does. It alone of the command's packages
// knows the implementation and its databases. It does not speak to the person at the
// terminal: greeting, prompts and exit codes are the command's.
package serve
