package password_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/restauth/restauth/impl/password"
)

// vector is a recorded answer of the program that made the hash. Werkzeug
// "malformed" marks strings that no release makes.
type vector struct {
	Werkzeug string `json:"werkzeug"`
	Writer   string `json:"writer"`
	Method   string `json:"method"`
	Password string `json:"password"`
	Hash     string `json:"hash"`
	Match    bool   `json:"match"`
}

func readVectors(t testing.TB, name string) []vector {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatalf("read vectors: %v", err)
	}
	var file struct {
		Vectors []vector `json:"vectors"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatalf("decode %s: %v", name, err)
	}
	return file.Vectors
}

func TestRecordedVectors(t *testing.T) {
	t.Parallel()
	for _, file := range []struct {
		name string
		want int // so that an emptied file does not pass
	}{
		{"werkzeug-hashes.json", 138},
		{"other-hashes.json", 162},
	} {
		vectors := readVectors(t, file.name)
		if len(vectors) != file.want {
			t.Errorf("%s holds %d vectors, want %d", file.name, len(vectors), file.want)
		}
		for i, v := range vectors {
			t.Run(fmt.Sprintf("%s/%d/%s%s/%s", file.name, i, v.Werkzeug, v.Writer, v.Method), func(t *testing.T) {
				t.Parallel()
				checkVector(t, v)
			})
		}
	}
}

func checkVector(t *testing.T, v vector) {
	t.Helper()
	h, err := password.Parse(v.Hash)
	if malformed := v.Werkzeug == "malformed"; malformed != (err != nil) {
		t.Fatalf("Parse(%q) error = %v, want an error: %v", v.Hash, err, malformed)
	}
	if got := h.Verify(v.Password); got != v.Match {
		t.Errorf("Verify(%q) of %q = %v, want %v", v.Password, v.Hash, got, v.Match)
	}
	// The rest does not depend on the cost, so the costly ones may do without.
	if h.Memory() > 4<<20 || strings.HasSuffix(h.Method(), "0000") {
		return
	}
	if h.Decoy().Verify(v.Password) {
		t.Errorf("the decoy of %q matches %q", v.Hash, v.Password)
	}
	if h.Verify(v.Password + "\x00") {
		t.Errorf("%q matches %q followed by U+0000", v.Hash, v.Password)
	}
}
