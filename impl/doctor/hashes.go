package doctor

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/password"
)

const (
	// mostMeasuring bounds what measuring takes in all, and mostMemory what one hash may
	// take for it to be tried.
	mostMeasuring = 4 * time.Second
	mostMemory    = 36 << 20
	// widest is what the longest of the usual forms needs: Werkzeug's scrypt.
	widest = 162
	// many is how many rows in a hundred that cannot log in are more than odd ones.
	many, most = 1, 50
)

// hashFindings are about stored passwords.
func (x *exam) hashFindings(t *table, c *choice, y *tally) {
	column := said(c.password)
	bare := x.bareForms(y)
	foreign := "see docs/password-hashes.md for the forms that are understood; those users have to set a new password"
	for _, f := range []struct {
		code      why
		severity  Severity
		what, fix string
	}{
		{whyHashNull, Info, "have no password in " + column + ": nobody can log in that way", "none is needed, if they log in elsewhere"},
		{whyHashUnusable, Info, "have a mark in " + column + " that no password fits: they were shut out on purpose", "none is needed"},
		{whyHashCut, Error, "have a hash that was cut to the column's " + strconv.FormatInt(y.hash.length, 10) + " characters: no password fits any more", x.widen(t, y) + "; those users have to set a new password"},
		{whyHashBroken, Warning, "have a hash that is broken: " + y.reasons(looksBroken), "those users have to set a new password"},
		{whyHashForeign, Warning, "have a hash of a form that is not understood: " + y.reasons(looksForeign), foreign},
		{whyHashCostly, Warning, "have a hash that asks for more time or memory than is given to anybody: " + y.reasons(looksCostly), "have the application store them at a lower cost"},
		{whyHashWeak, Warning, "have a salted digest or a password in clear, and --no-allow-weak-hashes keeps them out", "--allow-weak-hashes, until they have set a new password"},
	} {
		if of := y.whys[f.code]; of != nil {
			x.rows(f.code, f.severity, of, f.what, f.fix)
		}
	}
	if of := y.whys[whyHashBare]; of != nil {
		x.bareFinding(of, bare, c, y)
	}
	x.weakFinding(y)
	x.width(t, y)
	x.flaskSecurity(t)
	x.devise(c, y)
	out := x.report.NoLogin
	if of := y.whys[whyHashBare]; of != nil && len(bare) > 0 {
		out -= of.n // the proposal lets them in
	}
	x.summary(out)
}

// summary says how many cannot log in, where they are more than some odd ones.
func (x *exam) summary(out int64) {
	part := share(out, x.report.Rows)
	if part <= many {
		return
	}
	severity := Warning
	if part > most {
		severity = Error
	}
	x.report.add(Finding{
		Code: "cannot_log_in", Severity: severity, Rows: out,
		Text: fmt.Sprintf("%s of %s (%d %%) cannot log in with the proposed settings.", plural(out, "user"), count(x.report.Rows), part),
		Fix:  "the other findings say why",
	})
}

// reasons are what a parser says of values that look like that, the most frequent first.
func (y *tally) reasons(like look) string {
	var all []string
	for _, name := range y.byRows() {
		if m := y.methods[name]; m.look == like && m.err != "" && !slices.Contains(all, m.err) {
			all = append(all, m.err)
		}
	}
	return orElse(strings.Join(all[:min(len(all), 3)], "; "), "its form is not known")
}

func (y *tally) byRows() []string {
	return slices.SortedFunc(maps.Keys(y.methods), func(a, b string) int {
		return cmp.Or(cmp.Compare(y.methods[b].rows, y.methods[a].rows), cmp.Compare(a, b))
	})
}

// bareForms are the words of --bare-hashes that the settings have, and those that the table
// needs: of its stored passwords at least half are bare, and one in a hundred in that form.
// For the few that are left of an older application nobody should read every row so. Of a
// hash that is not understood, its own text would be the password.
func (x *exam) bareForms(y *tally) []string {
	forms := slices.Clone(x.cfg.Hashes.BareForms)
	var bare, stored int64
	for _, m := range y.methods {
		if m.look.bareForm() != "" {
			bare += m.rows
		}
		if m.look != looksUnusable {
			stored += m.rows
		}
	}
	if m := y.methods[noHash]; m != nil {
		stored -= m.rows
	}
	if 2*bare < stored {
		return forms
	}
	for _, name := range y.byRows() {
		m := y.methods[name]
		form := m.look.bareForm()
		if form == "" || slices.Contains(forms, form) || share(m.rows, stored) < many || form == string(looksText) && 2*m.rows < stored {
			continue
		}
		forms = append(forms, form)
	}
	return forms
}

func (x *exam) bareFinding(of *rowsOf, bare []string, c *choice, y *tally) {
	if len(bare) == 0 {
		x.rows(whyHashBare, Warning, of, "have what may be a bare digest, or a password in clear, and most others have a hash: the proposed settings keep them out", "have those users set a new password; --bare-hashes "+y.bareWords()+" lets them in, and whoever steals the table has their passwords within hours")
		return
	}
	fix := "--bare-hashes " + strings.Join(bare, ",")
	if c.salt != "" {
		fix += " --users-salt-column " + c.salt + " --users-salt-position before (or after: try one user)"
	}
	x.rows(whyHashBare, Warning, of,
		"have a bare digest or a password in clear ("+strings.Join(bare, ", ")+"). The proposed settings let them in as the application did, and whoever steals the table has their passwords within hours",
		fix+", and have them stored anew: a stolen table is then worth less")
}

