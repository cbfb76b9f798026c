package settings

import (
	"fmt"
	"log/slog"
	"strings"
	"time"
)

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
		return strings.Join(value, ",")
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
