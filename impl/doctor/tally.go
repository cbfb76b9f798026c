package doctor

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/restauth/restauth/impl/password"
)

const (
	// mostMethods is how many forms and costs are told apart.
	mostMethods = 100
	// mostKeys is how many rows a finding names.
	mostKeys = 5
	// mostName, mostHash and mostSalt are how many bytes of each are fetched, as serve has them.
	mostName, mostHash, mostSalt = 4 << 10, 20_000, 512
	// mostTyped is how many characters of a name can be typed at a login.
	mostTyped = 255
	// mostTextKey is how many characters of a text key a token carries.
	mostTextKey = 255
)

// noHash is the method of rows without one.
const noHash = "(none)"

// why keeps people out: what is wrong with a row.
type why string

const (
	whyKeyNull      why = "key_null"
	whyKey          why = "key_out_of_range"
	whyNameNull     why = "name_missing"
	whyNameLong     why = "name_too_long"
	whyNameText     why = "name_not_text"
	whyNameTwice    why = "name_duplicate"
	whyHashNull     why = "hash_missing"
	whyHashUnusable why = "hash_unusable"
	whyHashCut      why = "hash_cut"
	whyHashBroken   why = "hash_malformed"
	whyHashForeign  why = "hash_unsupported"
	whyHashCostly   why = "hash_too_costly"
	whyHashBare     why = "hash_bare"
	whyHashWeak     why = "hash_weak"
	whyFiltered     why = "filtered"
	// These two keep nobody out who types exactly.
	whyNameEqual   why = "names_equal"
	whyNameEncoded why = "name_encoded_twice"
)

// rowsOf are the rows with one thing that is so of them.
type rowsOf struct {
	n    int64
	keys []string
}

// method is a form with its cost.
type method struct {
	rows int64
	hash password.Hash // one of them; the zero Hash where it is none that is read
	look look
	err  string // what its parser says, which repeats nothing of it
}

// tally counts what stands in a table.
type tally struct {
	x     *exam
	key   *column
	hash  *column
	names []*nameSet // one for each whose rows may be equal, else nil; or none
	at    layout

	whys    map[why]*rowsOf
	methods map[string]*method
	longest int // bytes of a hash
	beyond  int64
	uuids   uuids
	equals  [][]byte
}

func orElse(value, fallback string) string {
	if value != "" {
		return value
	}
	return fallback
}

func (x *exam) newTally(t *table, c *choice, at layout) *tally {
	y := &tally{
		x: x, key: t.column(c.id), hash: t.column(c.password), at: at,
		whys: make(map[why]*rowsOf), methods: make(map[string]*method),
	}
	y.names = make([]*nameSet, len(at.names))
	for i, name := range at.names {
		if name.sortKey != nowhere {
			y.names[i] = newNameSet(t.rows)
		}
	}
	return y
}

// count counts one row.
func (y *tally) count(p *page, row int) {
	key := p.at(row, y.at.key)
	what := y.ofKey(key)
	name := y.ofNames(p, row, key)
	hash := y.ofHash(p.at(row, y.at.hash), p.at(row, y.at.salt))
	for _, at := range y.at.filters {
		if string(p.at(row, at)) != "1" {
			y.note(whyFiltered, key, 1) // so that what else is wrong with it is nobody's loss
			return
		}
	}
	if what == "" {
		what = name
	}
	if what == "" {
		what = hash
	}
	if what != "" {
		y.note(what, key, 1)
		y.x.report.NoLogin++
	}
}

func (y *tally) note(what why, key []byte, n int64) {
	of := y.whys[what]
	if of == nil {
		of = new(rowsOf)
		y.whys[what] = of
	}
	of.n += n
	if len(of.keys) < mostKeys {
		of.keys = append(of.keys, y.spelled(key))
	}
}

