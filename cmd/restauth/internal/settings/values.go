package settings

import (
	"errors"
	"fmt"
	"log/slog"
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

// Spelled is a setting's value as it is written behind its flag or in its
// variable. Both take it back as the same value.
func Spelled(value any) string {
	switch value := value.(type) {
	case bool:
		if value {
			return "on"
		}
		return "off"
	case time.Duration:
		return spelledDuration(value)
	case slog.Level:
		return strings.ToLower(value.String())
	case []string:
		all := make([]string, 0, len(value))
		for _, one := range value {
			all = append(all, strings.ReplaceAll(one, ",", `\,`))
		}
		return strings.Join(all, ",")
	}
	return fmt.Sprint(value)
}

// spelledDuration is 5m and not 5m0s, as people write it.
func spelledDuration(value time.Duration) string {
	text := value.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
