//go:build !linux

package main

const attackerCommand = "restauth-attacker"

func attacker() {}