// bareWords are the words of --bare-hashes for all that looks so.
func (y *tally) bareWords() string {
	var words []string
	for _, name := range y.byRows() {
		if form := y.methods[name].look.bareForm(); form != "" {
			words = append(words, form)
		}
	}
	return strings.Join(words, ",")
}

func (x *exam) weakFinding(y *tally) {
	var rows int64
	for _, m := range y.methods {
		if m.hash.Weak() {
			rows += m.rows
		}
	}
	if rows > 0 && x.cfg.AllowWeakHashes {
		x.rows(whyHashWeak, Warning, &rowsOf{n: rows},
			"have a digest of one round, or a password in clear, and can log in: whoever steals the table has those passwords within hours",
			"have those users set a new password, then --no-allow-weak-hashes")
	}
}

func (x *exam) widen(t *table, y *tally) string {
	kind := "VARCHAR(255)"
	if y.hash.kind() == kindBinary {
		kind = "VARBINARY(255)"
	}
	return "ALTER TABLE " + x.engine.quoted(t) + " MODIFY " + database.Quote(y.hash.name) + " " + kind
}

// width: a column that is too narrow for what is usual now cuts the next hash, where the
// server is not strict.
func (x *exam) width(t *table, y *tally) {
	if y.hash.length == 0 || y.hash.length >= widest || y.whys[whyHashCut] != nil {
		return
	}
	severity := Info
	if int64(y.longest) == y.hash.length && y.longest != 60 && y.longest != 97 {
		severity = Warning // nothing longer fits, and something may have been
	}
	x.report.add(Finding{
		Code: "hash_column_narrow", Severity: severity,
		Text: fmt.Sprintf("Column %s holds %d characters; argon2id takes 97 and more, Werkzeug's scrypt %d. What does not fit is cut by a server that is not strict, and its user locked out.", said(y.hash.name), y.hash.length, widest),
		Fix:  x.widen(t, y),
	})
}

// flaskSecurity: its hashes look like others, but are of a digest of the password.
func (x *exam) flaskSecurity(t *table) {
	if t.column("fs_uniquifier") == nil || len(x.cfg.Hashes.FlaskSecuritySalt) > 0 {
		return
	}
	x.report.add(Finding{
		Code: "flask_security", Severity: Warning, Rows: x.report.Rows,
		Text: "This is Flask-Security's table (fs_uniquifier). Unless SECURITY_PASSWORD_SINGLE_HASH names their form, it hashes an HMAC of the password, which cannot be seen in the hash: without its salt nobody can log in.",
		Fix:  "write SECURITY_PASSWORD_SALT into a file and name it with --flask-security-salt-file",
	})
}

// devise: a pepper cannot be seen in a hash either.
func (x *exam) devise(c *choice, y *tally) {
	if !strings.EqualFold(c.password, "encrypted_password") || len(x.cfg.Hashes.Pepper) > 0 {
		return
	}
	var rows int64
	for _, m := range y.methods {
		if m.hash.Form() == "bcrypt" {
			rows += m.rows
		}
	}
	if rows > 0 {
		x.report.add(Finding{
			Code: "devise_pepper", Severity: Info, Rows: rows,
			Text: "This is how Devise calls its column. Where config.pepper is set in the application, it stands behind each password, which cannot be seen in the hash.",
			Fix:  "if it is set, write it into a file and name that with --hash-pepper-file",
		})
	}
}

// measure fills in the forms, with what a login of each takes here.
func (x *exam) measure(ctx context.Context, y *tally) {
	kernel := password.ThisKernel()
	bare := x.bareForms(y)
	left := mostMeasuring
	for _, name := range y.byRows() {
		m := y.methods[name]
		f := Form{Method: said(name), Rows: m.rows, Why: m.err}
		if m.look == looksUnusable {
			f.Why = "on purpose"
		}
		if m.hash.Method() == "" {
			f.Verifies = m.look != "" && slices.Contains(bare, m.look.bareForm())
			if f.Verifies {
				f.Why = "with --bare-hashes " + m.look.bareForm()
			}
			x.report.Forms = append(x.report.Forms, f)
			continue
		}
		f.Verifies, f.Memory = !m.hash.Weak() || x.cfg.AllowWeakHashes, m.hash.Memory()
		guess := kernel.Estimate(m.hash, false)
		took := guess
		if !x.cfg.Estimate && f.Memory <= mostMemory && guess < left && ctx.Err() == nil {
			begun := time.Now()
			x.cfg.Hash(m.hash)
			took, f.Measured = max(time.Since(begun), time.Microsecond), true
			left -= took
		}
		crowded := float64(took) * float64(kernel.Estimate(m.hash, true)) / float64(guess)
		f.Milliseconds = round3(float64(took) / float64(time.Millisecond))
		f.PerSecond = round3(x.lanes(f.Memory) * float64(time.Second) / crowded)
		x.report.Forms = append(x.report.Forms, f)
	}
}

// lanes is how many such hashes are checked at once.
func (x *exam) lanes(memory int64) float64 {
	lanes := int64(max(x.cfg.Threads, 1))
	if x.cfg.LoginMemory > 0 && memory > 0 {
		lanes = max(min(lanes, x.cfg.LoginMemory/memory), 1)
	}
	return float64(lanes)
}

// round3 leaves three figures: there are no more in a measurement of one.
func round3(f float64) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', 3, 64), 64)
	if err != nil {
		return f
	}
	return rounded
}
