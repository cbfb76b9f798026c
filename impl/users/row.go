package users

import (
	"fmt"
	"strings"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/userid"
)

// row is a user as the queries return it. Columns may be NULL.
type row struct {
	ID       rowID   `db:"id"`
	Username *string `db:"username"`
	Password *string `db:"password"`
}

func (r row) user() account.User {
	return account.User{ID: r.ID.value, Username: deref(r.Username)}
}

// choose applies account.Users' rule to at most two rows, exact ones first. It
// trusts the database's order but not its idea of equal.
func choose(rows []row, username string) (row, bool) {
	switch {
	case len(rows) == 0 || rows[0].Username == nil:
		return row{}, false
	case *rows[0].Username == username, len(rows) == 1:
		return rows[0], true
	default:
		return row{}, false
	}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// rowID is the id of a row. One that no token could carry (NULL, in SQLite also
// text among numbers) is not usable: a broken row, and no broken database.
type rowID struct {
	value  userid.ID
	usable bool
	broken string // what stands there instead, for people's eyes; "" is NULL
}

// null is the String of an id that is NULL.
const null = "NULL"

// String is the id as people know it.
func (id rowID) String() string {
	switch {
	case id.usable:
		return database.Said(id.value.String())
	case id.broken == "":
		return null
	}
	return database.Said(id.broken)
}

// Scan implements sql.Scanner. It never fails.
func (id *rowID) Scan(value any) error {
	*id = rowID{}
	switch v := value.(type) {
	case nil:
	case int64:
		*id = rowID{value: userid.Number(v), usable: true}
	case uint64:
		*id = rowID{value: userid.Unsigned(v), usable: true}
	case []byte: // how the MySQL driver hands on what is beyond int64, and ZEROFILL's zeros
		n, ok := userid.ParseNumber(withoutZeros(string(v)))
		*id = rowID{value: n, usable: ok}
		if !ok {
			*id = rowID{broken: string(v[:min(len(v), 64)])}
		}
	default:
		id.broken = fmt.Sprintf("%.64v", v)
	}
	return nil
}

// withoutZeros is a number without the zeros in front that ZEROFILL writes.
func withoutZeros(digits string) string {
	rest := strings.TrimLeft(digits, "0")
	if rest == "" && digits != "" {
		return "0"
	}
	return rest
}

const (
	// mostName is how many bytes of a name are fetched: more than those of any
	// name that may be typed (255 characters) in any character set.
	mostName = 4 << 10
	// mostHash is the same of a hash: the longest that is understood is a clear
	// password of 4,096 bytes behind a salt of 512, and UTF-32 takes four times
	// as many.
	mostHash = 20_000
	// overlong is in the place of a longer hash. It is none, so it is refused
	// like any other broken one.
	overlong = "*"
)

// boundedName is an SQL expression: the column, or NULL where a name is too
// long for anyone's. Somebody may have put 60 MiB there.
//
// It does not cut. SQLite's SUBSTR ends at a NUL, and what is left of a value
// must not pass for another one.
func boundedName(column string) string {
	return fmt.Sprintf("CASE WHEN OCTET_LENGTH(%s) > %d THEN NULL ELSE %[1]s END", column, mostName)
}

// boundedHash is the same for a hash, which is overlong then.
func boundedHash(column string) string {
	return fmt.Sprintf("CASE WHEN OCTET_LENGTH(%s) > %d THEN '%s' ELSE %[1]s END", column, mostHash, overlong)
}
