package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/restauth/restauth/internal/dbtest"
)

// TestUnit: systemd finds nothing wrong with the unit, nor much that it could get at.
func TestUnit(t *testing.T) {
	analyze := tool(t, "systemd-analyze", "")
	text := read(t, "systemd/restauth.service")
	// verify wants the program to be there.
	unit := filepath.Join(t.TempDir(), "restauth.service")
	if !strings.Contains(text, "\nExecStart=/usr/bin/restauth serve\n") {
		t.Fatal("the unit does not begin /usr/bin/restauth serve")
	}
	if err := os.WriteFile(unit, []byte(strings.ReplaceAll(text, "/usr/bin/restauth", dbtest.Restauth(t))), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(analyze, "verify", "--man=no", unit).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	out, err := exec.Command(analyze, "security", "--offline=true", "--no-pager", unit).CombinedOutput()
	if err != nil {
		t.Fatalf("systemd-analyze security: %v\n%s", err, out)
	}
	level := regexp.MustCompile(`Overall exposure level for restauth\.service: ([0-9.]+)`).FindSubmatch(out)
	if level == nil {
		t.Fatalf("systemd-analyze security says:\n%s", out)
	}
	if got, err := strconv.ParseFloat(string(level[1]), 64); err != nil || got > 2 {
		t.Errorf("the exposure level is %s, want 2.0 at most\n%s", level[1], out)
	}
}

// TestUnitsSettings: what the unit and its comments set are settings that there are.
func TestUnitsSettings(t *testing.T) {
	credentials := t.TempDir()
	if err := os.WriteFile(filepath.Join(credentials, "secret-key"), []byte(strings.Repeat("k", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range regexp.MustCompile(`\bRESTAUTH_[A-Z_]+=`).FindAllString(read(t, "systemd/restauth.service"), -1) {
		if !strings.Contains(read(t, "../docs/settings.md"), strings.TrimSuffix(name, "=")) {
			t.Errorf("the unit sets %s, which is no setting", name)
		}
	}
	check := exec.Command(dbtest.Restauth(t), "config", "check")
	check.Dir = t.TempDir()
	check.Env = append(os.Environ(), "RESTAUTH_SECRET_KEY_FILE="+filepath.Join(credentials, "secret-key"))
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("config check with the unit's environment: %v\n%s", err, out)
	}
}
