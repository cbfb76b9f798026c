package doctor

import (
	"strings"
)

// namesFlag is the setting that names columns with names.
func namesFlag(names []string) string {
	if len(names) > 1 {
		return "--users-username-columns"
	}
	return "--users-username-column"
}

// flags are the settings for a table, as they can be put behind `restauth serve`. y is
// nil where nobody has read it yet.
func (x *exam) flags(t *table, c *choice, y *tally) []string {
	flags := []string{
		"--users-table=" + x.spelled(t),
		"--users-id-column=" + c.id,
		namesFlag(c.names) + "=" + strings.Join(c.names, ","),
		"--users-password-column=" + c.password,
	}
	for _, filter := range c.filters {
		flags = append(flags, "--users-filter="+strings.ReplaceAll(filter, ",", `\,`)) // a comma stands between two
	}
	if y == nil {
		return flags
	}
	if y.uuids.swapped() {
		flags = append(flags, "--users-id-type=uuid-swapped")
	}
	if bare := x.bareForms(y); len(bare) > 0 {
		flags = append(flags, "--bare-hashes="+strings.Join(bare, ","))
		if c.salt != "" {
			flags = append(flags, "--users-salt-column="+c.salt, "--users-salt-position=before")
		}
	}
	if !x.cfg.AllowWeakHashes && y.whys[whyHashWeak] != nil {
		flags = append(flags, "--allow-weak-hashes")
	}
	return flags
}
