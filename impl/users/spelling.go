package users

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// spelling is another way in which a name may stand in a column.
type spelling struct {
	text string
	why  string // for the log
}

const (
	otherForm  = "a user's name stands in the table in another form of Unicode than it is typed in, composed or decomposed; it is found all the same"
	utf8Latin1 = "a user's name stands in a latin1 column as the bytes of UTF-8, written over a connection of another character set; it is found by these bytes"
)

// spellings are the other ways to write a name that nobody has: composed (NFC) and
// decomposed (NFD), which look the same, and in a latin1 column also as what the bytes of
// UTF-8 are there.
func spellings(username string, latin1 bool) []spelling {
	var all []spelling
	forms := []string{username}
	for _, form := range []norm.Form{norm.NFC, norm.NFD} {
		if text := form.String(username); !slices.Contains(forms, text) {
			forms = append(forms, text)
			all = append(all, spelling{text, otherForm})
		}
	}
	if !latin1 {
		return all
	}
	for _, form := range forms {
		all = append(all, spelling{latin1Of(form), utf8Latin1})
	}
	return all
}

// latin1Of is what the bytes of a text are in MySQL's latin1: Windows-1252, with the
// characters of those numbers in its five holes
// (https://dev.mysql.com/doc/refman/9.0/en/charset-we-sets.html).
func latin1Of(text string) string {
	var out strings.Builder
	for _, b := range []byte(text) {
		r := charmap.Windows1252.DecodeByte(b)
		if r == utf8.RuneError {
			r = rune(b)
		}
		out.WriteRune(r)
	}
	return out.String()
}

// otherwiseSpelt finds the row whose name is, byte for byte, another spelling of one that
// no column finds.
func (s *Store) otherwiseSpelt(ctx context.Context, p *plan, username string) (row, bool, error) {
	for _, by := range p.byName {
		for _, other := range spellings(username, by.latin1) {
			rows, err := s.rowsNamed(ctx, p, by, other.text)
			if err != nil {
				return row{}, false, err
			}
			if len(rows) == 0 || rows[0].typed() != other.text {
				continue
			}
			if len(p.byName) == 1 {
				s.reports.report(ctx, rows, other.text)
			} else if len(rows) > 1 && rows[1].typed() == other.text {
				s.reports.reportAmong(ctx, rows[0], false, &rows[1])
				return row{}, false, nil
			}
			s.reports.note(ctx, slog.LevelInfo, rows[0], other.why)
			return rows[0], true, nil
		}
	}
	return row{}, false, nil
}
