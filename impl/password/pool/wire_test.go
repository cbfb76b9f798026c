package pool

import (
	"strings"
	"testing"
)

// FuzzFrame: whatever is read is written back as it was, and nothing panics.
func FuzzFrame(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) {
		frame, err := parseFrame(b)
		if err == nil && string(frame.append(nil)) != string(b) {
			t.Errorf("parseFrame(%q) = %+v, which is written as %q", b, frame, frame.append(nil))
		}
	})
}

// TestParseFrame refuses what the other side would never send.
func TestParseFrame(t *testing.T) {
	for name, b := range map[string]string{
		"nothing":               "",
		"half a head":           "g\x00\x00\x00",
		"unknown kind":          "x\x00\x00\x00\x01",
		"give up and more":      "g\x00\x00\x00\x01\x00",
		"begin without lengths": "b\x00\x00\x00\x01\x00",
		"hash beyond its end":   "b\x00\x00\x00\x01\x00\x02x",
		"long hash":             "b\x00\x00\x00\x01\x04\x01" + strings.Repeat("x", 1025),
		"begin with one length": "b\x00\x00\x00\x01\x00\x01x\x00",
		"pad beyond its end":    "b\x00\x00\x00\x01\x00\x00\x00\x02x",
		"long pad":              "b\x00\x00\x00\x01\x00\x00\x04\x01" + strings.Repeat("x", 1025),
		"long password":         "b\x00\x00\x00\x01\x00\x00\x00\x00" + strings.Repeat("x", maxSent+1),
		"done without result":   "d\x00\x00\x00\x01",
		"done, neither":         "d\x00\x00\x00\x01\x02",
		"right, but failed":     "d\x00\x00\x00\x01\x01x",
		"long fault":            "d\x00\x00\x00\x01\x00" + strings.Repeat("x", maxFaultLen+1),
	} {
		if f, err := parseFrame([]byte(b)); err == nil {
			t.Errorf("%s: parseFrame() = %+v", name, f)
		}
	}
}
