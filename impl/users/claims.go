package users

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/database"
)

// Claim is a column that tokens carry, as a claim of a name.
type Claim struct{ Column, Name string }

// mostClaim bounds a column's value in a token, in bytes: what is longer is no claim but a
// document.
const mostClaim = 512

// claimKind is what a column's values are in JSON.
type claimKind uint8

const (
	claimNumber claimKind = iota
	claimBoolean
	claimText
	claimDate  // a text, in the form of ISO 8601
	claimValue // whatever the value is: nothing was declared
)

// claimColumn is a Claim once its column was looked at.
type claimColumn struct {
	Claim
	kind claimKind
}

// checkClaim refuses the columns that go into no token, whoever would like them to.
func (n names) checkClaim(c Claim) error {
	for _, secret := range n.columns {
		if (secret.role == rolePassword || secret.role == roleSalt) && strings.EqualFold(secret.plain, c.Column) {
			return database.Sentence(database.ErrConfig, "column %s is part of stored passwords, and whoever holds a token can read what is in it; correct %s",
				secret.name, database.Setting(roleClaim.setting()))
		}
	}
	return nil
}

// A claim's column comes as one letter and the value's bytes in hexadecimal digits:
// by what the database knows it as (integer, real or text), or as it was declared.
// claimNull and claimUnfit come alone.
const (
	claimNull     = "-"
	claimUnfit    = "*" // too long, or bytes
	claimDeclared = 'v'
	claimInteger  = 'i'
	claimReal     = 'r'
)

// claim says what a column's values are in a token, and how they are asked for; or why
// there can be none of its type.
func (mySQL) claim(c string, is fact) (kind claimKind, sql, reason string) {
	text := "CAST(" + c + " AS CHAR)"
	switch {
	case is.kind == "tinyint" && strings.HasPrefix(is.full, "tinyint(1)"):
		kind = claimBoolean
	case is.kind == "bit":
		kind, text = claimNumber, "CAST("+c+" + 0 AS CHAR)"
		if is.precision == 1 {
			kind = claimBoolean
		}
	case wholeNumbers(is.kind), is.kind == "decimal", is.kind == "float", is.kind == "double", is.kind == "year":
		kind = claimNumber
	case is.kind == "date", is.kind == "datetime", is.kind == "timestamp":
		kind = claimDate
	case texts(is.kind), is.kind == "enum", is.kind == "set":
		kind, text = claimText, "CONVERT("+c+" USING utf8mb4)"
	case is.kind == "time", is.kind == "uuid":
		kind = claimText
	default:
		return 0, "", "a claim is a number, a boolean, a text or a date"
	}
	return kind, fmt.Sprintf("CASE WHEN %s IS NULL THEN '%s' WHEN OCTET_LENGTH(%s) > %d THEN '%s' ELSE CONCAT('%c', HEX(%[3]s)) END",
		c, claimNull, text, mostClaim, claimUnfit, claimDeclared), ""
}

// claims is one column of all of them.
func (mySQL) claims(expressions []string) string {
	return "CONCAT_WS(',', " + strings.Join(expressions, ", ") + ")"
}

// claim: SQLite keeps with each value what it is.
func (sqLite) claim(c string, is fact) (kind claimKind, sql, reason string) {
	declared := strings.ToUpper(is.full)
	switch {
	case strings.Contains(declared, "BOOL"):
		kind = claimBoolean
	case strings.Contains(declared, "DATE"), strings.Contains(declared, "TIME"):
		kind = claimDate
	case is.kind == isInteger, is.kind == isReal, is.kind == isNumeric:
		kind = claimNumber
	case is.kind == isText, is.kind == isUUID:
		kind = claimText
	case is.kind == isAny:
		kind = claimValue
	default:
		return 0, "", "a claim is a number, a boolean, a text or a date"
	}
	return kind, fmt.Sprintf("CASE WHEN %[1]s IS NULL THEN '%[2]s' WHEN typeof(%[1]s) = 'blob' OR OCTET_LENGTH(%[1]s) > %[3]d THEN '%[4]s'"+
		" WHEN typeof(%[1]s) = 'real' THEN '%[5]c' || hex(printf('%%!.17g', %[1]s)) ELSE substr(typeof(%[1]s), 1, 1) || hex(%[1]s) END",
		c, claimNull, mostClaim, claimUnfit, claimReal), ""
}

