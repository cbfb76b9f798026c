// Package attack guesses at passwords, as attackers do, and prints beside each figure what
// it has to be: `make attack`. It has tests only, behind the build tag attack. The servers
// are real processes with a real database; only the 30 days of guessing are simulated, by
// a clock that is moved. Everything stays on this machine: attackers have addresses of
// 127.0.0.0/8.
package attack
