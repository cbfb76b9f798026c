package doctor

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/password"
)

// TestNameSet: each name is known again, by its bytes or by what the collation compares,
// and no other is.
func TestNameSet(t *testing.T) {
	t.Parallel()
	s := newNameSet(0) // it has to grow several times
	const names = 100_000
	for i := range names {
		name := fmt.Appendf(nil, "user%d", i)
		if seen, _ := s.add(name, name); seen {
			t.Fatalf("%s was seen before", name)
		}
	}
	for i := range names {
		name := fmt.Appendf(nil, "user%d", i)
		if seen, same := s.add(name, name); !seen || !same {
			t.Fatalf("%s = %v, %v, want it known by its bytes", name, seen, same)
		}
	}
	other := 0
	for i := range 1000 {
		if seen, same := s.add(fmt.Appendf(nil, "user%d", i), fmt.Appendf(nil, "USER%d", i)); !seen {
			t.Fatalf("USER%d is not known", i)
		} else if !same {
			other++
		}
	}
	if other < 999 { // of 16 million different digests one is the same
		t.Errorf("of 1000 names in capitals %d are told from those that they equal", other)
	}
	for i := range 1000 {
		if _, same := s.add(fmt.Appendf(nil, "user%d", i), fmt.Appendf(nil, "USER%d", i)); !same {
			t.Fatalf("a second USER%d is not known by its bytes", i)
		}
	}
	if s.weight() != 1 || len(s.slots) > 2*names {
		t.Errorf("%d names have a weight of %d and take %d places", names, s.weight(), len(s.slots))
	}
}

// TestNameSetOfOneName: what a collation takes for one name, however many ways there are
// to write it, takes neither room nor time.
func TestNameSetOfOneName(t *testing.T) {
	t.Parallel()
	s := newNameSet(0)
	for i := range 500_000 {
		name := fmt.Appendf(nil, "%d", i)
		if seen, _ := s.add([]byte("one"), name); seen != (i > 0) {
			t.Fatalf("spelling %d was seen before: %v", i, seen)
		}
	}
	if s.used > mostSpellings {
		t.Errorf("%d places are taken, want at most %d", s.used, mostSpellings)
	}
}

// TestNameSetOfMany: more names than there are places are counted by a part of them.
func TestNameSetOfMany(t *testing.T) {
	t.Parallel()
	s := newNameSet(10 * mostSlots)
	const names, twice = 4_000_000, 400_000
	var found int64
	for i := range names {
		name := fmt.Appendf(nil, "user%d", i)
		s.add(name, name)
	}
	for i := range twice {
		name := fmt.Appendf(nil, "user%d", 10*i)
		if seen, same := s.add(name, name); seen && same {
			found += s.weight()
		}
	}
	if len(s.slots) > mostSlots || s.weight() < 2 {
		t.Errorf("%d places with a weight of %d", len(s.slots), s.weight())
	}
	if found < twice*95/100 || found > twice*105/100 {
		t.Errorf("of %d names that are there twice %d are told of", twice, found)
	}
}

// TestLooks: what stands in the place of hashes.
func TestLooks(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]look{
		"hunter2":                          looksText,
		"correct horse battery":            looksText,
		"roy@example.com":                  looksText,
		"!":                                looksUnusable,
		"*":                                looksUnusable,
		"!" + fmt.Sprintf("%040d", 0)[:40]: looksUnusable, // Django
		strings.Repeat("0a", 16):           looksMD5,
		strings.ToUpper(strings.Repeat("0a", 20)):        looksSHA1,
		strings.Repeat("0a", 32):                         looksSHA256,
		strings.Repeat("0a", 64):                         looksSHA512,
		strings.Repeat("0a", 30):                         looksForeign,
		"$2b$10$tooShort":                                looksBroken,
		"pbkdf2:sha256:1000$salt$abc":                    looksBroken,
		"$9$unknown$form":                                looksForeign,
		"AQAAAAEAACcQAAAAEFbmFzZTY0IG9mIHNvbWV0aGluZw==": looksForeign,
	} {
		_, err := password.Parse(value)
		if err == nil {
			t.Errorf("%q is read as a hash", value)
			continue
		}
		if got := looksLike(value, err); got != want {
			t.Errorf("looksLike(%q) = %q, want %q", value, got, want)
		}
	}
	if got := looksLike("", password.ErrTooCostly); got != looksCostly {
		t.Errorf("too costly looks %q", got)
	}
}