func (sqLite) claims(expressions []string) string { return strings.Join(expressions, " || ',' || ") }

// claims are what of a row its tokens carry. Of a row with a value that no token can
// carry nobody gets one: it is warned of, once.
func (s *Store) claims(ctx context.Context, p *plan, r row) account.Claims {
	if len(p.claims) == 0 {
		return account.Claims{}
	}
	fields := strings.Split(deref(r.Claims), ",")
	var members strings.Builder
	for i, c := range p.claims {
		value, why := "", "it could not be read"
		if len(fields) == len(p.claims) {
			value, why = c.json(fields[i])
		}
		if why == "" && members.Len()+len(c.Name)+len(value) > account.MostClaims-len(`"":,`) {
			why = fmt.Sprintf("all claims together would have more than %d bytes", account.MostClaims)
		}
		if why != "" {
			s.reports.once(ctx, r, "a row has a value that --token-claims would put into a token and that none can carry; nobody can log in by that row",
				"column", c.Column, "why", why)
			return account.Claims{Unfit: true}
		}
		if i > 0 {
			members.WriteByte(',')
		}
		members.WriteString(strconv.Quote(c.Name) + ":" + value) // a name has no character that JSON quotes otherwise
	}
	return account.Claims{Members: members.String()}
}

// json is a value as it stands in a token; why is "" unless it cannot.
func (c claimColumn) json(field string) (value, why string) {
	switch field {
	case claimNull:
		return "null", ""
	case claimUnfit:
		return "", fmt.Sprintf("it is longer than %d bytes, or no text", mostClaim)
	case "":
		return "", "it could not be read"
	}
	raw, err := hex.DecodeString(field[1:])
	if err != nil {
		return "", "it could not be read"
	}
	if field[0] == claimReal {
		if raw, err = shortest(raw); err != nil {
			return "", "it is no number that JSON can write"
		}
	}
	kind, numeric := c.kind, field[0] == claimInteger || field[0] == claimReal
	switch {
	case field[0] == claimDeclared:
	case kind == claimValue && numeric, kind == claimDate && numeric:
		kind = claimNumber
	case kind == claimValue:
		kind = claimText
	case numeric != (kind == claimNumber || kind == claimBoolean):
		return "", "it is not of the type that the column was declared with"
	}
	return written(kind, string(raw))
}

// written is a text of the database's as a JSON value of a kind.
func written(kind claimKind, text string) (value, why string) {
	switch kind {
	case claimBoolean:
		switch text {
		case "0":
			return "false", ""
		case "1":
			return "true", ""
		}
		return "", "it is neither 0 nor 1, and the column's type is that of booleans"
	case claimNumber:
		if number := jsonNumber(text); strings.Trim(number, "0123456789.eE+-") == "" && json.Valid([]byte(number)) {
			return number, ""
		}
		return "", "it is no number that JSON can write"
	case claimDate:
		if strings.HasPrefix(text, "0000-00-00") {
			return "null", "" // MySQL's way to have no date
		}
		text = strings.Replace(text, " ", "T", 1)
	case claimText, claimValue:
	}
	if !utf8.ValidString(text) {
		return "", "it is not UTF-8"
	}
	quoted, err := json.Marshal(text)
	if err != nil || len(quoted) > mostClaim+2 {
		return "", fmt.Sprintf("it is longer than %d bytes", mostClaim)
	}
	return string(quoted), ""
}

// jsonNumber is a number without the zeros that ZEROFILL puts in front.
func jsonNumber(text string) string {
	digits, negative := strings.CutPrefix(text, "-")
	for len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9' {
		digits = digits[1:]
	}
	if negative {
		return "-" + digits
	}
	return digits
}

// shortest is a fraction that is counted in twos in as few digits as tell it from all
// others.
func shortest(raw []byte) ([]byte, error) {
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		return nil, fmt.Errorf("read a number: %w", err)
	}
	return json.Marshal(f) //nolint:wrapcheck // an infinity: nobody sees the error
}
