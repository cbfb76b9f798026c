package main

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestAloneIsAmong: a command's line is read alone as it is among all others, and what
// only a look at all of them explains is not read alone.
func TestAloneIsAmong(t *testing.T) {
	t.Parallel()
	commands := 0
	var each func(node *kong.Node)
	each = func(node *kong.Node) {
		for _, child := range node.Children {
			each(child)
		}
		if node.Type != kong.CommandNode || strings.HasPrefix(node.FullPath(), "restauth completion") {
			return
		}
		commands++
		args := append(strings.Fields(node.FullPath())[1:], "--help")
		var one, all buffer
		if _, _, helped := alone(world{args: args, stdout: &one, stderr: &one}, nil); !helped {
			t.Errorf("%q is not read alone", args)
		}
		among(world{args: args, stdout: &all, stderr: &all}, nil)
		if one.String() != all.String() || one.String() == "" {
			t.Errorf("%q says alone\n%s\nand among all\n%s", args, one.String(), all.String())
		}
	}
	each(model(t).Node)
	if commands < 20 {
		t.Errorf("there are %d commands", commands)
	}
	for _, line := range []string{
		"", "--version", "--help", "user", "sreve", "--users x serve", "serve --no-such", "completion bash",
		"serve --login-threads many", "serve --demo=on off",
	} {
		if parsed, _, helped := alone(world{args: strings.Fields(line), stdout: new(buffer), stderr: new(buffer)}, nil); parsed != nil || helped {
			t.Errorf("%q is read alone", line)
		}
	}
	for variable, want := range map[string]bool{"RESTAUTH_USERS": true, "RESTAUTH_NO_SUCH": false} {
		parsed, _, _ := alone(world{args: []string{"serve"}, stdout: new(buffer), stderr: new(buffer)}, environment{variable: "restauth.db"})
		if (parsed != nil) != want {
			t.Errorf("with %s serve is read alone: %v", variable, parsed != nil)
		}
	}
}
