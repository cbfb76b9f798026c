package flaskconfig

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// setting is one assignment of a configuration.
type setting struct {
	name  string
	value value
	line  int    // 0 in JSON
	class string // that it stands in, "" for none
	// maybe says that a condition decides whether it counts.
	maybe bool
}

// Config is a configuration as it was read.
type Config struct {
	all []setting // the last one of a name counts
	// undecided are the names that several classes set differently.
	undecided map[string][]string
	handlers  []setting // of Flask-JWT's that the application replaces, in order
}

// settingName is what Flask takes for a setting: a name in capitals.
var settingName = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

// Read reads a configuration. class is the one whose settings count where there are
// several, with those of the classes that it extends; "" takes all that do not contradict
// one another. Its errors repeat nothing of the source.
func Read(source []byte, class string) (*Config, error) {
	switch {
	case len(source) > mostSource:
		return nil, fmt.Errorf("it has %d bytes, but may have at most %d", len(source), mostSource)
	case !utf8.Valid(source):
		return nil, errors.New("it is not UTF-8; write it in UTF-8")
	case bytes.IndexByte(source, 0) >= 0:
		return nil, errors.New("it holds U+0000, so it is no text")
	}
	source = bytes.TrimPrefix(source, []byte("\ufeff"))
	if trimmed := bytes.TrimSpace(source); len(trimmed) > 0 && trimmed[0] == '{' && json.Valid(trimmed) {
		return readJSON(trimmed)
	}
	statements, err := lex(string(source))
	if err != nil {
		return nil, err
	}
	r := &reader{extends: make(map[string][]string)}
	for _, s := range statements {
		r.statement(s)
	}
	return r.chosen(class)
}

// block is what the statements further in belong to.
type block struct {
	indent int
	class  string
	maybe  bool
}

// reader collects settings.
type reader struct {
	blocks  []block
	found   []setting
	classes []string
	handler []setting
	extends map[string][]string // the classes that one is made of
}

// conditional are the words that a block begins with whose statements may not be
// executed, or not once.
func conditional(word string) bool {
	return slices.Contains([]string{"if", "elif", "else", "for", "while", "try", "except", "finally", "match", "case"}, word)
}

func (r *reader) statement(s statement) {
	for len(r.blocks) > 0 && s.indent <= r.blocks[len(r.blocks)-1].indent {
		r.blocks = r.blocks[:len(r.blocks)-1]
	}
	within := block{}
	if len(r.blocks) > 0 {
		within = r.blocks[len(r.blocks)-1]
	}
	first := s.tokens[0]
	if name := handlerOf(s.tokens); name != "" {
		r.handler = append(r.handler, setting{name: name, line: s.line})
		return
	}
	if last := s.tokens[len(s.tokens)-1]; last.class == sign && last.text == ":" {
		inner := block{indent: s.indent, class: within.class, maybe: within.maybe || first.class == word && conditional(first.text)}
		if first.class == word && first.text == "class" && len(s.tokens) > 1 {
			inner.class = r.begin(s.tokens[1:])
		}
		r.blocks = append(r.blocks, inner)
		return
	}
	for _, found := range assigned(s) {
		found.class, found.maybe = within.class, within.maybe || found.maybe
		r.found = append(r.found, found)
	}
}

// handlerOf is the handler of Flask-JWT's that a decorator such as
// @jwt.auth_response_handler replaces, "" for any other statement.
func handlerOf(tokens []token) string {
	last := tokens[len(tokens)-1]
	if tokens[0].text != "@" || tokens[0].class != sign || last.class != word {
		return ""
	}
	if _, is := handlers()[last.text]; is {
		return last.text
	}
	return ""
}

// begin notes a class, and those in its brackets.
func (r *reader) begin(tokens []token) string {
	name := tokens[0].text
	r.classes = append(r.classes, name)
	for _, t := range tokens[1:] {
		if t.class == word {
			r.extends[name] = append(r.extends[name], t.text)
		}
	}
	return name
}

// assigned are the settings that a statement sets.
func assigned(s statement) []setting {
	tokens := s.tokens
	equals := slices.IndexFunc(tokens, func(t token) bool { return t.class == sign && t.text == "=" })
	switch {
	case len(tokens) > 2 && tokens[0].class == word && settingName.MatchString(tokens[0].text) && tokens[1].class == sign:
		if equals == 1 || tokens[1].text == ":" && equals > 1 {
			return []setting{{name: tokens[0].text, value: constant(tokens[equals+1:]), line: s.line}}
		}
		// Some other operator, as of JWT_REQUIRED_CLAIMS += […].
		return []setting{{name: tokens[0].text, line: s.line}}
	case within(tokens) > 0:
		return inConfig(tokens[within(tokens):], s.line)
	}
	// A statement with a condition on its line, or anything else that names one.
	var all []setting
	for i, t := range tokens {
		if t.class == word && settingName.MatchString(t.text) && i+1 < len(tokens) && tokens[i+1].text == "=" && tokens[i+1].class == sign {
			all = append(all, setting{name: t.text, line: s.line, maybe: true})
		}
	}
	return all
}

// within is where what follows `….config` begins, 0 where a statement is about something
// else.
func within(tokens []token) int {
	for i := 0; i < len(tokens) && (tokens[i].class == word || tokens[i].text == "."); i++ {
		if tokens[i].class == word && tokens[i].text == "config" && i+1 < len(tokens) {
			return i + 1
		}
	}
	return 0
}

