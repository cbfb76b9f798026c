package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/restauth/restauth/cmd/restauth/internal/flaskconfig"
)

// mostConfiguration is beyond what any application has, in bytes.
const mostConfiguration = 1<<20 + 1

// fromFlaskCmd says what takes the place of a Flask application's settings.
type fromFlaskCmd struct {
	File  string `arg:"" help:"The configuration: Python or JSON; - is standard input."`
	Class string `placeholder:"NAME" help:"The class whose settings count, where the file has several, with those of the classes that it extends."`
}

// Help implements kong.HelpProvider.
func (*fromFlaskCmd) Help() string {
	return "Constants are read, and nothing is executed. No secret is printed.\n\n" +
		examples([]example{
			{"restauth config from-flask config.py", "what restauth has for its settings"},
			{"restauth config from-flask config.py --class Production", "of several classes"},
		})
}

// Run implements the command.
func (c *fromFlaskCmd) Run(w world) error {
	source, err := c.read(w.stdin)
	if err != nil {
		return err
	}
	read, err := flaskconfig.Read(source, c.Class)
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", c.File, err)
	}
	found := read.Settings()
	printFound(w.stdout, found)
	return nil
}

func (c *fromFlaskCmd) read(stdin io.Reader) ([]byte, error) {
	if c.File != "-" {
		file, err := os.Open(c.File)
		if err != nil {
			return nil, fmt.Errorf("the configuration cannot be opened: %w", err)
		}
		defer func() { _ = file.Close() }() // It is only read.
		stdin = file
	}
	source, err := io.ReadAll(io.LimitReader(stdin, mostConfiguration))
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", c.File, err)
	}
	return source, nil
}

// printFound prints what a shell or an environment file takes as it is.
func printFound(out io.Writer, found *flaskconfig.Found) {
	if len(found.Settings) == 0 {
		fmt.Fprintln(out, "# No setting of restauth's takes the place of one of these.")
	} else {
		fmt.Fprintln(out, "# In the environment:")
	}
	var flags []string
	for _, s := range found.Settings {
		fmt.Fprintf(out, "%s=%s\n", variable(s.Flag), quoteShell(s.Value))
		if s.Flag != "users" { // whose password would be on a command line, once it is added
			flags = append(flags, "--"+s.Flag+" "+quoteShell(s.Value))
		}
	}
	if len(flags) > 0 {
		fmt.Fprintf(out, "\n# Or as flags:\n# restauth serve %s\n", strings.Join(flags, " "))
	}
	if len(found.Notes) > 0 {
		fmt.Fprintln(out, "\n# To be seen to by hand, or without a counterpart:")
	}
	for _, note := range found.Notes {
		fmt.Fprintf(out, "# %s\n", note)
	}
	if found.Others > 0 {
		fmt.Fprintf(out, "\n# %d more have nothing to do with logins.\n", found.Others)
	}
}
