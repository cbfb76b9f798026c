// Command guardcopy copies into the Go client's module what its guard shares with
// the server: how tokens are verified, and how they are refused. Run it at the root
// of the repository, by `make generate`:
//
//	go run ./internal/guardcopy
//
// The client is a module of its own, which must not require the server's (decision
// 17). So it has copies of impl/token, api/problem and what of this module these
// import, in clients/go/guard/internal, tests and their data with them. Imports and a
// first line are all that differs.
package main

import (
	"fmt"
	"os"
)

func main() {
	files, err := collect(os.DirFS("."), copied)
	if err == nil {
		err = write(copied.to, files)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "guardcopy:", err)
		os.Exit(1)
	}
}
