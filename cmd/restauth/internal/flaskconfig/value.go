package flaskconfig

import "time"

// kind is what a constant is.
type kind int

const (
	unknown  kind = iota // code, which is not executed
	none                 // None
	boolean              // number is 0 or 1
	integer              // number
	float                // fraction
	text                 // text
	list                 // items: a list, a tuple or a set
	dict                 // items: name, value, name, value
	duration             // number, in nanoseconds
	variable             // text names a variable of the environment; items may hold the value without it
)

// value is a constant.
type value struct {
	kind     kind
	text     string
	number   int64
	fraction float64
	items    []value
}

// texts are the texts of a list, and whether it holds nothing else.
func (v value) texts() ([]string, bool) {
	if v.kind != list {
		return nil, false
	}
	var all []string
	for _, item := range v.items {
		if item.kind != text {
			return nil, false
		}
		all = append(all, item.text)
	}
	return all, true
}

// longest keeps sums of times away from overflow.
const longest = 100 * 365 * 24 * time.Hour

// time is a timedelta, or a number of seconds.
func (v value) time() (time.Duration, bool) {
	switch v.kind {
	case duration:
		return time.Duration(v.number), true
	case integer:
		if v.number > -int64(longest/time.Second) && v.number < int64(longest/time.Second) {
			return time.Duration(v.number) * time.Second, true
		}
	case float:
		if v.fraction > -longest.Seconds() && v.fraction < longest.Seconds() {
			return time.Duration(v.fraction * float64(time.Second)), true
		}
	default:
	}
	return 0, false
}

// signed is the number, or what is as far below zero.
func (v value) signed(minus bool) value {
	if minus {
		return new(parser).negated(v)
	}
	return v
}
