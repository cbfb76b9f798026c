package password

import (
	"strings"
	"testing"
	"time"
)

func parsed(t *testing.T, encoded string) Hash {
	t.Helper()
	h, err := Parse(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestRemainder is what one hash lacks of another by their parameters.
func TestRemainder(t *testing.T) {
	zeros := func(n int) string { return strings.Repeat("0", n) }
	const unknown = "unknown"
	for _, c := range []struct{ own, usual, want string }{
		{"sha256$salt$" + zeros(64), "scrypt:256:8:1$salt$" + zeros(128), "scrypt:256:8:1"},
		{"md5$$" + zeros(32), "$2b$04$" + strings.Repeat(".", 53), "bcrypt:4"},
		{"plain$$x", "pbkdf2:sha256:1000$salt$" + zeros(64), "pbkdf2:sha256:1000"},
		{"pbkdf2:sha256:400$salt$" + zeros(64), "pbkdf2:sha256:1000$salt$" + zeros(64), "pbkdf2:sha256:600"},
		{"pbkdf2:sha1:999$salt$" + zeros(40), "pbkdf2:sha1:1000$salt$" + zeros(40), "pbkdf2:sha1:1"},
		{"pbkdf2:sha256:1000$salt$" + zeros(64), "pbkdf2:sha256:1000$salt$" + zeros(64), ""},
		{"pbkdf2:sha256:1001$salt$" + zeros(64), "pbkdf2:sha256:1000$salt$" + zeros(64), ""},
		{"pbkdf2:sha1:1000$salt$" + zeros(40), "pbkdf2:sha256:1000$salt$" + zeros(64), unknown},
		{"pbkdf2:sha256:1000$salt$" + zeros(64), "scrypt:256:8:1$salt$" + zeros(128), unknown},
		{"scrypt:256:8:1$salt$" + zeros(128), "scrypt:512:8:1$salt$" + zeros(128), unknown},
	} {
		rest, ok := parsed(t, c.own).Remainder(parsed(t, c.usual))
		if got := rest.Method(); ok != (c.want != unknown) || ok && got != c.want {
			t.Errorf("Remainder of %.20s to %.20s = %q, %v, want %q", c.own, c.usual, got, ok, c.want)
		}
		if rest.Method() != "" && !rest.decoy {
			t.Errorf("what %.20s lacks is no decoy", c.own)
		}
	}
}

// TestPadded: the right password is right, and nothing is by what it is padded with.
func TestPadded(t *testing.T) {
	other := parsed(t, "sha1$another$036372cfa19e3a216c2bafc5388369ae59b9c76e") // correct horse
	own := parsed(t, "plain$$battery staple")
	padded := own.Padded(other)
	for typed, want := range map[string]bool{"battery staple": true, "correct horse": false, "": false, "battery staple\x00": false} {
		if got := padded.Verify(typed); got != want {
			t.Errorf("Verify(%q) = %v, want %v", typed, got, want)
		}
		if got := padded.VerifyAlone(typed); got != want {
			t.Errorf("VerifyAlone(%q) = %v, want %v", typed, got, want)
		}
	}
	pad, ok := padded.Pad()
	if !ok || pad.Method() != other.Method() || pad.Verify("correct horse") {
		t.Errorf("Pad() = %v, %v, want a decoy of what it was padded with", pad, ok)
	}
	if _, ok := own.Pad(); ok || padded.Method() != own.Method() {
		t.Errorf("the hash itself has changed, or is called %s", padded.Method())
	}
	costly := own.Padded(parsed(t, "scrypt:256:8:1$salt$"+strings.Repeat("0", 128)))
	if costly.Memory() < 256<<10 {
		t.Errorf("Memory() = %d, want that of the pad", costly.Memory())
	}
}

// TestFiller takes about as long as it is asked to, by what a kernel is thought to take.
func TestFiller(t *testing.T) {
	for _, k := range []Kernel{{}, {Accelerated: true, Lanes: 4}, {Accelerated: true, Lanes: 16}} {
		for _, d := range []time.Duration{time.Millisecond, 80 * time.Millisecond} {
			fill := k.Filler(d)
			if got := k.Estimate(fill, false); (got-d).Abs() > time.Microsecond || !fill.decoy {
				t.Errorf("%+v: Filler(%v) is thought to take %v", k, d, got)
			}
			if _, ok := fill.Encode(); !ok {
				t.Errorf("Filler(%v) cannot be sent", d)
			}
		}
		for _, d := range []time.Duration{0, -time.Second, time.Nanosecond} {
			if got := k.Filler(d); got.Method() != "" {
				t.Errorf("Filler(%v) = %v, want none", d, got)
			}
		}
		if _, err := Decode(encoded(t, k.Filler(time.Hour))); err != nil {
			t.Errorf("a filler of an hour is beyond the bounds: %v", err)
		}
	}
}

func encoded(t *testing.T, h Hash) string {
	t.Helper()
	text, ok := h.Encode()
	if !ok {
		t.Fatalf("%v cannot be sent", h)
	}
	return text
}
