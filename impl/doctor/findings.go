package doctor

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/restauth/restauth/impl/database"
)

func said(text string) string { return database.Said(text) }

// count is a number with commas, as people write large ones.
func count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

func plural(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return count(n) + " " + what + "s"
}

// keyFindings are about keys.
func (x *exam) keyFindings(t *table, c *choice, y *tally) {
	column := said(c.id)
	if of := y.whys[whyKeyNull]; of != nil {
		x.rows(whyKeyNull, Warning, of, "have no key in "+column+": no token can stand for them", "UPDATE them to have one, or leave them out with a view")
	}
	if of := y.whys[whyKey]; of != nil {
		x.rows(whyKey, Warning, of, "have a key in "+column+" that no token can carry: a fraction, an empty text, one of more than 255 characters, or bytes that are no text",
			"name another unique column with --users-id-column")
	}
	if y.beyond > 0 {
		x.report.add(Finding{
			Code: "key_large", Severity: Info, Rows: y.beyond,
			Text: plural(y.beyond, "row") + " of " + x.spelled(t) + " have a key beyond 2^63-1 in " + column + ": clients in JavaScript have to use the token's sub, which is a text.",
			Fix:  "none is needed",
		})
	}
	if t.column(c.id) != nil && !t.unique(c.id) && !t.view {
		severity := Warning
		if x.oneRowEach(t, c) {
			severity = Info
		}
		x.report.add(Finding{
			Code: "key_not_unique", Severity: severity,
			Text: "Nothing in the database keeps two rows from having the same key in " + column + ": a token could stand for two users.",
			Fix:  x.uniqueIndex(t, c.id),
		})
	}
	if slices.Contains(c.names, c.id) {
		x.report.add(Finding{
			Code: "key_is_name", Severity: Info,
			Text: "The user name is the table's key: who is renamed is somebody else to whoever reads a token.",
			Fix:  "none is needed while names stay",
		})
	}
}

// uniqueIndex is a statement that every database here takes.
func (x *exam) uniqueIndex(t *table, column string) string {
	return "CREATE UNIQUE INDEX " + database.Quote("restauth_"+column) + " ON " + x.engine.quoted(t) + " (" + database.Quote(column) + ")"
}

// oneRowEach: a filter leaves one row of several with a key, as that of one language.
func (x *exam) oneRowEach(t *table, c *choice) bool {
	return t.together(c.id) != "" && slices.ContainsFunc(c.filters, func(filter string) bool { return strings.HasPrefix(strings.ToLower(filter), "default_langcode=") })
}

// rows takes a finding down about rows.
func (x *exam) rows(code why, severity Severity, of *rowsOf, what, fix string) {
	verb := what
	if of.n == 1 {
		verb = singular(what)
	}
	x.report.add(Finding{Code: string(code), Severity: severity, Rows: of.n, Keys: of.keys, Text: plural(of.n, "row") + " " + verb + ".", Fix: fix})
}

// singular puts the verb that a sentence about rows begins with for one of them.
func singular(what string) string {
	switch {
	case strings.HasPrefix(what, "have "):
		return "has " + strings.TrimPrefix(what, "have ")
	case strings.HasPrefix(what, "are "):
		return "is " + strings.TrimPrefix(what, "are ")
	}
	return what
}

// nameFindings are about names.
func (x *exam) nameFindings(ctx context.Context, t *table, c *choice, y *tally) {
	in := said(strings.Join(c.names, ", "))
	for _, f := range []struct {
		code      why
		severity  Severity
		what, fix string
	}{
		{whyNameNull, Info, "have no name in " + in + ": nobody can log in that way", "none is needed, if nobody did before"},
		{whyNameLong, Warning, "have a name in " + in + " of more than 255 characters, which nobody can type", "shorten it, or have its user log in by another column with --users-username-columns"},
		{whyNameText, Warning, "have a name in " + in + " that is no text, which nobody can type", "correct it, or name another column with --users-username-column"},
		{whyNameTwice, Error, "have exactly the name of a row before: only the one with the lowest key can log in", "give each a name of its own, then " + x.uniqueIndex(t, c.names[0])},
		{whyNameEqual, Warning, "have a name that the column's collation takes for that of another row: both have to type theirs exactly, capitals, accents and all", "tell them, or rename one"},
		{whyNameEncoded, Warning, "have a name in which UTF-8 was stored as latin1 and reads as in \"Ã¶\": its user finds it only where the application writes it so", "convert the column by way of binary: ALTER TABLE ... MODIFY to VARBINARY, then to VARCHAR CHARACTER SET utf8mb4"},
	} {
		if of := y.whys[f.code]; of != nil {
			x.rows(f.code, f.severity, of, f.what, f.fix)
		}
	}
	if len(y.equals) > 0 {
		x.partners(ctx, t, c, y)
	}
	if of := y.whys[whyFiltered]; of != nil {
		x.rows(whyFiltered, Info, of, "are kept out by "+strings.Join(c.filters, " and "), "none is needed")
	}
}

// partners adds the keys of the rows whose names were met first, where an index finds
// them.
func (x *exam) partners(ctx context.Context, t *table, c *choice, y *tally) {
	if !t.sorted(c.names[0]) {
		return
	}
	of := y.whys[whyNameEqual]
	for _, name := range y.equals {
		found, err := list(ctx, x.engine, 1, fmt.Sprintf("SELECT %s FROM %s WHERE %s = ? ORDER BY 1 LIMIT 2", x.quote(c.id), x.engine.quoted(t), x.quote(c.names[0])), string(name))
		if err != nil {
			return
		}
		for _, row := range found {
			if key := y.spelled([]byte(row[0])); !slices.Contains(of.keys, key) && len(of.keys) < 2*mostKeys {
				of.keys = append(of.keys, key)
			}
		}
	}
	for i := range x.report.Findings {
		if x.report.Findings[i].Code == string(whyNameEqual) {
			x.report.Findings[i].Keys = of.keys
		}
	}
}

