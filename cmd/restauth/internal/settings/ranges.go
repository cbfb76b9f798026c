package settings

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// checkRanges holds each field of a struct of settings to its tag `range`, such
// as "10ms..1m" or "1..1000", which the reference of the settings shows too.
func checkRanges(settings any) error {
	value := reflect.ValueOf(settings).Elem()
	var wrong []error
	for i := range value.NumField() {
		field := value.Type().Field(i)
		if bounds, bounded := field.Tag.Lookup("range"); bounded {
			wrong = append(wrong, CheckRange(flagOf(field), value.Field(i).Interface(), bounds))
		}
	}
	return errors.Join(wrong...)
}

// CheckRange holds the value of a flag to its bounds, such as "10ms..1m".
func CheckRange(flag string, value any, bounds string) error {
	least, most, is := strings.Cut(bounds, "..")
	number, numbers := Amount(Spelled(value))
	low, lows := Amount(least)
	high, highs := Amount(most)
	if !is || !numbers || !lows || !highs {
		return fmt.Errorf("--%s: the range %q of this build cannot be read", flag, bounds)
	}
	if number < low || number > high {
		return fmt.Errorf("--%s is %s, but must be from %s to %s", flag, Spelled(value), least, most)
	}
	return nil
}

// Amount is a number or a time.
func Amount(text string) (int64, bool) {
	if d, err := time.ParseDuration(text); err == nil {
		return int64(d), true
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

// flagOf is the flag that kong makes of a field.
func flagOf(field reflect.StructField) string {
	if name := field.Tag.Get("name"); name != "" {
		return name
	}
	var flag strings.Builder
	for i, r := range field.Name {
		if i > 0 && unicode.IsUpper(r) {
			flag.WriteByte('-')
		}
		flag.WriteRune(unicode.ToLower(r))
	}
	return flag.String()
}
