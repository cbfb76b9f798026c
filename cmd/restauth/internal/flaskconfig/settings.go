package flaskconfig

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Setting is one of restauth's, by the name of its flag.
type Setting struct{ Flag, Value string }

// Note is what is to be known of one setting of Flask's: why it has no counterpart, or
// what has to be done by hand.
type Note struct {
	Name string
	Line int // 0 where it has none
	Text string
}

func (n Note) String() string {
	if n.Line == 0 {
		return n.Name + ": " + n.Text
	}
	return fmt.Sprintf("%s (line %d): %s", n.Name, n.Line, n.Text)
}

// Found is what takes a configuration's place.
type Found struct {
	Settings []Setting
	Notes    []Note
	Others   int // settings that have nothing to do with logins
}

// counterpart says what takes one setting's place.
type counterpart func(f *Found, s setting)

// Settings says which of restauth's settings take the configuration's place, in the order
// of docs/flask-jwt.md, and what there is to say of the others.
func (c *Config) Settings() *Found {
	f := new(Found)
	last := make(map[string]setting)
	for _, s := range c.all {
		if before, is := last[s.name]; is && s.maybe && !before.maybe {
			before.maybe = true // one that counts now, and one that may count in its place
			last[s.name] = before
			continue
		}
		last[s.name] = s
	}
	for name := range c.undecided {
		if known(name) {
			f.note(setting{name: name}, "it is set differently in the classes "+strings.Join(c.undecided[name], ", ")+"; say with --class whose settings count")
		}
	}
	slices.SortFunc(f.Notes, func(a, b Note) int { return strings.Compare(a.Name, b.Name) })
	for _, row := range table() {
		if s, is := last[row.name]; is {
			f.take(s, row.counterpart, row.silent)
			delete(last, row.name)
		}
	}
	for _, h := range c.handlers {
		f.note(h, handlers()[h.name])
	}
	for _, name := range slices.Sorted(maps.Keys(last)) {
		if !strings.HasPrefix(name, "JWT_") {
			f.Others++
			continue
		}
		f.note(last[name], "Flask-JWT 0.3.2 has no such setting, and neither has restauth")
	}
	return f
}

// take hands a setting to its counterpart, if its value is known.
func (f *Found) take(s setting, to counterpart, silent bool) {
	switch {
	case silent:
		to(f, s) // It says the same whatever the value.
	case s.maybe:
		f.note(s, "a condition, or code, decides about its value, and nothing is executed; set what takes its place by hand")
	case s.value.kind == variable:
		f.note(s, "its value is in the environment variable "+quoted(s.value.text)+", which is not looked at; set what takes its place by hand")
	case s.value.kind == unknown:
		f.note(s, "its value is code, and nothing is executed; set what takes its place by hand")
	default:
		to(f, s)
	}
}

// quoted is the name of a variable, if it looks like one.
func quoted(name string) string {
	if len(name) > 64 || !settingName.MatchString(strings.ToUpper(name)) {
		return "(of an odd name)"
	}
	return name
}

func (f *Found) note(s setting, text string) {
	f.Notes = append(f.Notes, Note{Name: s.name, Line: s.line, Text: text})
}

func (f *Found) set(flag, value string) {
	f.Settings = slices.DeleteFunc(f.Settings, func(s Setting) bool { return s.Flag == flag })
	f.Settings = append(f.Settings, Setting{flag, value})
}

// spelled is a time as restauth's settings have it.
func spelled(d time.Duration) string {
	out := d.String()
	for _, end := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(out, end) {
			out = out[:len(out)-2]
		}
	}
	return out
}