// TestParseGrant: lines of SHOW GRANTS, as both servers write them.
func TestParseGrant(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		line   string
		on     string
		beyond []string
		all    bool
	}{
		{"GRANT USAGE ON *.* TO `roy`@`%` IDENTIFIED BY PASSWORD '*6C8989366EAF75BB670AD8EA7A7FC1176A95CEF4'", "*.*", nil, false},
		{"GRANT SELECT (`id`, `user``name`, `password`) ON `shop`.`user` TO `roy`@`%`", "`shop`.`user`", nil, false},
		{"GRANT SELECT ON `shop`.* TO `roy`@`%`", "`shop`.*", nil, true},
		{"GRANT SELECT, INSERT, UPDATE (`a`, `b`), SHOW VIEW ON `shop`.* TO `roy`@`%`", "`shop`.*", []string{"INSERT", "UPDATE"}, true},
		{"GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION", "*.*", []string{"ALL PRIVILEGES", "GRANT OPTION"}, false},
		{"GRANT `reader`@`%` TO `roy`@`%`", "", nil, false},
	} {
		rights, on, ok := parseGrant(test.line)
		if ok != (test.on != "") || on != test.on || !slices.Equal(beyondSelect(rights), test.beyond) || hasSelect(rights) != test.all {
			t.Errorf("parseGrant(%q) = %q, %q, %v", test.line, rights, on, ok)
		}
	}
}

// TestEncodedTwice: UTF-8 that was taken for Latin-1.
func TestEncodedTwice(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"JÃ¶rg": true, "Ã€": true, "â‚¬": true, "Jörg": false, "joerg": false, "日本": false, "Ã": false, "": false} {
		if got := encodedTwice([]byte(name)); got != want {
			t.Errorf("encodedTwice(%q) = %v, want %v", name, got, want)
		}
	}
}

// TestFitting: a filter in the words of the column's own values.
func TestFitting(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		filter string
		values map[string]int
		want   string
		passes int
	}{
		{"active=1", map[string]int{"1": 7, "0": 3}, "active=1", 7},
		{"active=1", map[string]int{"Y": 7, "N": 3}, "active=Y", 7},
		{"banned=0", map[string]int{"no": 9, "yes": 1}, "banned=no", 9},
		{"enabled=1", map[string]int{"\x01": 4, "\x00": 1}, "enabled=1", 4},
		{"deleted_at=NULL", map[string]int{"": 5, "2023-05-06T07:08:09Z": 2}, "deleted_at=NULL", 5},
		{"confirmed_at!=NULL", map[string]int{"": 5, "2023-05-06T07:08:09Z": 2}, "confirmed_at!=NULL", 2},
	} {
		if got, passes := fitting(test.filter, test.values); got != test.want || passes != test.passes {
			t.Errorf("fitting(%q, %v) = %q, %d, want %q, %d", test.filter, test.values, got, passes, test.want, test.passes)
		}
	}
}

// TestPace: pauses fill the time that there is; where there is none, pages grow, and it
// still rests for a third of it.
func TestPace(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	x := &exam{report: &Report{}}
	for _, test := range []struct {
		rows        int64
		size        int
		took, since time.Duration
		wait        time.Duration
		next        int
	}{
		{1000, 800, ms, 0, 9 * ms, 800},
		{1_000_000, 800, 3 * ms, 0, unhurried/1251 - 3*ms, 800},
		{1_000_000, 800, 20 * ms, 0, 10 * ms, 1600},
		{1_000_000, 1600, 50 * ms, 0, 25 * ms, 1600},
		{1_000_000, 1600, 2 * ms, 0, 18 * ms, 800},
		{100_000_000, 800, ms, time.Minute, ms / 2, 1600},
		{1000, 800, time.Second, 0, 200 * ms, 800},
	} {
		wait, next := x.pace(&table{rows: test.rows}, test.size, test.took, test.since)
		if wait != test.wait || next != test.next {
			t.Errorf("pace of %d rows, %d in %v, after %v = %v, %d, want %v, %d", test.rows, test.size, test.took, test.since, wait, next, test.wait, test.next)
		}
	}
	x.cfg.Hurry = true
	if wait, _ := x.pace(&table{rows: 1000}, 800, ms, 0); wait != 0 {
		t.Errorf("in a hurry it waits %v", wait)
	}
}
