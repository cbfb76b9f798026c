//go:build profile

package main

import (
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
)

// profiled runs the command and writes what its processor time went into to the
// file that CPU_PROFILE names: what default.pgo is made of (`make pgo`).
// No released binary has this.
func profiled(run func() int) int {
	name := os.Getenv("CPU_PROFILE")
	if name == "" {
		return run() // A hashing process has no such variable.
	}
	out, err := os.Create(name)
	if err == nil {
		err = pprof.StartCPUProfile(out)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "restauth: profile: %v\n", err)
		return 1
	}
	code := run()
	pprof.StopCPUProfile()
	if err := errors.Join(out.Sync(), out.Close()); err != nil {
		fmt.Fprintf(os.Stderr, "restauth: profile: %v\n", err)
		return 1
	}
	return code
}
