package dbtest

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCaches: the tests look where scripts/test-deps.sh puts things.
func TestCaches(t *testing.T) {
	for _, tt := range []struct {
		only, xdg, home string
		want            []string
	}{
		{"/mine", "/xdg", "/home/ann", []string{"/mine"}},
		{"", "/xdg", "/home/ann", []string{"/var/cache/restauth-test", "/xdg/restauth-test"}},
		{"", "", "/home/ann", []string{"/var/cache/restauth-test", "/home/ann/.cache/restauth-test"}},
		{"", "", "", []string{"/var/cache/restauth-test"}},
	} {
		t.Setenv("RESTAUTH_TEST_CACHE", tt.only)
		t.Setenv("XDG_CACHE_HOME", tt.xdg)
		t.Setenv("HOME", tt.home)
		if diff := cmp.Diff(tt.want, Caches()); diff != "" {
			t.Errorf("Caches() with %+v (-want +got):\n%s", tt, diff)
		}
		out, err := exec.Command("sh", "-euc", ". ../../scripts/cache.sh; caches").Output()
		if diff := cmp.Diff(tt.want, strings.Fields(string(out))); err != nil || diff != "" {
			t.Errorf("scripts/cache.sh with %+v: %v (-want +got):\n%s", tt, err, diff)
		}
	}
}
