package main

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/userid"
)

// TestListedNames: nothing in a list moves the cursor or the direction of what
// follows, and JSON still reads as the same name.
func TestListedNames(t *testing.T) {
	for name, want := range map[string]string{
		"roy":                "roy",
		"jo\u00e3o":          "jo\u00e3o",
		"ユーザー":               "ユーザー",
		"a\"b\\c":            `a\"b\\c`,
		"\x1b[2J":            `\u001b[2J`,
		"\x7f":               `\u007f`,
		"\u009b2J":           `\u009b2J`,
		"roy\u202enimda":     `roy\u202enimda`,
		"\u2066x\u2069":      `\u2066x\u2069`,
		"ro\u200by\ufeff":    `ro\u200by\ufeff`,
		"tag\U000e0041":      `tag\udb40\udc41`,
		"no-break\u00a0here": `no-break\u00a0here`,
	} {
		var out bytes.Buffer
		if err := printJSON(world{stdout: &out}, []account.User{{ID: userid.Number(7), Username: name}}); err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(out.Bytes(), []byte(`"username": "`+want+`"`)) {
			t.Errorf("%q is listed as %s, want %s", name, out.Bytes(), want)
		}
		var rows []struct {
			ID       int64
			Username string
		}
		if err := json.Unmarshal(out.Bytes(), &rows); err != nil || len(rows) != 1 || rows[0].Username != name || rows[0].ID != 7 {
			t.Errorf("%q reads as %+v, %v", name, rows, err)
		}
	}
}