// inConfig reads ['NAME'] = value, .update(NAME=value, …) and .from_mapping(…).
func inConfig(tokens []token, line int) []setting {
	if len(tokens) > 4 && tokens[0].text == "[" && tokens[1].class == str && tokens[2].text == "]" && tokens[3].text == "=" && tokens[3].class == sign {
		return []setting{{name: tokens[1].text, value: constant(tokens[4:]), line: line}}
	}
	if len(tokens) > 3 && tokens[0].text == "." && slices.Contains([]string{"update", "from_mapping"}, tokens[1].text) && tokens[2].text == "(" {
		return arguments(tokens[3:len(tokens)-1], line)
	}
	return nil
}

// arguments reads NAME=value, …, or one dict.
func arguments(tokens []token, line int) (all []setting) {
	for len(tokens) > 0 {
		end := argument(tokens)
		part := tokens[:end]
		tokens = tokens[min(end+1, len(tokens)):]
		if len(part) > 2 && part[0].class == word && part[1].text == "=" && part[1].class == sign {
			all = append(all, setting{name: part[0].text, value: constant(part[2:]), line: line})
			continue
		}
		if d := constant(part); d.kind == dict {
			all = append(all, settingsOf(d, line)...)
		}
	}
	return all
}

// argument is how many tokens the first has.
func argument(tokens []token) int {
	depth := 0
	for i, t := range tokens {
		if t.class != sign {
			continue
		}
		switch t.text {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			depth--
		case ",":
			if depth == 0 {
				return i
			}
		}
	}
	return len(tokens)
}

// settingsOf are those of a dict.
func settingsOf(d value, line int) (all []setting) {
	for i := 0; i+1 < len(d.items); i += 2 {
		if d.items[i].kind == text {
			all = append(all, setting{name: d.items[i].text, value: d.items[i+1], line: line})
		}
	}
	return all
}

// readJSON reads an object, whose values are constants already.
func readJSON(source []byte) (*Config, error) {
	decoder := json.NewDecoder(bytes.NewReader(source))
	decoder.UseNumber()
	var members map[string]any
	if err := decoder.Decode(&members); err != nil {
		return nil, errors.New("its JSON object cannot be read")
	}
	c := new(Config)
	for _, name := range slices.Sorted(maps.Keys(members)) {
		c.all = append(c.all, setting{name: name, value: ofJSON(members[name])})
	}
	return c, nil
}

func ofJSON(member any) value {
	switch member := member.(type) {
	case nil:
		return value{kind: none}
	case bool:
		if member {
			return value{kind: boolean, number: 1}
		}
		return value{kind: boolean}
	case json.Number:
		return constant([]token{{digits, strings.TrimPrefix(member.String(), "-")}}).signed(strings.HasPrefix(member.String(), "-"))
	case string:
		return value{kind: text, text: member}
	case []any:
		v := value{kind: list}
		for _, item := range member {
			v.items = append(v.items, ofJSON(item))
		}
		return v
	case map[string]any:
		v := value{kind: dict}
		for _, name := range slices.Sorted(maps.Keys(member)) {
			v.items = append(v.items, value{kind: text, text: name}, ofJSON(member[name]))
		}
		return v
	}
	return value{}
}

// chosen are the settings that count.
func (r *reader) chosen(class string) (*Config, error) {
	if class != "" && !slices.Contains(r.classes, class) {
		return nil, fmt.Errorf("it has no class %q; there are %s", class, strings.Join(append([]string{"none"}, r.classes...)[min(1, len(r.classes)):], ", "))
	}
	c := &Config{undecided: make(map[string][]string), handlers: r.handler}
	var order []string
	r.lineage(class, make(map[string]bool), &order)
	for _, s := range r.found {
		if s.class == "" {
			c.all = append(c.all, s)
		}
	}
	if class != "" {
		for _, name := range order {
			for _, s := range r.found {
				if s.class == name {
					c.all = append(c.all, s)
				}
			}
		}
		return c, nil
	}
	r.every(c)
	return c, nil
}

// lineage lists a class behind those that it extends.
func (r *reader) lineage(class string, seen map[string]bool, into *[]string) {
	if class == "" || seen[class] || len(seen) > mostDepth {
		return
	}
	seen[class] = true
	for _, base := range slices.Backward(r.extends[class]) {
		r.lineage(base, seen, into)
	}
	*into = append(*into, class)
}

// every takes what all classes set, unless two differ.
func (r *reader) every(c *Config) {
	byName := make(map[string][]setting)
	for _, s := range r.found {
		if s.class != "" {
			byName[s.name] = append(byName[s.name], s)
		}
	}
	for name, all := range byName {
		last := make(map[string]value) // of each class
		for _, s := range all {
			last[s.class] = s.value
		}
		same := true
		for _, other := range last {
			same = same && (len(last) == 1 || equal(other, all[0].value))
		}
		if same {
			c.all = append(c.all, all[len(all)-1])
			continue
		}
		c.undecided[name] = slices.Sorted(maps.Keys(last))
	}
	slices.SortStableFunc(c.all, func(a, b setting) int { return a.line - b.line })
}

// equal reports whether two constants are the same, and known.
func equal(a, b value) bool {
	if a.kind != b.kind || a.kind == unknown || a.text != b.text || a.number != b.number || a.fraction != b.fraction {
		return false
	}
	return slices.EqualFunc(a.items, b.items, equal)
}
