package contract

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// README.md is read in a few minutes or not at all.
const (
	readmeLines = 170
	readmeWords = 1700
)

func TestREADMEIsShort(t *testing.T) {
	readme := read(t, "../README.md")
	if lines := strings.Count(readme, "\n"); lines > readmeLines {
		t.Errorf("README.md has %d lines, want at most %d; what most people need stays, the rest goes to docs/", lines, readmeLines)
	}
	if words := len(strings.Fields(readme)); words > readmeWords {
		t.Errorf("README.md has %d words, want at most %d", words, readmeWords)
	}
}

var (
	link    = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	heading = regexp.MustCompile("(?m)^#+ (.*)$")
	punct   = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchors are the names that GitHub gives to the headings of a document.
func anchors(document string) map[string]bool {
	all := make(map[string]bool)
	for _, m := range heading.FindAllStringSubmatch(document, -1) {
		all[strings.ReplaceAll(punct.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")] = true
	}
	return all
}

// TestLinksLead follows each link of each document to a file, and to a heading
// where it names one.
func TestLinksLead(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "git", "-C", "..", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "*.md").Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	files := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	if len(files) < 15 {
		t.Fatalf("found only %q", files)
	}
	for _, file := range files {
		document := read(t, filepath.Join("..", file))
		for _, m := range link.FindAllStringSubmatch(document, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			path, anchor, _ := strings.Cut(m[1], "#")
			target := filepath.Join("..", file)
			if path != "" {
				target = filepath.Join("..", filepath.Dir(file), path)
			}
			info, err := os.Stat(target)
			switch {
			case err != nil:
				t.Errorf("%s links to %s: %v", file, m[1], err)
			case anchor != "" && (info.IsDir() || !anchors(read(t, target))[anchor]):
				t.Errorf("%s links to %s, but that has no such heading", file, m[1])
			}
		}
	}
}
