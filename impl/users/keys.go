package users

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/userid"
)

// IDType says how the key of a user is read.
type IDType string

// The types. IDAuto goes by the column's own type.
const (
	IDAuto IDType = "auto"
	// IDNumber: whole numbers.
	IDNumber IDType = "number"
	// IDText: texts, byte for byte as they stand there.
	IDText IDType = "text"
	// IDUUID: UUIDs as texts, or in MariaDB's type of that name.
	IDUUID IDType = "uuid"
	// IDBinary: UUIDs in 16 bytes, in the order of their digits.
	IDBinary IDType = "binary"
	// IDSwapped: UUIDs in 16 bytes as UUID_TO_BIN(uuid, 1) of MySQL orders them, the
	// high part of the time first.
	IDSwapped IDType = "uuid-swapped"
)

// kind is what ids of the type are.
func (t IDType) kind() userid.Kind {
	switch t {
	case IDNumber:
		return userid.Numbers
	case IDText, IDUUID, IDBinary, IDSwapped:
		return userid.Texts
	default:
		return userid.Unknown
	}
}

func (t IDType) check() error {
	switch t {
	case "", IDAuto, IDNumber, IDText, IDUUID, IDBinary, IDSwapped:
		return nil
	}
	return database.Sentence(database.ErrConfig, "%q is no type of keys; set %s to auto, number, text, uuid, binary or uuid-swapped", string(t), database.Setting("users-id-type"))
}

// keys is how the ids of a table are read and asked for.
type keys struct {
	as IDType // never IDAuto
	// decimal is a column of DECIMAL numbers.
	decimal bool
	// padded is the length of a BINARY column of texts, which zero bytes fill; 0 for
	// any other.
	padded int64
	// typed says that each value has a type of its own, as in SQLite: bytes are no text.
	typed bool
}

// placeholder is an id in SQL that is compared with the column: such that it uses the
// column's index, whatever the connection's character set is.
func (k keys) placeholder() string {
	switch {
	case k.decimal:
		return "CAST(? AS DECIMAL(65))"
	case k.padded > 0:
		return fmt.Sprintf("CAST(? AS BINARY(%d))", k.padded)
	case k.as == IDBinary || k.as == IDSwapped:
		return "UNHEX(?)"
	}
	return "?"
}

// exact reports whether the column may take another key for equal, so that its bytes have
// to be asked for besides.
func (k keys) exact() bool { return k.as == IDText && k.padded == 0 }

// argument is what stands for an id in the placeholder; false where no row can have it.
func (k keys) argument(id userid.ID) (any, bool) {
	if id.Kind() != k.as.kind() {
		return nil, false
	}
	text := id.String()
	switch {
	case k.decimal:
		return text, true
	case k.as == IDNumber:
		if n, ok := id.Int64(); ok {
			return n, true
		}
		n, err := strconv.ParseUint(text, 10, 64)
		return n, err == nil
	case k.padded > 0:
		return text, int64(len(text)) <= k.padded
	case k.as == IDUUID:
		_, ok := uuidBytes(text)
		return text, ok
	case k.as == IDBinary, k.as == IDSwapped:
		b, ok := uuidBytes(text)
		if k.as == IDSwapped {
			b = swapped(b)
		}
		return hex.EncodeToString(b[:]), ok
	}
	return text, true
}

// uuidBytes reads a UUID in its canonical form (RFC 9562 section 4), in lower case.
func uuidBytes(text string) (b [16]byte, ok bool) {
	if len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' || strings.ToLower(text) != text {
		return b, false
	}
	digits := strings.ReplaceAll(text, "-", "")
	if len(digits) != 32 {
		return b, false
	}
	_, err := hex.Decode(b[:], []byte(digits))
	return b, err == nil
}

// uuidText writes one.
func uuidText(b [16]byte) string {
	digits := hex.EncodeToString(b[:])
	return digits[:8] + "-" + digits[8:12] + "-" + digits[12:16] + "-" + digits[16:20] + "-" + digits[20:]
}

// swapped is a UUID as UUID_TO_BIN(uuid, 1) orders its bytes:
// https://dev.mysql.com/doc/refman/9.0/en/miscellaneous-functions.html#function_uuid-to-bin
func swapped(b [16]byte) [16]byte {
	return [16]byte{b[6], b[7], b[4], b[5], b[0], b[1], b[2], b[3], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]}
}

// unswapped is the other way round.
func unswapped(b [16]byte) [16]byte {
	return [16]byte{b[4], b[5], b[6], b[7], b[2], b[3], b[0], b[1], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]}
}

// read makes of an id what it is in this table.
func (k keys) read(id *rowID) {
	id.usable = false
	switch {
	case id.form == wasNull, id.form == wasOther:
	case k.as == IDNumber:
		k.readNumber(id)
	case id.form == wasNumber:
		id.broken = id.value.String()
	case k.as == IDBinary, k.as == IDSwapped:
		k.readBytes(id)
	default:
		text := id.text
		if k.padded > 0 {
			text = strings.TrimRight(text, "\x00")
		}
		id.value, id.broken = userid.Text(text), cut(text)
		id.usable = userid.Carried(text) && (id.form == wasString || !k.typed)
	}
}

// readNumber: the MySQL driver hands on in bytes DECIMAL, what is beyond int64, and
// ZEROFILL's zeros.
func (k keys) readNumber(id *rowID) {
	if id.form == wasNumber {
		id.usable = true
		return
	}
	id.broken = cut(id.text)
	if id.form == wasBytes {
		id.value, id.usable = userid.ParseNumber(withoutZeros(id.text))
	}
}

func (k keys) readBytes(id *rowID) {
	var b [16]byte
	if len(id.text) != len(b) || id.form != wasBytes {
		id.broken = "0x" + hex.EncodeToString([]byte(id.text[:min(len(id.text), 32)]))
		return
	}
	copy(b[:], id.text)
	if k.as == IDSwapped {
		b = unswapped(b)
	}
	id.value, id.usable = userid.Text(uuidText(b)), true
}

// cut is as much of a text as a warning repeats.
func cut(text string) string { return text[:min(len(text), 64)] }

// withoutZeros is a number without the zeros in front that ZEROFILL writes.
func withoutZeros(digits string) string {
	rest := strings.TrimLeft(digits, "0")
	if rest == "" && digits != "" {
		return "0"
	}
	return rest
}
