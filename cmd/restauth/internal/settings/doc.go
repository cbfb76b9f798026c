// Package settings is all that can be set, as plain values: a struct for each part
// of the server, with the flags that kong makes of its fields, their defaults and
// their bounds.
//
// It promises that reading and checking settings opens nothing, starts nothing and
// changes nothing in the process, so that `config check` may do it beside a running
// server; that a value is spelled the way it is read; and that no error holds a
// secret. It reads no file that a setting names, and asks no database: whoever puts
// the server together does (package serve).
package settings
