// Command operations prints the table of README.md that lists the operations of
// openapi.yaml. Run it at the root of the repository.
//
//	go run ./contract/operations      print the table
//	go run ./contract/operations -w   write it into README.md, between its markers
package main

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/restauth/restauth/contract"
)

const readme = "README.md"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "operations:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	document, err := os.ReadFile("openapi.yaml")
	if err != nil {
		return fmt.Errorf("run it at the root of the repository: %w", err)
	}
	table, err := contract.Operations(document)
	if err != nil {
		return err
	}
	switch {
	case len(args) == 0:
		fmt.Print(table)
		return nil
	case slices.Equal(args, []string{"-w"}):
		return rewrite(table)
	default:
		return errors.New("the only argument is -w, to write the table into " + readme)
	}
}

// rewrite keeps the file's mode, and its time when there is nothing to change.
func rewrite(table string) error {
	here, err := os.OpenRoot(".")
	if err != nil {
		return fmt.Errorf("open this folder: %w", err)
	}
	defer func() { _ = here.Close() }() // nothing was written through it that Close could lose
	text, err := here.ReadFile(readme)
	if err != nil {
		return fmt.Errorf("read the document: %w", err)
	}
	changed, err := contract.Replace(text, table)
	if err != nil {
		return fmt.Errorf("%s: %w", readme, err)
	}
	if string(changed) == string(text) {
		return nil
	}
	if err := here.WriteFile(readme, changed, 0o600); err != nil {
		return fmt.Errorf("write the document: %w", err)
	}
	return nil
}
