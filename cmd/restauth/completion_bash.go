package main

import (
	"fmt"
	"io"
	"strings"
)

// printBash writes one function, which finds the command that the line has come to
// and offers what may stand there. It is for bash 3.2 too, as macOS has it.
func printBash(out io.Writer, commands []offer) {
	takers := valued(commands)
	fmt.Fprint(out, `# Completes restauth in bash.
_restauth() {
    local cur=${COMP_WORDS[COMP_CWORD]} flag="" at="" i words=""
    COMPREPLY=()
    # bash takes --flag=value apart into three words.
    if [[ $cur == = ]]; then
        flag=${COMP_WORDS[COMP_CWORD-1]} cur=""
    elif [[ ${COMP_WORDS[COMP_CWORD-1]} == = ]]; then
        flag=${COMP_WORDS[COMP_CWORD-2]}
    else
        flag=${COMP_WORDS[COMP_CWORD-1]}
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "${COMP_WORDS[i]}" in
`)
	fmt.Fprintf(out, "            %s)\n", names(takers, "|"))
	fmt.Fprint(out, `                [[ ${COMP_WORDS[i+1]} == = ]] && ((i++))
                ((i++))
                continue
                ;;
        esac
        case "$at/${COMP_WORDS[i]}" in
`)
	next(commands, func(from, name, to string) {
		fmt.Fprintf(out, "            %s) at=%s ;;\n", quoteShell(from+"/"+name), quoteShell(to))
	})
	printBashFlags(out, takers)
	printBashWords(out, commands)
	fmt.Fprint(out, `    esac
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _restauth restauth
`)
}

// printBashFlags writes what the flags take that want a value.
func printBashFlags(out io.Writer, takers []flagWord) {
	fmt.Fprint(out, "        esac\n    done\n    case \"$flag\" in\n")
	for _, f := range takers {
		switch {
		case f.file:
			fmt.Fprintf(out, `        %s)
            compopt -o filenames 2>/dev/null
            while IFS= read -r i; do COMPREPLY+=("$i"); done < <(compgen -f -- "$cur")
            return
            ;;
`, f.name)
		case len(f.words) > 0:
			fmt.Fprintf(out, "        %s) COMPREPLY=($(compgen -W %s -- \"$cur\")); return ;;\n", f.name, quoteShell(strings.Join(f.words, " ")))
		default:
			fmt.Fprintf(out, "        %s) return ;;\n", f.name)
		}
	}
}

// printBashWords writes what may stand behind each command.
func printBashWords(out io.Writer, commands []offer) {
	fmt.Fprint(out, "    esac\n    case \"$at\" in\n")
	for _, o := range commands {
		plain := o.words
		for _, c := range o.commands {
			plain = append(plain, c.name)
		}
		fmt.Fprintf(out, "        %s) words=%s", quoteShell(o.path), quoteShell(strings.Join(plain, " ")))
		if len(plain) > 0 {
			fmt.Fprint(out, "; [[ $cur == -* ]] &&")
		} else {
			fmt.Fprint(out, ";")
		}
		fmt.Fprintf(out, " words=%s ;;\n", quoteShell(names(o.flags, " ")))
	}
}
