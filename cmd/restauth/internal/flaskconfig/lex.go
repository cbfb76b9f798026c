package flaskconfig

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// mostSource bounds what is read, in bytes.
	mostSource = 1 << 20
	// mostDepth bounds brackets in brackets.
	mostDepth = 30
)

// class is what a token is.
type class int

const (
	word   class = iota // a name or a keyword
	digits              // a number
	str                 // a text, read
	code                // a text that is computed, such as f"…"
	sign                // an operator or a bracket
)

type token struct {
	class class
	text  string
}

// statement is one logical line: without comments, and with what stands in brackets on
// further ones.
type statement struct {
	line   int // where it begins, from 1
	indent int
	tokens []token
}

// lexer takes a Python file apart.
type lexer struct {
	source string
	at     int
	line   int
	out    []statement
	now    statement
	depth  int
	begins bool // at the begin of a line that continues nothing
}

func lex(source string) ([]statement, error) {
	l := &lexer{source: source, line: 1, begins: true}
	for l.at < len(l.source) {
		if err := l.step(); err != nil {
			return nil, fmt.Errorf("line %d: %w", l.line, err)
		}
	}
	if l.depth > 0 {
		return nil, fmt.Errorf("line %d: a bracket is not closed", l.now.line)
	}
	l.end()
	return l.out, nil
}

// end ends a statement.
func (l *lexer) end() {
	if len(l.now.tokens) > 0 {
		l.out = append(l.out, l.now)
	}
	l.now = statement{indent: l.now.indent}
}

func (l *lexer) add(c class, text string) {
	if len(l.now.tokens) == 0 {
		l.now.line = l.line
	}
	l.now.tokens = append(l.now.tokens, token{c, text})
}

// step reads one token, or what stands between two.
func (l *lexer) step() error {
	if l.begins {
		l.begins, l.now.indent = false, 0
		for l.at < len(l.source) && (l.source[l.at] == ' ' || l.source[l.at] == '\t') {
			if l.now.indent++; l.source[l.at] == '\t' {
				l.now.indent = (l.now.indent + 7) / 8 * 8 // as Python counts tabs
			}
			l.at++
		}
		return nil
	}
	c := l.source[l.at]
	switch {
	case c == '\n':
		if l.line++; l.depth == 0 {
			l.end()
			l.begins = true
		}
		l.at++
	case c == ' ', c == '\t', c == '\r', c == '\f':
		l.at++
	case c == '#':
		for l.at < len(l.source) && l.source[l.at] != '\n' {
			l.at++
		}
	case c == '\\':
		return l.continued()
	case c == ';' && l.depth == 0:
		l.at++
		l.end()
	case c == '"', c == '\'':
		return l.quoted("")
	case c >= '0' && c <= '9', c == '.' && l.at+1 < len(l.source) && l.source[l.at+1] >= '0' && l.source[l.at+1] <= '9':
		l.numeral()
	default:
		return l.other()
	}
	return nil
}

// continued is a backslash at the end of a line.
func (l *lexer) continued() error {
	rest := strings.TrimPrefix(l.source[l.at+1:], "\r")
	if !strings.HasPrefix(rest, "\n") {
		return errors.New("a backslash stands in the middle of a line")
	}
	l.at = len(l.source) - len(rest) + 1
	l.line++
	return nil
}

// numeral reads digits, and whatever Python may have among them.
func (l *lexer) numeral() {
	from := l.at
	for l.at < len(l.source) {
		c := l.source[l.at]
		signed := (c == '+' || c == '-') && (l.source[l.at-1] == 'e' || l.source[l.at-1] == 'E') && !strings.HasPrefix(l.source[from:], "0x")
		if !signed && c != '.' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			break
		}
		l.at++
	}
	l.add(digits, l.source[from:l.at])
}

// other reads a name, a text with a prefix, a bracket or an operator.
func (l *lexer) other() error {
	r, size := utf8.DecodeRuneInString(l.source[l.at:])
	if unicode.IsLetter(r) || r == '_' {
		from := l.at
		for l.at < len(l.source) {
			r, size = utf8.DecodeRuneInString(l.source[l.at:])
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' {
				break
			}
			l.at += size
		}
		name := l.source[from:l.at]
		if l.at < len(l.source) && (l.source[l.at] == '"' || l.source[l.at] == '\'') && isPrefix(name) {
			return l.quoted(strings.ToLower(name))
		}
		l.add(word, name)
		return nil
	}
	switch r {
	case '(', '[', '{':
		if l.depth++; l.depth > mostDepth {
			return fmt.Errorf("more than %d brackets stand in one another", mostDepth)
		}
	case ')', ']', '}':
		if l.depth--; l.depth < 0 {
			return errors.New("a bracket is closed that was not opened")
		}
	}
	l.at += size
	l.add(sign, string(r))
	return nil
}

// isPrefix reports whether a text in quotes may follow a word.
func isPrefix(name string) bool {
	return len(name) <= 2 && strings.Trim(strings.ToLower(name), "rbuft") == ""
}
