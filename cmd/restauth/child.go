package main

import "github.com/restauth/restauth/impl/password/pool"

// childCommand is what serve starts to have passwords checked. It is no command
// for people, so no help shows it.
const childCommand = "check-passwords"

func runChild(w world) int {
	if err := pool.ServeChild(w.args[1:]); err != nil {
		return fail(w, exitFailed, "", err)
	}
	return exitOK
}
