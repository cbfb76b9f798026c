package password

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// TestEncode: what Encode writes is read by Decode as what it was, but for what becomes
// of the password first.
func TestEncode(t *testing.T) {
	for _, name := range []string{"werkzeug-hashes.json", "other-hashes.json"} {
		raw, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		var file struct{ Vectors []struct{ Hash string } }
		if err := json.Unmarshal(raw, &file); err != nil {
			t.Fatal(err)
		}
		for _, v := range file.Vectors {
			if h, err := Parse(v.Hash); err == nil {
				checkEncode(t, h)
				checkEncode(t, h.Decoy())
			}
		}
	}
}

func checkEncode(t *testing.T, h Hash) {
	t.Helper()
	encoded, ok := h.Encode()
	if !ok {
		if !h.Weak() {
			t.Errorf("%s is not encoded", h)
		}
		return
	}
	got, err := Decode(encoded)
	if err != nil || got.Method() != h.Method() || string(got.salt) != string(h.salt) || string(got.digest) != string(h.digest) {
		t.Errorf("%s is encoded as %s, %v", h, got, err)
	}
}
