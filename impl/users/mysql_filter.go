package users

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/restauth/restauth/impl/database"
)

// onlyNull is all that is known to compare exactly in some types.
const onlyNull = "only with NULL"

// filter is a filter in SQL. What is equal is decided as closely as the type allows:
// "=" is met by the very value, "!=" by none that the column itself takes for equal, so
// that neither lets somebody in whom its author did not mean.
func (e mySQL) filter(f Filter, is fact) (condition, error) {
	column := database.Quote(f.Column)
	refuse := func(want string) (condition, error) {
		return condition{}, f.refused(e.names.table, strings.ToUpper(is.full), want)
	}
	if f.Null {
		return f.isNull(column), nil
	}
	switch is.kind {
	case "tinyint", "smallint", "mediumint", "int", "bigint", "year":
		if n, ok := integer(f.Value); ok {
			return f.compare(column, "?", n), nil
		}
		return refuse("with whole numbers, true, false and NULL")
	case "bit":
		if n, ok := integer(f.Value); ok && fits(n, is.precision) {
			return f.compare(column, "?", n), nil
		}
		return refuse("with whole numbers that it can hold, true, false and NULL")
	case "decimal":
		if decimalNumber.MatchString(f.Value) {
			return f.compare(column, "CAST(? AS DECIMAL(65,30))", f.Value), nil
		}
		return refuse("with numbers and NULL")
	case "enum":
		if slices.Contains(is.labels, f.Value) {
			return e.filterText(f, column), nil
		}
		return refuse("with " + strings.Join(is.labels, ", ") + " and NULL")
	case "char", "varchar", "tinytext", "text", "mediumtext", "longtext":
		if ascii(f.Value) || strings.HasPrefix(is.charset, "utf8") {
			return e.filterText(f, column), nil
		}
		return refuse("with texts of ASCII, as its character set is " + is.charset)
	case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob":
		return f.bytes(column, is), nil
	case "uuid":
		if _, ok := uuidBytes(strings.ToLower(f.Value)); ok {
			return f.compare(column, "?", f.Value), nil
		}
		return refuse("with UUIDs as texts and NULL")
	case "date", "datetime":
		if as, ok := moment(f.Value, is.kind); ok {
			return f.compare(column, as, f.Value), nil
		}
		return refuse("with NULL, and moments as 2006-01-02, or 2006-01-02 15:04:05 where it has a time")
	}
	return refuse(onlyNull)
}

// filterText: the very bytes are the value; all that the column takes for equal is it
// when there must be another.
func (e mySQL) filterText(f Filter, column string) condition {
	if f.Not {
		return f.compare(column, "?", f.Value)
	}
	return condition{e.exactly(column), []any{f.Value}}
}

// bytes compares them; 0x and hexadecimal digits stand for any.
func (f Filter) bytes(column string, is fact) condition {
	as, value := "?", any(f.Value)
	if digits, ok := strings.CutPrefix(f.Value, "0x"); ok {
		if _, err := hex.DecodeString(digits); err == nil {
			as, value = "UNHEX(?)", digits
		}
	}
	size := ""
	if is.kind == "binary" { // which fills up with zero bytes
		size = fmt.Sprintf("(%d)", is.length)
	}
	return f.compare(column, "CAST("+as+" AS BINARY"+size+")", value)
}

var decimalNumber = regexp.MustCompile(`^-?[0-9]{1,35}(\.[0-9]{1,30})?$`)

// integer is a whole number; true and false are 1 and 0, as in BOOLEAN columns.
func integer(value string) (any, bool) {
	switch strings.ToLower(value) {
	case "true":
		return int64(1), true
	case "false":
		return int64(0), true
	}
	if n, err := strconv.ParseInt(value, 10, 64); err == nil {
		return n, true
	}
	n, err := strconv.ParseUint(value, 10, 64)
	return n, err == nil
}

// fits reports whether a number has room in so many bits.
func fits(n any, bits int64) bool {
	signed, ok := n.(int64)
	if !ok {
		return bits >= 64
	}
	return signed >= 0 && (bits >= 63 || signed < 1<<bits)
}

// moment is the placeholder for a day, or a second of a day, that there is.
func moment(value, kind string) (string, bool) {
	if _, err := time.Parse(time.DateOnly, value); err == nil {
		return "CAST(? AS " + strings.ToUpper(kind) + ")", true
	}
	_, err := time.Parse(time.DateTime, value)
	return "CAST(? AS DATETIME(6))", err == nil && kind == "datetime"
}
