package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// write makes dir have exactly these files, by their slashed paths. A file that is
// right already is left alone, so that its time stays.
func write(dir string, files map[string][]byte) error {
	if err := removeOthers(dir, files); err != nil {
		return fmt.Errorf("remove what is no longer copied: %w", err)
	}
	for name, content := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if old, err := os.ReadFile(file); err == nil && bytes.Equal(old, content) {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return fmt.Errorf("make a folder: %w", err)
		}
		if err := os.WriteFile(file, content, 0o644); err != nil {
			return fmt.Errorf("write a copy: %w", err)
		}
	}
	return nil
}

func removeOthers(dir string, files map[string][]byte) error {
	return filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && name == dir {
			return nil
		}
		if err != nil || entry.IsDir() {
			return err
		}
		below, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		if _, wanted := files[filepath.ToSlash(below)]; wanted {
			return nil
		}
		return os.Remove(name)
	})
}
