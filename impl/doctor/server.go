package doctor

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/restauth/restauth/impl/database"
)

// clockApart is how far two clocks may be apart before it is worth a word, and clockWrong
// before one of them is wrong by more than tokens allow.
const clockApart, clockWrong = 2 * time.Second, 10 * time.Second

// facts tells of the server: which it is, its clock, TLS, and whether it is a copy.
func (e *myEngine) facts(ctx context.Context, r *Report, now func() time.Time) {
	if version, err := values(ctx, e, 2, "SELECT VERSION(), @@version_comment"); err == nil {
		e.mariaDB = strings.Contains(version[0]+version[1], "MariaDB")
		name := "MySQL "
		if e.mariaDB {
			name = "MariaDB "
		}
		number, _, _ := strings.Cut(version[0], "-")
		r.Server = name + said(number)
	}
	e.clock(ctx, r, now)
	e.secrecy(ctx, r)
	e.copies(ctx, r)
}

func (e *myEngine) clock(ctx context.Context, r *Report, now func() time.Time) {
	var theirs time.Time
	begun := now()
	err := e.query(ctx, func(rows *sql.Rows) error {
		for rows.Next() {
			if err := rows.Scan(&theirs); err != nil {
				return err
			}
		}
		return rows.Err()
	}, "SELECT UTC_TIMESTAMP(6)")
	if err != nil || theirs.IsZero() {
		return
	}
	took := now().Sub(begun)
	apart := theirs.Sub(begun.Add(took/2)).Abs() - took
	if apart < clockApart {
		return
	}
	severity := Info
	if apart > clockWrong {
		severity = Warning
	}
	r.add(Finding{
		Code: "clock", Severity: severity,
		Text: fmt.Sprintf("The clocks of this machine and of the database server are %s apart. Tokens go by this machine's.", apart.Round(time.Second)),
		Fix:  "have both follow the same time servers (chrony, systemd-timesyncd)",
	})
}

// secrecy is about TLS on the way to the server.
func (e *myEngine) secrecy(ctx context.Context, r *Report) {
	found, err := values(ctx, e, 2, "SHOW SESSION STATUS LIKE 'Ssl_cipher'")
	if err != nil {
		return
	}
	switch {
	case found[1] == "" && !e.Local():
		r.add(Finding{
			Code: "no_tls", Severity: Warning,
			Text: "The connection to the database has no TLS: whoever is on the way reads every name and hash, and can answer in the server's place.",
			Fix:  "write tls=true in the URL, with tls-ca=FILE where the server's certificate is from an authority of your own",
		})
	case found[1] != "" && !e.Verified():
		r.add(Finding{
			Code: "tls_unverified", Severity: Warning,
			Text: "The connection to the database has TLS (" + said(found[1]) + "), but the server's certificate is not verified: whoever is on the way can answer in its place.",
			Fix:  "write tls=true in the URL, or tls=verify-ca&tls-ca=FILE",
		})
	}
}

// copies: what is read of a copy may be old.
func (e *myEngine) copies(ctx context.Context, r *Report) {
	only, err := values(ctx, e, 1, "SELECT @@global.read_only")
	if err == nil && only[0] != "0" && only[0] != "OFF" && only[0] != "" {
		r.add(Finding{
			Code: "read_only", Severity: Info,
			Text: "The server is read-only, so it is a copy of another, most likely. restauth only reads the user table; who is deactivated there is noticed here as late as the copy is.",
			Fix:  "none is needed for --users; --state has to name a server that takes writes",
		})
	}
	behind, err := e.lag(ctx)
	if err == nil && behind != "" && behind != "0" {
		r.add(Finding{
			Code: "replica_behind", Severity: Warning,
			Text: "The server is a replica that is behind its source (seconds: " + said(behind) + ").",
			Fix:  "name a host in the URL that keeps up",
		})
	}
}

// lag is Seconds_Behind_Source, "" of no replica, or where the database user may not ask.
func (e *myEngine) lag(ctx context.Context) (string, error) {
	state, err := e.row(ctx, "SHOW REPLICA STATUS")
	if err != nil || len(state) == 0 {
		return "", err
	}
	return orElse(orElse(state["Seconds_Behind_Source"], state["Seconds_Behind_Master"]), "unknown"), nil
}

// grants compares what the database user may do with what is needed.
func (e *myEngine) grants(ctx context.Context, r *Report, t *table, needed []string) {
	account := "'restauth'@'%'"
	if current, err := values(ctx, e, 1, "SELECT CURRENT_USER()"); err == nil {
		if user, host, ok := cutLast(current[0], "@"); ok {
			account = quoteText(user) + "@" + quoteText(host)
		}
	}
	quoted := make([]string, len(needed))
	for i, name := range needed {
		quoted[i] = database.Quote(name)
	}
	on := database.Quote(e.in()) + "." + database.Quote(t.name)
	r.Proposal.Grant = "GRANT SELECT (" + strings.Join(quoted, ", ") + ") ON " + on + " TO " + account
	lines, err := list(ctx, e, 1, "SHOW GRANTS")
	if err != nil {
		return
	}
	e.wide(r, lines, account)
}

// narrow tells of columns that have to be read and may not be.
func (e *myEngine) narrow(r *Report, unreadable []string) {
	r.add(Finding{
		Code: "grants_narrow", Severity: Error,
		Text: fmt.Sprintf("The database user %q may not read %s.", e.User(), said(strings.Join(unreadable, ", "))),
		Fix:  r.Proposal.Grant,
	})
}

// wide tells of rights that restauth has no use for.
func (e *myEngine) wide(r *Report, lines [][]string, account string) {
	var writes, reads []string
	for _, line := range lines {
		rights, on, ok := parseGrant(line[0])
		if !ok {
			continue
		}
		switch other := beyondSelect(rights); {
		case len(other) > 0:
			writes = append(writes, strings.Join(other, ", ")+" on "+on)
		case hasSelect(rights):
			reads = append(reads, on)
		}
	}
	fix := "make a user that may do no more: CREATE USER 'restauth'@'HOST' IDENTIFIED BY 'PASSWORD'; " + strings.Replace(r.Proposal.Grant, " TO "+account, " TO 'restauth'@'HOST'", 1)
	if len(writes) > 0 {
		r.add(Finding{
			Code: "grants_wide", Severity: Warning,
			Text: fmt.Sprintf("The database user %q may do more than read: %s. Whoever gets its password can do so too.", e.User(), said(strings.Join(writes[:min(len(writes), 5)], "; "))),
			Fix:  fix,
		})
		return
	}
	if len(reads) > 0 {
		r.add(Finding{
			Code: "grants_wide", Severity: Info,
			Text: fmt.Sprintf("The database user %q may read all columns of %s, and needs a few.", e.User(), said(strings.Join(reads[:min(len(reads), 5)], ", "))),
			Fix:  fix,
		})
	}
}
