package main

import (
	"strings"

	"github.com/alecthomas/kong"

	"github.com/restauth/restauth/cmd/restauth/internal/settings"
)

// completionCmd prints a script that a shell reads once. The script holds every
// command and flag, so that pressing the tab key runs nothing.
type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help implements kong.HelpProvider.
func (completionCmd) Help() string {
	return examples([]example{
		{`source <(restauth completion bash)`, "in ~/.bashrc"},
		{`source <(restauth completion zsh)`, "in ~/.zshrc, after compinit"},
		{`restauth completion fish | source`, "in ~/.config/fish/config.fish"},
	})
}

// Run implements the command.
func (c *completionCmd) Run(w world, parsed *kong.Context) error {
	commands := completions(parsed.Model.Node, nil)
	switch c.Shell {
	case "bash":
		printBash(w.stdout, commands)
	case "zsh":
		printZsh(w.stdout, commands)
	case "fish":
		printFish(w.stdout, commands)
	default:
		return settings.Usagef("there is no completion for %s", c.Shell)
	}
	return nil
}

// offer is what a shell completes behind one command.
type offer struct {
	path     string // "" for the program itself, else such as "user add"
	commands []word
	flags    []flagWord
	words    []string // what its argument may be
}

type word struct{ name, help string }

type flagWord struct {
	word         // with its dashes
	value string // what it takes, "" for a switch
	words []string
	file  bool
}

// completions lists the commands from the program down.
func completions(node *kong.Node, above []flagWord) []offer {
	path := ""
	if node.Type == kong.CommandNode {
		path = node.Path()
	}
	o := offer{path: path, flags: append([]flagWord{}, above...)}
	for _, flag := range node.Flags {
		if !flag.Hidden {
			o.flags = append(o.flags, flagWords(flag)...)
		}
	}
	for _, argument := range node.Positional {
		if argument.Enum != "" {
			o.words = argument.EnumSlice()
		}
	}
	all := []offer{o}
	for _, child := range node.Children {
		if !child.Hidden {
			all[0].commands = append(all[0].commands, word{child.Name, firstSentence(child.Help)})
			all = append(all, completions(child, o.flags)...)
		}
	}
	return all
}

func flagWords(flag *kong.Flag) []flagWord {
	one := flagWord{word: word{"--" + flag.Name, firstSentence(flag.Help)}}
	if flag.IsBool() {
		all := []flagWord{one}
		if flag.Tag.Negatable != "" {
			all = append(all, flagWord{word: word{"--no-" + flag.Name, "Not --" + flag.Name + "."}})
		}
		if flag.Short != 0 {
			all = append(all, flagWord{word: word{"-" + string(flag.Short), one.help}})
		}
		return all
	}
	one.value = flag.PlaceHolder
	one.file = flag.PlaceHolder == "FILE"
	one.words = wordsOf(flag)
	return []flagWord{one}
}

// wordsOf are the words that a flag takes, none where it takes anything.
func wordsOf(flag *kong.Flag) []string {
	switch words := flag.Tag.Get("words"); {
	case words != "":
		return strings.Split(words, ",")
	case flag.Enum != "":
		return flag.EnumSlice()
	}
	return nil
}

// name makes a shell's name of a path.
func (o offer) name() string {
	return strings.TrimSuffix("_restauth_"+strings.ReplaceAll(o.path, " ", "_"), "_")
}

// next lists, for each command that stands behind another, both paths.
func next(commands []offer, say func(from, name, to string)) {
	for _, o := range commands {
		for _, c := range o.commands {
			say(o.path, c.name, strings.TrimSpace(o.path+" "+c.name))
		}
	}
}

// valued are the flags of all commands that take a value.
func valued(commands []offer) []flagWord {
	var all []flagWord
	seen := make(map[string]bool)
	for _, o := range commands {
		for _, f := range o.flags {
			if f.value != "" && !seen[f.name] {
				seen[f.name] = true
				all = append(all, f)
			}
		}
	}
	return all
}

func names(flags []flagWord, separator string) string {
	all := make([]string, len(flags))
	for i, f := range flags {
		all[i] = f.name
	}
	return strings.Join(all, separator)
}
