package main

import (
	_ "embed"
	"fmt"
	"io"
)

// licensesText is made by `make licenses`.
//
//go:embed licenses.txt
var licensesText string

type licensesCmd struct{}

// Run implements the command.
func (licensesCmd) Run(w world) error {
	if _, err := io.WriteString(w.stdout, licensesText); err != nil {
		return fmt.Errorf("print the licenses: %w", err)
	}
	return nil
}
