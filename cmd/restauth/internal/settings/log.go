package settings

import "log/slog"

// Log says what the log looks like.
type Log struct {
	LogFormat string     `group:"log" enum:"auto,json,text" default:"auto" placeholder:"FORMAT" help:"json or text; auto is text on a terminal, else json."`
	LogLevel  slog.Level `group:"log" default:"info" words:"debug,info,warn,error" placeholder:"LEVEL" help:"debug, info, warn or error."`
}
