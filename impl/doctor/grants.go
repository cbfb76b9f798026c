package doctor

import (
	"strings"
)

// parseGrant takes a line of SHOW GRANTS apart: the rights, and what they are on. A line
// that grants a role has none.
func parseGrant(line string) (rights []string, on string, ok bool) {
	rest, ok := strings.CutPrefix(line, "GRANT ")
	if !ok {
		return nil, "", false
	}
	list, rest, ok := strings.Cut(rest, " ON ")
	if !ok {
		return nil, "", false
	}
	on, tail, ok := cutLast(rest, " TO ")
	if !ok {
		return nil, "", false
	}
	depth, from := 0, 0
	for i, r := range list {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == ',' && depth == 0:
			rights = append(rights, strings.TrimSpace(list[from:i]))
			from = i + 1
		}
	}
	rights = append(rights, strings.TrimSpace(list[from:]))
	if strings.Contains(tail, "WITH GRANT OPTION") {
		rights = append(rights, "GRANT OPTION")
	}
	return rights, on, true
}

// beyondSelect are the rights that are more than to read.
func beyondSelect(rights []string) []string {
	var more []string
	for _, right := range rights {
		switch word, _, _ := strings.Cut(right, " ("); word {
		case "SELECT", "USAGE", "SHOW VIEW", "REPLICATION CLIENT", "SLAVE MONITOR", "BINLOG MONITOR", "PROXY":
		default:
			more = append(more, word)
		}
	}
	return more
}

// hasSelect reports whether all columns of something may be read.
func hasSelect(rights []string) bool {
	for _, right := range rights {
		if right == "SELECT" {
			return true
		}
	}
	return false
}

func cutLast(text, separator string) (before, after string, ok bool) {
	at := strings.LastIndex(text, separator)
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+len(separator):], true
}

// quoteText is a text as SQL writes one.
func quoteText(text string) string {
	return "'" + strings.ReplaceAll(strings.ReplaceAll(said(text), `\`, `\\`), "'", "''") + "'"
}
