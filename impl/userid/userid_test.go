package userid_test

import (
	"encoding/json"
	"hash/maphash"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/restauth/restauth/impl/userid"
)

func TestNumbers(t *testing.T) {
	for text, want := range map[string]userid.ID{
		"0":                     userid.Number(0),
		"7":                     userid.Number(7),
		"-7":                    userid.Number(-7),
		"9223372036854775807":   userid.Number(math.MaxInt64),
		"-9223372036854775808":  userid.Number(math.MinInt64),
		"9223372036854775808":   userid.Unsigned(1 << 63),
		"18446744073709551615":  userid.Unsigned(math.MaxUint64),
		strings.Repeat("9", 65): mustParse(t, strings.Repeat("9", 65)),
		"-9223372036854775809":  mustParse(t, "-9223372036854775809"),
	} {
		id, ok := userid.ParseNumber(text)
		if !ok || id != want || id.String() != text || !id.IsNumber() || id.Kind() != userid.Numbers {
			t.Errorf("ParseNumber(%s) = %v, %v, want %v", text, id, ok, want)
		}
		if written, err := json.Marshal(id); err != nil || string(written) != text {
			t.Errorf("%s as JSON = %s, %v", text, written, err)
		}
		if n, fits := id.Int64(); fits != (len(text) < 19 || text == "9223372036854775807" || text == "-9223372036854775808") || fits && n != want64(id) {
			t.Errorf("%s: Int64() = %d, %v", text, n, fits)
		}
		if id == userid.Text(text) {
			t.Errorf("the number %s is the text", text)
		}
	}
	for _, text := range []string{"", "-", "-0", "00", "007", "-07", "+1", " 1", "1 ", "1.0", "1e3", "0x1", "1_000", "١", "٣", "−1", strings.Repeat("9", 66), "NaN"} {
		if id, ok := userid.ParseNumber(text); ok {
			t.Errorf("ParseNumber(%q) = %v, want none", text, id)
		}
	}
	if userid.Number(0) != (userid.ID{}) {
		t.Error("the zero ID is not Number(0)")
	}
}

func mustParse(t *testing.T, text string) userid.ID {
	t.Helper()
	id, ok := userid.ParseNumber(text)
	if !ok {
		t.Fatalf("ParseNumber(%s) failed", text)
	}
	return id
}

func want64(id userid.ID) int64 { n, _ := id.Int64(); return n }

func TestTexts(t *testing.T) {
	for text, quoted := range map[string]string{
		"roy": `"roy"`, "7": `"7"`, "": `""`, "a\"b": `"a\"b"`, "jöe😀": `"jöe😀"`, "<&>": "\"\\u003c\\u0026\\u003e\"",
	} {
		id := userid.Text(text)
		if written, err := json.Marshal(id); err != nil || string(written) != quoted || id.String() != text || id.IsNumber() {
			t.Errorf("Text(%q) is written as %s, %v, want %s", text, written, err, quoted)
		}
		if n, ok := id.Int64(); ok {
			t.Errorf("Text(%q).Int64() = %d", text, n)
		}
	}
	for text, want := range map[string]bool{
		"": false, "a": true, " ": true, strings.Repeat("😀", 255): true, strings.Repeat("a", 256): false, strings.Repeat("😀", 256): false,
		"a\x00": false, "\xff": false, "\xed\xa0\x80": false,
	} {
		if got := userid.Carried(text); got != want {
			t.Errorf("Carried(%.20q) = %v", text, got)
		}
		if _, got := userid.Parse(userid.Texts, text); got != want {
			t.Errorf("Parse(Texts, %.20q) = %v", text, got)
		}
	}
	if _, ok := userid.Parse(userid.Unknown, "7"); ok {
		t.Error("a key of an unknown kind was read")
	}
}

// TestDigested: no two keys are digested alike, whatever follows.
func TestDigested(t *testing.T) {
	ids := []userid.ID{
		userid.Number(1), userid.Text("1"), userid.Unsigned(1 << 63), userid.Text("9223372036854775808"), userid.Text(""), userid.Text("\x00"), userid.Text("a"),
		userid.Text("ab"), userid.Text("\x02\x00\x00\x00\x00\x00\x00\x00\x01a"),
	}
	follow := []string{"", "a", "b", "\x00", "ab"}
	seen := make(map[string]userid.ID)
	for _, id := range ids {
		for _, after := range follow {
			digested := string(append(id.Framed(nil), after...))
			if other, ok := seen[digested]; ok {
				t.Errorf("%q and %q are digested alike", id, other)
			}
			seen[digested] = id
		}
	}
}

// TestHash: the upper bits, which say where a key stands, tell keys apart.
func TestHash(t *testing.T) {
	seed := maphash.MakeSeed()
	var places []uint64
	for n := range int64(1000) {
		places = append(places, userid.Number(n*3).Hash(seed)>>50, userid.Text(userid.Number(n).String()).Hash(seed)>>50)
	}
	slices.Sort(places)
	if distinct := len(slices.Compact(places)); distinct < 1700 {
		t.Errorf("2000 keys stand in %d of 16384 places", distinct)
	}
	if userid.Number(7).Hash(seed) != userid.Number(7).Hash(maphash.MakeSeed()) {
		t.Error("a number's place depends on the seed")
	}
}