// spelled is a key for people.
func (y *tally) spelled(key []byte) string {
	switch {
	case key == nil:
		return null
	case y.key.kind() == kindBinary && len(key) == 16:
		return fmt.Sprintf("%x-%x-%x-%x-%x", key[:4], key[4:6], key[6:8], key[8:10], key[10:])
	case y.key.kind() == kindBinary && !utf8.Valid(key):
		return fmt.Sprintf("0x%x", key[:min(len(key), 32)])
	}
	return said(string(key[:min(len(key), 64)]))
}

// ofKey is what keeps a token from carrying a key.
func (y *tally) ofKey(key []byte) why {
	if key == nil {
		return whyKeyNull
	}
	switch y.key.kind() {
	case kindNumber, kindDecimal:
		digits := strings.TrimPrefix(string(key), "-")
		if whole, fraction, ok := strings.Cut(digits, "."); ok {
			if strings.Trim(fraction, "0") != "" {
				return whyKey
			}
			digits = whole
		}
		if len(digits) >= 19 {
			if _, err := strconv.ParseInt(string(key), 10, 64); err != nil {
				y.beyond++
			}
		}
		if digits == "" || strings.Trim(digits, "0123456789") != "" {
			return whyKey
		}
	case kindBinary:
		if len(key) == 16 {
			y.uuids.add(key)
			return ""
		}
		fallthrough
	default:
		if len(key) == 0 || !utf8.Valid(key) || slices.Contains(key, 0) || utf8.RuneCount(key) > mostTextKey {
			return whyKey
		}
	}
	return ""
}

// ofHash is what keeps a password from being verified.
func (y *tally) ofHash(stored, salt []byte) why {
	if len(stored) == 0 {
		y.method(noHash, password.Hash{}, "", "").rows++
		return whyHashNull
	}
	y.longest = max(y.longest, len(stored))
	hash, err := y.x.parse(string(stored), string(salt))
	if err == nil {
		y.method(hash.Method(), hash, "", "").rows++
		if hash.Weak() && !y.x.cfg.AllowWeakHashes {
			return whyHashWeak
		}
		return ""
	}
	like := looksLike(string(stored), err)
	if y.hash.length > 0 && int64(utf8.RuneCount(stored)) == y.hash.length && like == looksBroken {
		y.method("cut at "+strconv.FormatInt(y.hash.length, 10)+" characters", password.Hash{}, looksBroken, "the column is too narrow").rows++
		return whyHashCut
	}
	what := map[look]why{looksUnusable: whyHashUnusable, looksCostly: whyHashCostly, looksBroken: whyHashBroken, looksForeign: whyHashForeign}[like]
	if what == "" {
		what = whyHashBare
		if like.bareForm() == "" {
			what = whyHashForeign
		}
	}
	name := string(like)
	if form, _ := y.x.cfg.Hashes.Describe(string(stored), string(salt)); form != "" && like != looksUnusable && like.bareForm() == "" {
		name = said(form) + ", " + name
	}
	y.method(name, password.Hash{}, like, plainly(err)).rows++
	return what
}

// plainly is a parser's reason without the kind in front of it.
func plainly(err error) string {
	text := err.Error()
	for _, kind := range []error{password.ErrMalformed, password.ErrUnsupported, password.ErrTooCostly, password.ErrNotEnabled} {
		if errors.Is(err, kind) {
			text = strings.TrimPrefix(text, kind.Error()+": ")
		}
	}
	return said(text)
}

func (y *tally) method(name string, hash password.Hash, like look, err string) *method {
	if m := y.methods[name]; m != nil {
		return m
	}
	if len(y.methods) >= mostMethods {
		name = "others"
		if m := y.methods[name]; m != nil {
			return m
		}
	}
	m := &method{hash: hash, look: like, err: err}
	y.methods[name] = m
	return m
}

// share is a part in a hundred, rounded up, so that something is never nothing.
func share(part, of int64) int64 {
	if of == 0 {
		return 0
	}
	return int64(math.Ceil(100 * float64(part) / float64(of)))
}
