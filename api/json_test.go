package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/api"
)

func equalJSON(t *testing.T, a, b any) bool {
	t.Helper()
	return cmp.Diff(a, b) == ""
}

func TestStrictJSON(t *testing.T) {
	for body, want := range map[string]bool{
		`{}`: true, ` {"a":1} ` + "\n": true, `null`: true, `"\ud83d\ude00"`: true, `{"a":{"a":1}}`: true,
		strings.Repeat("[", 32) + strings.Repeat("]", 32): true,
		strings.Repeat("[", 33) + strings.Repeat("]", 33): false,
		``: false, ` `: false, `{`: false, `{}{}`: false, `1 2`: false, `{"a":1,"a":1}`: false, `{"a":1,"\u0061":1}`: false,
		`"\ud800"`: false, `"\udc00\ud800"`: false, "\"\xff\"": false, "\ufeff{}": false, `{'a':1}`: false,
		`{"a":1,}`: false, `NaN`: false, `01`: false, "\"\n\"": false, `{"a":{"b":1,"b":2}}`: false,
	} {
		if got := api.StrictJSON([]byte(body)); got != want {
			t.Errorf("StrictJSON(%.40q) = %v, want %v", body, got, want)
		}
	}
}

// FuzzStrictJSON against encoding/json: what is accepted is valid there too, is
// one value, and keeps its text when it is decoded and encoded again.
func FuzzStrictJSON(f *testing.F) {
	for _, seed := range []string{`{"username":"roy","password":"roy"}`, `{"a":1,"a":2}`, `"\ud800"`, `[[]] `, "\ufeff1", `{}{}`, "\"\xc3\x28\""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if !api.StrictJSON(body) {
			return
		}
		if !json.Valid(body) || !utf8.Valid(body) {
			t.Fatalf("accepted %q", body)
		}
		decoder := json.NewDecoder(bytes.NewReader(body))
		var first, second any
		if err := decoder.Decode(&first); err != nil && !strings.Contains(err.Error(), "cannot unmarshal number") {
			t.Fatalf("encoding/json refuses %q: %v", body, err)
		}
		if err := decoder.Decode(&second); err != io.EOF {
			t.Fatalf("something stands behind the first value of %q: %v", body, err)
		}
		again, err := json.Marshal(first)
		if err != nil || (bytes.ContainsRune(again, utf8.RuneError) && !bytes.ContainsRune(body, utf8.RuneError) && !bytes.Contains(bytes.ToLower(body), []byte(`\ufffd`))) {
			t.Fatalf("%q became %q: %v", body, again, err)
		}
	})
}
