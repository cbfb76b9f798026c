// Package userid is the key of a user: what a row of the user table is told from
// all others by, a token's identity, and its sub in words.
//
// A key is a whole number, of any size that a column of numbers can hold, or a
// text, a UUID's among them:
//
//	userid.Number(7).String()        // 7, and so written into JSON as 7
//	userid.Text("7").String()        // 7 too, and written as "7"
//
// The two are never equal: which of them a table has is the kind of its column, and
// who reads a key from elsewhere, a token say, has to be told (see [Parse]).
//
// It is a leaf and knows neither tables nor tokens.
package userid

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// MostDigits is how many digits a number may have: those of MySQL's DECIMAL(65).
	MostDigits = 65
	// MostText is how many characters a text may have, as many as a user name may.
	MostText = 255
)

// Kind says what the keys of a table are.
type Kind uint8

const (
	// Numbers are whole numbers.
	Numbers Kind = iota
	// Texts are texts, UUIDs among them.
	Texts
	// Unknown is what they are before the table could be looked at.
	Unknown
)

// String is the kind for people.
func (k Kind) String() string {
	switch k {
	case Numbers:
		return "numbers"
	case Texts:
		return "texts"
	default:
		return "unknown"
	}
}

// ID is a user's key. The zero ID is Number(0). IDs are equal by == exactly when they
// are the same key.
type ID struct {
	number int64
	text   string // what is not in number
	form   form
}

// form says where the key stands.
type form uint8

const (
	inNumber form = iota
	inDigits      // text has the digits of a number beyond int64
	inText
)

// Number is a number's ID.
func Number(n int64) ID { return ID{number: n} }

// Unsigned is a number's ID.
func Unsigned(n uint64) ID {
	if n>>63 == 0 {
		return Number(int64(n))
	}
	return ID{text: strconv.FormatUint(n, 10), form: inDigits}
}

// Text is a text's ID. Whether a token may carry it is Carried's to say.
func Text(s string) ID { return ID{text: s, form: inText} }

// Carried reports whether a token, a log and a row of restauth's own can hold such a
// text: 1 to MostText characters of valid UTF-8 without U+0000.
func Carried(s string) bool {
	return s != "" && len(s) <= MostText*utf8.UTFMax && utf8.ValidString(s) &&
		utf8.RuneCountInString(s) <= MostText && strings.IndexByte(s, 0) < 0
}

// ParseNumber reads a whole number in its one spelling: digits without a zero in front
// of others, a minus before a number below zero, at most MostDigits of them.
func ParseNumber(s string) (ID, bool) {
	digits := strings.TrimPrefix(s, "-")
	if digits == "" || len(digits) > MostDigits || digits[0] == '0' && s != "0" {
		return ID{}, false
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return ID{}, false
		}
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return Number(n), true
	}
	return ID{text: strings.Clone(s), form: inDigits}, true
}

// Parse reads what String wrote of a table's key. It fails for what is none of that
// kind, and where the kind is Unknown.
func Parse(kind Kind, s string) (ID, bool) {
	switch kind {
	case Numbers:
		return ParseNumber(s)
	case Texts:
		return Text(s), Carried(s)
	default:
		return ID{}, false
	}
}

// Equal is ==, for whoever compares by a method.
func (id ID) Equal(other ID) bool { return id == other }

// IsNumber reports whether the key is a number.
func (id ID) IsNumber() bool { return id.form != inText }

// Kind is Numbers or Texts.
func (id ID) Kind() Kind {
	if id.form == inText {
		return Texts
	}
	return Numbers
}

// Int64 returns the number, if it is one that has room.
func (id ID) Int64() (n int64, ok bool) { return id.number, id.form == inNumber }

// String is the key as the sub of a token has it: a number's digits, or the text.
func (id ID) String() string {
	if id.form == inNumber {
		return strconv.FormatInt(id.number, 10)
	}
	return id.text
}

// MarshalJSON writes a JSON number or a JSON string.
func (id ID) MarshalJSON() ([]byte, error) {
	switch id.form {
	case inNumber:
		return strconv.AppendInt(nil, id.number, 10), nil
	case inDigits:
		return []byte(id.text), nil
	case inText:
	}
	quoted, err := json.Marshal(id.text)
	if err != nil {
		return nil, fmt.Errorf("write a user's key: %w", err)
	}
	return quoted, nil
}

// Framed appends what tells the key from all others whatever follows: its form, its
// length, and the text. Numbers that have room are digested as eight bytes instead, as
// they have always been, and under another key: these eight and what follows may be any.
func (id ID) Framed(b []byte) []byte {
	text := id.String()
	b = append(b, byte(id.form))
	b = binary.BigEndian.AppendUint64(b, uint64(len(text)))
	return append(b, text...)
}

// Hash spreads keys over all 64 bits, for tables in memory: numbers whatever step they
// come in (Knuth, The Art of Computer Programming, section 6.4), texts by a seed that
// nobody knows who could choose them.
func (id ID) Hash(seed maphash.Seed) uint64 {
	if id.form == inNumber {
		return uint64(id.number) * 0x9E3779B97F4A7C15 //nolint:gosec // a negative one has a place too
	}
	return maphash.String(seed, id.text)
}
