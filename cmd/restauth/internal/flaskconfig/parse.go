package flaskconfig

import (
	"math"
	"strconv"
	"strings"
)

// parser reads the value of one statement.
type parser struct {
	tokens []token
	at     int
	failed bool // at something that is no constant
}

// constant reads all tokens as one value: unknown where they are anything else.
func constant(tokens []token) value {
	p := &parser{tokens: tokens}
	v := p.list()
	if p.failed || p.at != len(p.tokens) {
		return value{}
	}
	return v
}

func (p *parser) fail() value {
	p.failed = true
	return value{}
}

func (p *parser) peek() token {
	if p.failed || p.at >= len(p.tokens) {
		return token{class: sign}
	}
	return p.tokens[p.at]
}

// take takes a sign or a word, if it is there.
func (p *parser) take(text string) bool {
	t := p.peek()
	if t.text != text || t.class != sign && t.class != word || text == "" {
		return false
	}
	p.at++
	return true
}

// list is a tuple without brackets, or one value.
func (p *parser) list() value {
	first := p.either()
	if !p.take(",") {
		return first
	}
	tuple := value{kind: list, items: []value{first}}
	for p.at < len(p.tokens) && !p.failed {
		tuple.items = append(tuple.items, p.either())
		if !p.take(",") {
			break
		}
	}
	return tuple
}

// either is `os.environ.get('X') or 'default'`, or one value.
func (p *parser) either() value {
	v := p.sum()
	if p.take("or") {
		other := p.sum()
		if v.kind != variable || len(v.items) > 0 {
			return p.fail()
		}
		v.items = []value{other}
	}
	return v
}

func (p *parser) sum() value {
	v := p.product()
	for {
		switch {
		case p.take("+"):
			v = p.added(v, p.product())
		case p.take("-"):
			v = p.added(v, p.negated(p.product()))
		default:
			return v
		}
	}
}

func (p *parser) added(a, b value) value {
	switch {
	case a.kind == text && b.kind == text:
		a.text += b.text
	case a.kind == b.kind && (a.kind == integer || a.kind == duration):
		sum := a.number + b.number
		if (sum > a.number) != (b.number > 0) && b.number != 0 {
			return p.fail()
		}
		a.number = sum
	default:
		return p.fail()
	}
	return a
}

func (p *parser) product() value {
	v := p.unary()
	for p.take("*") {
		other := p.unary()
		if v.kind != integer || other.kind != integer {
			return p.fail()
		}
		if v.number != 0 && other.number != 0 && (abs(v.number) > math.MaxInt32 || abs(other.number) > math.MaxInt32) {
			return p.fail()
		}
		v.number *= other.number
	}
	return v
}

func abs(n int64) int64 {
	if n < 0 && n > math.MinInt64 {
		return -n
	}
	if n == math.MinInt64 {
		return math.MaxInt64
	}
	return n
}

func (p *parser) unary() value {
	minus := false
	for {
		switch {
		case p.take("-"):
			minus = !minus
			continue
		case p.take("+"):
			continue
		}
		break
	}
	v := p.atom()
	if minus {
		return p.negated(v)
	}
	return v
}

func (p *parser) negated(v value) value {
	switch {
	case (v.kind == integer || v.kind == duration) && v.number > math.MinInt64:
		v.number = -v.number
	case v.kind == float:
		v.fraction = -v.fraction
	default:
		return p.fail()
	}
	return v
}

func (p *parser) atom() value {
	t := p.peek()
	switch t.class {
	case str, code:
		return p.string()
	case digits:
		p.at++
		return p.number(t.text)
	case word:
		return p.named()
	default:
		return p.brackets()
	}
}

// brackets reads a list, a tuple, a set or a dict, or a value in parentheses.
func (p *parser) brackets() value {
	switch {
	case p.take("("):
		if p.take(")") {
			return value{kind: list}
		}
		v := p.either()
		if p.take(")") {
			return v
		}
		return p.items(value{kind: list, items: []value{v}}, ")")
	case p.take("["):
		return p.items(value{kind: list}, "]")
	case p.take("{"):
		return p.braces()
	}
	return p.fail()
}

// string reads a text, and those that stand behind it.
func (p *parser) string() value {
	v := value{kind: text}
	for t := p.peek(); t.class == str || t.class == code; t = p.peek() {
		if t.class == code {
			return p.fail()
		}
		v.text += t.text
		p.at++
	}
	return v
}

func (p *parser) number(digits string) value {
	plain := strings.ReplaceAll(digits, "_", "")
	if n, err := strconv.ParseInt(plain, 0, 64); err == nil && (plain == "0" || plain[0] != '0' || len(plain) > 1 && strings.IndexByte("xXoObB", plain[1]) >= 0) {
		return value{kind: integer, number: n}
	}
	if f, err := strconv.ParseFloat(plain, 64); err == nil && strings.ContainsAny(plain, ".eE") && !strings.ContainsAny(plain, "xXpP") && !math.IsInf(f, 0) {
		return value{kind: float, fraction: f}
	}
	return p.fail()
}

// items reads what is left of a list.
func (p *parser) items(v value, end string) value {
	if len(v.items) > 0 && !p.take(",") {
		return p.fail()
	}
	for !p.failed {
		if p.take(end) {
			return v
		}
		v.items = append(v.items, p.either())
		if !p.take(",") {
			if p.take(end) {
				return v
			}
			break
		}
	}
	return p.fail()
}

// braces reads a dict or a set, behind the brace.
func (p *parser) braces() value {
	if p.take("}") {
		return value{kind: dict}
	}
	first := p.either()
	if !p.take(":") {
		if p.take("}") {
			return value{kind: list, items: []value{first}}
		}
		return p.items(value{kind: list, items: []value{first}}, "}")
	}
	v := value{kind: dict, items: []value{first, p.either()}}
	for !p.failed {
		if p.take("}") {
			return v
		}
		if !p.take(",") {
			break
		}
		if p.take("}") {
			return v
		}
		name := p.either()
		if !p.take(":") {
			break
		}
		v.items = append(v.items, name, p.either())
	}
	return p.fail()
}
