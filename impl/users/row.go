package users

import (
	"fmt"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/userid"
)

// row is a user as the queries return it. Columns may be NULL, and those behind Password
// are only in some queries.
type row struct {
	ID       rowID   `db:"id"`
	Username *string `db:"username"`
	Password *string `db:"password"`
	// Matched is the column that the name was looked for in, where names are in several.
	Matched *string `db:"matched"`
	Salt    *string `db:"salt"`
}

func (r row) user() account.User {
	return account.User{ID: r.ID.value, Username: deref(r.Username)}
}

// typed is the name by which the row was found.
func (r row) typed() string {
	if r.Matched != nil {
		return *r.Matched
	}
	return deref(r.Username)
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

// rowID is the id of a row. One that no token could carry (NULL, too long, in SQLite
// also a text among numbers) is not usable: a broken row, and no broken database.
type rowID struct {
	value  userid.ID
	usable bool
	broken string // what stands there instead, for people's eyes; "" is NULL

	// What the driver handed on, for keys.read: a number is in value already.
	form scanned
	text string
}

// scanned is what a driver hands an id on as.
type scanned uint8

const (
	wasNull scanned = iota
	wasNumber
	wasBytes
	wasString
	wasOther
)

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
		id.value, id.form = userid.Number(v), wasNumber
	case uint64:
		id.value, id.form = userid.Unsigned(v), wasNumber
	case []byte:
		id.text, id.form = string(v[:min(len(v), mostID)]), wasBytes
	case string:
		id.text, id.form = v[:min(len(v), mostID)], wasString
	default:
		id.broken, id.form = fmt.Sprintf("%.64v", v), wasOther
	}
	return nil
}

// mostID is how many bytes of an id are looked at: more than any has that can be carried.
const mostID = 4*userid.MostText + 1

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
