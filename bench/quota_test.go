package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLimitedGroup is told its limit as either version wants it, and says how often it
// was stopped.
func TestLimitedGroup(t *testing.T) {
	for version, want := range map[int]map[string]string{
		1: {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "50000"},
		2: {"cpu.max": "50000 100000"},
	} {
		made, err := groups{t.TempDir(), version}.limited("half", 0.5)
		if err != nil {
			t.Fatal(err)
		}
		for file, content := range want {
			if got, err := os.ReadFile(filepath.Join(made.folder, file)); err != nil || string(got) != content {
				t.Errorf("version %d: %s is %q, %v, want %q", version, file, got, err, content)
			}
		}
		if err := made.write("cpu.stat", "usage_usec 12\nnr_periods 40\nnr_throttled 3\nthrottled_usec 9\n"); err != nil {
			t.Fatal(err)
		}
		if all, stopped, err := made.periods(); all != 40 || stopped != 3 || err != nil {
			t.Errorf("version %d: periods() = %v, %v, %v, want 40, 3", version, all, stopped, err)
		}
	}
}

// TestUnmeasured: what could not be measured is said in the report.
func TestUnmeasured(t *testing.T) {
	const sentence = "Containers were not measured: control groups can be made by root alone."
	if got := (machine{unmeasured: []string{sentence}}).words(options{}); !strings.Contains(got, sentence) {
		t.Errorf("words() = %q, want %q in it", got, sentence)
	}
}