// byTenant tells of names that are unique only beside another column, and chooses the value
// of it that most rows have: without one, users of all the others could log in.
func (x *exam) byTenant(ctx context.Context, t *table, c *choice) {
	if t.unique(c.names[0]) {
		return
	}
	tenant := t.together(c.names[0])
	if tenant == "" || languageWord(tenant) || strings.EqualFold(tenant, c.id) || filterOn(c.filters, tenant) != "" {
		return
	}
	// A few rows are enough to know; a table of one tenant has no second one to skip to.
	found, err := list(ctx, x.engine, 2, fmt.Sprintf("SELECT %[1]s, COUNT(*) FROM (SELECT %[1]s FROM %[2]s LIMIT 10000) few WHERE %[1]s IS NOT NULL GROUP BY %[1]s ORDER BY 2 DESC, 1 LIMIT 6", x.quote(tenant), x.engine.quoted(t)))
	if err != nil || len(found) == 0 {
		return
	}
	c.filters = append(slices.Clone(c.filters), tenant+"="+found[0][0])
	if len(found) == 1 {
		return
	}
	var others []string
	for _, row := range found[1:] {
		others = append(others, said(tenant+"="+row[0]))
	}
	x.report.add(Finding{
		Code: "names_by_tenant", Severity: Warning,
		Text: "A name in " + said(c.names[0]) + " is one user's only within one " + said(tenant) + ", and there are several. The proposed settings are for one of them.",
		Fix:  "run a server for each, with --users-filter " + said(tenant+"="+found[0][0]) + ", or " + strings.Join(others, ", or "),
	})
}

// indexFindings are about finding a name quickly.
func (x *exam) indexFindings(ctx context.Context, t *table, c *choice) {
	if t.view {
		return
	}
	for _, name := range c.names {
		column := t.column(name)
		if t.sorted(name) || column == nil {
			continue
		}
		begun := time.Now()
		_, err := list(ctx, x.engine, 1, fmt.Sprintf("SELECT 1 FROM %s WHERE %s = ? LIMIT 2", x.engine.quoted(t), x.quote(name)), "nobody has this name, 8Jp2Qx")
		took := time.Since(begun)
		cost := fmt.Sprintf("%.3g ms now", float64(took.Microseconds())/1000)
		if err != nil {
			cost = "more than " + patience.String()
		}
		severity := Info
		if x.report.Rows > 1000 {
			severity = Warning
		}
		part := ""
		if column.length > 768 || strings.HasSuffix(column.base, "text") && column.charset != sqliteText || strings.HasSuffix(column.base, "blob") {
			part = "(191)"
		}
		x.report.add(Finding{
			Code: "missing_index", Severity: severity, Rows: x.report.Rows,
			Text: "No index finds a name in " + said(name) + ": each login reads the whole table, " + cost + ", and whoever sends logins can keep the database busy.",
			Fix:  "CREATE INDEX " + database.Quote("restauth_"+name) + " ON " + x.engine.quoted(t) + " (" + database.Quote(name) + part + ")",
		})
	}
}

// columnsOf lists the columns that matter.
func (x *exam) columnsOf(t *table, c *choice) {
	add := func(name, role, setting string) {
		if column := t.column(name); column != nil {
			x.report.Columns = append(x.report.Columns, Column{said(name), role, said(column.full), setting})
		}
	}
	add(c.id, "key", "--users-id-column")
	for _, name := range c.names {
		add(name, "name", namesFlag(c.names))
	}
	add(c.password, "password", "--users-password-column")
	add(c.salt, "salt", "--users-salt-column")
	for _, filter := range c.filters {
		column, _, _ := splitFilter(filter)
		add(column, "state", "--users-filter")
	}
}

// secret is about what signs tokens.
func (x *exam) secret() {
	const fix = "openssl rand -hex 32 makes a good one; all tokens end with the old one"
	switch s := x.cfg.Secret; {
	case len(s) == 0 && x.cfg.KeepsSecret:
	case len(s) == 0:
		x.report.add(Finding{Code: "secret_missing", Severity: Warning, Text: "There is no secret to sign tokens with: serve will not start.", Fix: "set RESTAUTH_SECRET_KEY or --secret-key-file to the application's SECRET_KEY, or to 32 random bytes: openssl rand -hex 32"})
	case len(s) < 32:
		x.report.add(Finding{Code: "secret_short", Severity: Warning, Text: fmt.Sprintf("The secret has %d bytes, and HS256 needs 32 (RFC 7518, section 3.2): whoever holds a token can try short ones. serve takes it only with --allow-weak-secret.", len(s)), Fix: fix})
	case guessable(s):
		x.report.add(Finding{Code: "secret_guessable", Severity: Warning, Text: "The secret is long enough, but looks written by hand or copied from an example: it has few different characters, or words of examples.", Fix: fix})
	}
}

// guessable reports whether a secret is of few characters, or of an example's words.
func guessable(secret []byte) bool {
	different := map[byte]bool{}
	for _, b := range secret {
		different[b] = true
	}
	lower := strings.ToLower(string(secret))
	for _, word := range strings.Fields("secret change example password default your insecure django-insecure key-here test") {
		if strings.Contains(lower, word) {
			return true
		}
	}
	return len(different) < 10
}
