// Package published is tests of the modules as those see them who take them from a
// module proxy: what `go install` makes of the command, and what of the server comes
// along with the Go client. A replace directive, a package that is in no module, or
// one library too many shows nowhere else.
package published
