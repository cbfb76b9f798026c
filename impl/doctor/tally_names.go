package doctor

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// ofNames is what keeps a row from being found by any of its names.
func (y *tally) ofNames(p *page, row int, key []byte) why {
	found, findable := whyNameNull, false
	for i, at := range y.at.names {
		size, name, sortKey := p.at(row, at.size), p.at(row, at.name), p.at(row, at.sortKey)
		what := why("")
		switch {
		case size == nil && len(name) == 0, string(size) == "0":
			what = whyNameNull
		case name == nil, utf8.RuneCount(name) > mostTyped:
			what = whyNameLong
		case !utf8.Valid(name), slices.Contains(name, 0):
			what = whyNameText
		}
		if what == "" {
			if encodedTwice(name) {
				y.note(whyNameEncoded, key, 1)
			}
			what = y.twice(i, sortKey, name, key)
		}
		if what == "" {
			findable = true
		} else if i == 0 || what != whyNameNull {
			found = what
		}
	}
	if findable {
		return ""
	}
	return found
}

func (y *tally) twice(column int, sortKey, name, key []byte) why {
	if column >= len(y.names) || y.names[column] == nil {
		return ""
	}
	set := y.names[column]
	switch seen, same := set.add(sortKey, name); {
	case seen && same:
		for range set.weight() - 1 { // each stands for others
			y.x.report.NoLogin++
		}
		if extra := set.weight() - 1; extra > 0 {
			y.note(whyNameTwice, key, extra)
		}
		return whyNameTwice
	case seen:
		y.note(whyNameEqual, key, set.weight())
		if len(y.equals) < mostKeys {
			y.equals = append(y.equals, slices.Clone(name))
		}
	}
	return ""
}

// encodedTwice reports whether a name is UTF-8 that was taken for Latin-1 and made UTF-8
// again, as in a latin1 column that an application writes UTF-8 to.
func encodedTwice(name []byte) bool {
	if !slices.ContainsFunc(name, func(b byte) bool { return b >= utf8.RuneSelf }) {
		return false
	}
	once := make([]byte, 0, len(name))
	for _, r := range string(name) {
		b, ok := windows1252(r)
		if !ok {
			return false
		}
		once = append(once, b)
	}
	return utf8.Valid(once)
}

// windows1252 is the byte of a character in what MySQL calls latin1.
func windows1252(r rune) (byte, bool) {
	if r <= 0xff {
		return byte(r & 0xff), true
	}
	const others = "€\x00‚ƒ„…†‡ˆ‰Š‹Œ\x00Ž\x00\x00‘’“”•–—˜™š›œ\x00žŸ" // from 0x80 on
	at := strings.IndexRune(others, r)
	if at < 0 {
		return 0, false
	}
	return byte((0x80 + utf8.RuneCountInString(others[:at])) & 0xff), true
}
