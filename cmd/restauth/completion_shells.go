package main

import (
	"fmt"
	"io"
	"strings"
)

// printZsh writes a function for each command, in the form that zsh's _arguments
// reads.
func printZsh(out io.Writer, commands []offer) {
	fmt.Fprint(out, "#compdef restauth\n# Completes restauth in zsh.\n")
	for _, o := range commands {
		fmt.Fprintf(out, "\n%s() {\n    local state line\n    typeset -A opt_args\n    _arguments -C", o.name())
		for _, f := range o.flags {
			fmt.Fprintf(out, " \\\n        %s", quoteShell(zshFlag(f)))
		}
		switch {
		case len(o.commands) > 0:
			fmt.Fprint(out, " \\\n        '1: :->command' \\\n        '*:: :->arguments'\n    case $state in\n    command)\n        local -a commands=(\n")
			for _, c := range o.commands {
				fmt.Fprintf(out, "            %s\n", quoteShell(c.name+":"+c.help))
			}
			fmt.Fprint(out, "        )\n        _describe command commands\n        ;;\n    arguments)\n        case $line[1] in\n")
			for _, c := range o.commands {
				below := offer{path: strings.TrimSpace(o.path + " " + c.name)}
				fmt.Fprintf(out, "        %s) %s ;;\n", c.name, below.name())
			}
			fmt.Fprint(out, "        esac\n        ;;\n    esac\n")
		case len(o.words) > 0:
			fmt.Fprintf(out, " \\\n        %s\n", quoteShell("1: :("+strings.Join(o.words, " ")+")"))
		default:
			fmt.Fprintln(out)
		}
		fmt.Fprint(out, "}\n")
	}
	fmt.Fprint(out, `
# Read by compinit from a file, this is the function; else it is sourced.
if [[ ${funcstack[1]} == _restauth ]]; then
    _restauth "$@"
else
    compdef _restauth restauth
fi
`)
}

// zshFlag is a flag as _arguments wants it: --flag=[help]:value:action.
func zshFlag(f flagWord) string {
	help := strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, ":", `\:`).Replace(f.help)
	if f.value == "" {
		return f.name + "[" + help + "]"
	}
	action := " "
	switch {
	case f.file:
		action = "_files"
	case len(f.words) > 0:
		action = "(" + strings.Join(f.words, " ") + ")"
	}
	return f.name + "=[" + help + "]:" + strings.ReplaceAll(f.value, ":", `\:`) + ":" + action
}

// printFish writes a line for each word, with the command behind which it may
// stand.
func printFish(out io.Writer, commands []offer) {
	fmt.Fprint(out, `# Completes restauth in fish.
function __restauth_at --description 'whether the command line has come to this command'
    set -l at
    set -l value 0
    for word in (commandline -opc)[2..-1]
        if test $value = 1
            set value 0
            continue
        end
        switch $word
`)
	fmt.Fprintf(out, "            case %s\n                set value 1\n                continue\n        end\n        switch \"$at/$word\"\n", names(valued(commands), " "))
	next(commands, func(from, name, to string) {
		fmt.Fprintf(out, "            case %s\n                set at %s\n", quoteFish(from+"/"+name), quoteFish(to))
	})
	fmt.Fprint(out, "        end\n    end\n    test \"$at\" = \"$argv[1]\"\nend\n\ncomplete -c restauth -f\n")
	for _, o := range commands {
		line := "complete -c restauth -n " + quoteFish("__restauth_at "+quoteFish(o.path))
		for _, c := range o.commands {
			fmt.Fprintf(out, "%s -a %s -d %s\n", line, c.name, quoteFish(c.help))
		}
		if len(o.words) > 0 {
			fmt.Fprintf(out, "%s -a %s\n", line, quoteFish(strings.Join(o.words, " ")))
		}
		for _, f := range o.flags {
			fmt.Fprintf(out, "%s %s -d %s\n", line, fishFlag(f), quoteFish(f.help))
		}
	}
}

func fishFlag(f flagWord) string {
	form := "-l " + strings.TrimPrefix(f.name, "--")
	if !strings.HasPrefix(f.name, "--") {
		form = "-s " + strings.TrimPrefix(f.name, "-")
	}
	switch {
	case f.file:
		form += " -r -F"
	case len(f.words) > 0:
		form += " -x -a " + quoteFish(strings.Join(f.words, " "))
	case f.value != "":
		form += " -x"
	}
	return form
}

// quoteFish quotes a word for fish, in whose single quotes only a backslash and
// a quote mean something.
func quoteFish(word string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(word) + "'"
}
