package serve

import "testing"

// TestShownURL: the options as they were written, and nobody's name or password.
func TestShownURL(t *testing.T) {
	for raw, want := range map[string]string{
		"sqlite:restauth.db":                                   "sqlite:restauth.db",
		"sqlite:a@b?tls=true":                                  "sqlite:a@b?tls=true", // a file's name
		"mysql://roy:hunter2@db/shop":                          "mysql://db/shop",
		"mysql://roy:hunter2@db/shop?":                         "mysql://db/shop",
		"mysql://roy:hunter2@db:3307/shop?tls=true&timeout=2s": "mysql://db:3307/shop?tls=true&timeout=2s",
		"MySQL://roy@db/shop?max-open=7":                       "MySQL://db/shop?max-open=7",
		"mysql://roy:hunter2@db/shop?tls-ca=/etc/a@b/ca.pem&tls-cert=/c.pem&tls-key=%2Fk.pem": "mysql://db/shop?tls-ca=/etc/a@b/ca.pem&tls-cert=/c.pem&tls-key=%2Fk.pem",
		"mysql://roy:hunter2@/shop?socket=/run/my@sql.sock":                                   "mysql:///shop?socket=/run/my@sql.sock",
		"mysql://roy:hunter2@[2001:db8::1]:3306/shop?tl%73=true":                              "mysql://[2001:db8::1]:3306/shop?tl%73=true",
		// What serve does not take is not shown either.
		"mysql://roy@db/shop?password=hunter2&tls=true": "mysql://db/shop?tls=true",
		"mysql://roy:hunter2@x?y@db/shop?tls=true":      "mysql://x",
		"mysql://roy:hunter2?tls=true@db/shop":          "mysql://db/shop",
	} {
		if got := ShownURL(raw); got != want {
			t.Errorf("ShownURL(%q) = %q, want %q", raw, got, want)
		}
	}
}
