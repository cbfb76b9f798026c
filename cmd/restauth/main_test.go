package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/restauth/restauth/internal/dbtest"
)

// TestMain makes the test binary answer to the name restauth too, so that
// scripts and benchmarks run the command in a process of its own: what main does, and a
// search for secrets in all that it said.
func TestMain(m *testing.M) {
	testscript.Main(dbtest.Wrap(m), map[string]func(){"restauth": watched, attackerCommand: attacker})
}
