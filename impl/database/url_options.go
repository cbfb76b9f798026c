package database

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// renamed are other programs' options that are files, numbers or durations here
// too, by what they are called here.
func renamed() map[string]string {
	return map[string]string{
		"ssl_ca": "tls-ca", "ssl-ca": "tls-ca", "sslca": "tls-ca", "sslrootcert": "tls-ca", "mysql_attr_ssl_ca": "tls-ca",
		"sslcert":  "tls-ca", // Prisma's: the authority's
		"ssl_cert": "tls-cert", "ssl-cert": "tls-cert", "ssl_key": "tls-key", "ssl-key": "tls-key", "sslkey": "tls-key",
		"unix_socket": "socket", "unixsocket": "socket", "localsocket": "socket", "socket": "socket",
		"connection_limit": "max-open", "connectionlimit": "max-open", "pool": "max-open", "pool_size": "max-open", "maxpoolsize": "max-open",
		"connect_timeout": "connect-timeout", "connecttimeout": "connect-timeout", "timeout": "connect-timeout",
		"allowcleartextpasswords": "allow-cleartext", "enable_cleartext_plugin": "allow-cleartext", "enable-cleartext-plugin": "allow-cleartext", "allowclearpasswords": "allow-cleartext",
		"read_timeout": "read-timeout", "readtimeout": "read-timeout", "write_timeout": "write-timeout", "writetimeout": "write-timeout",
	}
}

// needless are other programs' options that restauth has no use for: it speaks
// utf8mb4, reads no dates and sets its connections up by itself.
func needless() []string {
	return []string{
		"charset", "collation", "encoding", "use_unicode", "useunicode", "characterencoding", "character_set", "connectioncollation",
		"parsetime", "loc", "timezone", "time_zone", "servertimezone", "uselegacydatetimecode", "zerodatetimebehavior", "default_time_zone",
		"serverversion", "server_version", "allowpublickeyretrieval", "autoreconnect", "reconnect", "multistatements", "interpolateparams",
		"maxallowedpacket", "max_allowed_packet", "strict", "prefix", "schema", "pool_timeout", "statement_cache_size", "conn_max_age", "init_command",
		"sql_mode", "autocommit", "allownativepasswords", "checkconnliveness", "clientfoundrows", "columnswithalias", "rejectreadonly",
		"rewritebatchedstatements", "useserverprepstmts", "cacheprepstmts", "tinyint1isbit", "driver", "engine", "pgbouncer", "wait_timeout",
	}
}

// translateOptions puts other programs' options as they are written here, and
// names those that are left out. It is not ok with one that it does not know: that
// may be a misspelt tls, or not be one that may be shown.
func (f *foreignURL) translateOptions() (ours, left []string, ok bool) {
	set := make(map[string]string)
	for name, given := range f.options {
		key, value := strings.ToLower(name), given[0]
		to, known := renamed()[key]
		switch {
		case len(given) > 1:
			return nil, nil, false
		case slices.Contains(needless(), key):
			left = append(left, name)
		case slices.Contains(knownOptions(), name) && plainFile().MatchString(value) && name != "tls" && name != "timeout":
			set[name] = value
		case known:
			if value, ok = f.valueOf(to, value); !ok {
				return nil, nil, false
			}
			set[to] = value
		default:
			mode, ok := tlsMode(key, value, f.options.Has("ssl_ca") || f.options.Has("ssl-ca"))
			if !ok {
				return nil, nil, false
			}
			if mode != "" && stricter(mode, set["tls"]) {
				set["tls"] = mode
			}
		}
	}
	if set["tls"] == "verify-ca" && set["tls-ca"] == "" {
		set["tls-ca"] = "FILE"
	}
	if set["tls"] == "skip-verify" || set["tls"] == "preferred" {
		delete(set, "tls-ca") // which would have no effect
	}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		ours = append(ours, name+"="+set[name])
	}
	return ours, left, true
}

// valueOf is a renamed option's value as it is written here.
func (f *foreignURL) valueOf(to, value string) (string, bool) {
	if strings.HasSuffix(to, "-timeout") {
		if n, err := strconv.Atoi(value); err == nil && n > 0 {
			unit := time.Second
			if f.program == "JDBC" {
				unit = time.Millisecond
			}
			return (time.Duration(n) * unit).String(), true
		}
		d, err := time.ParseDuration(value)
		return d.String(), err == nil && d > 0
	}
	if to == "allow-cleartext" {
		set, err := strconv.ParseBool(value)
		return strconv.FormatBool(set), err == nil
	}
	if to == "max-open" {
		n, err := strconv.Atoi(value)
		return value, err == nil && n > 0
	}
	return value, plainFile().MatchString(value)
}

// tlsModes are the modes from the least to the most that they promise.
func tlsModes() []string {
	return []string{"", "false", "preferred", "skip-verify", "verify-ca", "true"}
}

func stricter(mode, than string) bool {
	return slices.Index(tlsModes(), mode) > slices.Index(tlsModes(), than)
}

// tlsMode is what another program's option says of TLS, as the mode here that
// promises as much. ca says that an authority is named.
func tlsMode(key, value string, ca bool) (mode string, ok bool) {
	value = strings.ToLower(value)
	yes := value == "true" || value == "1" || value == "yes" || value == "strict"
	no := value == "false" || value == "0" || value == "no"
	switch key {
	case "ssl-mode", "ssl_mode", "sslmode":
		mode, ok = map[string]string{
			"disabled": "false", "disable": "false", "preferred": "preferred", "prefer": "preferred", "required": "skip-verify", "require": "skip-verify", "trust": "skip-verify",
			"verify_ca": "verify-ca", "verify-ca": "verify-ca", "verify_identity": "true", "verify-identity": "true", "verify-full": "true",
		}[value]
		return mode, ok
	case "tls":
		return value, slices.Contains(tlsModes()[1:], value)
	case "sslaccept":
		if value == "accept_invalid_certs" {
			return "skip-verify", true
		}
		return "true", yes
	case "ssl", "usessl", "requiressl", "ssl_enabled", "ssl_verify_identity", "ssl_check_hostname", "ssl_disabled":
		if key == "ssl_disabled" {
			yes, no = no, yes
		}
		if no && (key == "ssl_verify_identity" || key == "ssl_check_hostname" || key == "requiressl") {
			return "", true
		}
		if no {
			return "false", true
		}
		return "true", yes
	case "verifyservercertificate", "ssl_verify_cert":
		if no {
			return "skip-verify", true
		}
		if ca {
			return "verify-ca", yes
		}
		return "true", yes
	}
	return "", false
}
