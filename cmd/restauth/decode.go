package main

import (
	"fmt"
	"log/slog"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// switches decode whatever is on or off.
type switches struct{}

// IsBool implements kong.BoolMapper: such a flag needs no value.
func (switches) IsBool() bool { return true }

// Decode implements kong.Mapper.
func (switches) Decode(ctx *kong.DecodeContext, target reflect.Value) error {
	if ctx.Scan.Peek().Type != kong.FlagValueToken {
		target.SetBool(true)
		return nil
	}
	switch value := ctx.Scan.Pop().Value.(type) {
	case bool: // kong's own, of --no-NAME
		target.SetBool(value)
	case string:
		on, err := parseSwitch(value)
		if err != nil {
			return err
		}
		target.SetBool(on)
	}
	return nil
}

func parseSwitch(text string) (on bool, err error) {
	switch strings.ToLower(text) {
	case "on", "yes", "true", "1":
		return true, nil
	case "off", "no", "false", "0":
		return false, nil
	}
	return false, fmt.Errorf("expected on or off but got %q", text)
}

// plainNegations rewrites --no-NAME=off, which kong reads itself, in a word that
// kong knows.
func plainNegations(args []string) ([]string, error) {
	plain := make([]string, len(args))
	copy(plain, args)
	for i, arg := range plain {
		if arg == "--" {
			break
		}
		name, value, valued := strings.Cut(arg, "=")
		if !valued || !strings.HasPrefix(name, "--no-") {
			continue
		}
		on, err := parseSwitch(value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		plain[i] = fmt.Sprintf("%s=%t", name, on)
	}
	return plain, nil
}

// decodeDuration is kong's own but for its error.
func decodeDuration(ctx *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := ctx.Scan.PopValueInto("duration", &text); err != nil {
		return err
	}
	value, err := time.ParseDuration(text)
	if err != nil {
		if _, seconds := time.ParseDuration(text + "s"); seconds == nil {
			return fmt.Errorf("expected duration but got %q, which has no unit; for seconds write %ss", text, text)
		}
		return fmt.Errorf("expected duration but got %q; write a number and ms, s, m or h, such as 30s or 1h30m", text)
	}
	target.SetInt(int64(value))
	return nil
}

// decodeLevel is slog's own but for its error.
func decodeLevel(ctx *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := ctx.Scan.PopValueInto("level", &text); err != nil {
		return err
	}
	var level slog.Level
	if level.UnmarshalText([]byte(text)) != nil {
		return fmt.Errorf("expected debug, info, warn or error but got %q", text)
	}
	target.SetInt(int64(level))
	return nil
}

// decodeInt is kong's own but for its error.
func decodeInt(ctx *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := ctx.Scan.PopValueInto("number", &text); err != nil {
		return err
	}
	value, err := strconv.ParseInt(text, 0, strconv.IntSize)
	if err != nil {
		return fmt.Errorf("expected a whole number but got %q", text)
	}
	target.SetInt(value)
	return nil
}
