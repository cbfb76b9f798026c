package flaskconfig

import (
	"math"
	"time"
)

// units are timedelta's, in the order of its arguments.
var units = []struct {
	name string
	unit time.Duration
}{
	{"days", 24 * time.Hour},
	{"seconds", time.Second},
	{"microseconds", time.Microsecond},
	{"milliseconds", time.Millisecond},
	{"minutes", time.Minute},
	{"hours", time.Hour},
	{"weeks", 7 * 24 * time.Hour},
}

// named reads a constant that has a name, and calls that are known to be harmless.
func (p *parser) named() value {
	name := p.peek().text
	p.at++
	for p.take(".") {
		if p.peek().class != word {
			return p.fail()
		}
		name += "." + p.peek().text
		p.at++
	}
	switch name {
	case "True", "true":
		return value{kind: boolean, number: 1}
	case "False", "false":
		return value{kind: boolean}
	case "None", "null":
		return value{kind: none}
	case "timedelta", "datetime.timedelta", "dt.timedelta":
		return p.timedelta()
	case "os.environ", "environ":
		if p.take("[") {
			return p.environment("]")
		}
	case "os.environ.get", "environ.get", "os.getenv", "getenv":
		if p.take("(") {
			return p.environment(")")
		}
	case "tuple", "list", "set", "frozenset":
		if p.take("(") {
			if v := p.either(); v.kind == list && p.take(")") {
				return v
			}
		}
	}
	return p.fail()
}

// environment reads the name of a variable, and what counts where there is none.
func (p *parser) environment(end string) value {
	name := p.either()
	if name.kind != text {
		return p.fail()
	}
	v := value{kind: variable, text: name.text}
	if p.take(end) {
		return v
	}
	if end != ")" || !p.take(",") {
		return p.fail()
	}
	if p.peek().text == "default" && p.at+1 < len(p.tokens) && p.tokens[p.at+1].text == "=" {
		p.at += 2
	}
	v.items = []value{p.either()}
	if !p.take(end) {
		return p.fail()
	}
	return v
}

// timedelta reads the arguments of one.
func (p *parser) timedelta() value {
	if !p.take("(") {
		return p.fail()
	}
	v := value{kind: duration}
	for position := 0; !p.take(")"); position++ {
		unit := time.Duration(0)
		if position < len(units) {
			unit = units[position].unit
		}
		if t := p.peek(); t.class == word {
			unit = 0
			for _, u := range units {
				if u.name == t.text {
					unit = u.unit
				}
			}
			p.at++
			if !p.take("=") {
				return p.fail()
			}
		}
		part, is := p.either().times(unit)
		if !is || unit == 0 || p.failed {
			return p.fail()
		}
		v.number += int64(part)
		if time.Duration(v.number) > longest || time.Duration(v.number) < -longest {
			return p.fail()
		}
		if !p.take(",") && p.peek().text != ")" {
			return p.fail()
		}
	}
	return v
}

// times is a number of units of time.
func (v value) times(unit time.Duration) (time.Duration, bool) {
	n := v.fraction
	if v.kind == integer {
		n = float64(v.number)
	} else if v.kind != float {
		return 0, false
	}
	total := n * float64(unit)
	if total > float64(longest) || total < -float64(longest) {
		return 0, false
	}
	if v.kind == integer {
		return time.Duration(v.number) * unit, true
	}
	return time.Duration(math.Round(total)), true
}
