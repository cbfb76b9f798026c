package main

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// gunicornWords say how Flask-JWT is served: threads, because the sync workers
// close the connection after every answer, and more of them than the largest
// load has connections, so that none waits for a thread.
const gunicornWords = "23.0.0 (2 workers of 40 threads, keep-alive)"

// The legacy application of compat/ also runs on Pythons that Flask 1.1 never
// saw; outside this range it does not.
const pythonWanted = "import sys, venv, ensurepip; sys.exit(not (3, 7) <= sys.version_info < (3, 14))"

// virtualEnv returns the Python of an environment with the real packages. It is
// made once, in .cache/bench.
func (b *bench) virtualEnv(ctx context.Context) (string, error) {
	python, err := findPython(ctx)
	if err != nil {
		return "", err
	}
	here := filepath.Join(b.root, "bench/peers/flask/requirements.txt")
	key := python
	for _, file := range []string{here, filepath.Join(b.root, "compat/requirements.txt")} {
		content, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("read requirements: %w", err)
		}
		key += string(content)
	}
	venv := filepath.Join(b.root, ".cache/bench", fmt.Sprintf("venv-%08x", crc32.ChecksumIEEE([]byte(key))))
	inside, complete := filepath.Join(venv, "bin/python"), filepath.Join(venv, "complete")
	if _, err := os.Stat(complete); err == nil {
		return inside, nil
	}
	b.say("installing Flask-JWT and gunicorn")
	if err := os.RemoveAll(venv); err != nil {
		return "", err
	}
	for _, command := range [][]string{
		{python, "-m", "venv", venv},
		{inside, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", here},
	} {
		if out, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput(); err != nil {
			return "", fmt.Errorf("make the Python environment: %s: %w\n%s", strings.Join(command, " "), err, out)
		}
	}
	return inside, os.WriteFile(complete, nil, 0o600)
}

// findPython returns the path of a Python that the legacy packages run on;
// PYTHON names one to try first.
func findPython(ctx context.Context) (string, error) {
	candidates := []string{os.Getenv("PYTHON"), "python3", "python3.11", "python3.10", "python3.12", "python3.9", "python3.13"}
	for _, candidate := range candidates {
		if candidate == "" {
			continue
		}
		out, err := exec.CommandContext(ctx, candidate, "-c", "import sys; print(sys.executable);"+pythonWanted).Output()
		if err == nil {
			return strings.TrimSpace(string(out)), nil
		}
	}
	return "", errors.New("no Python from 3.7 to 3.13 with venv was found: run scripts/test-deps.sh, or set PYTHON")
}

// startFlask serves the legacy application of compat/ the way it would be in
// production.
func (b *bench) startFlask(ctx context.Context, name, users string) (*server, error) {
	python, err := b.virtualEnv(ctx)
	if err != nil {
		return nil, err
	}
	b.python = python
	return b.start(ctx, flask, name, func(address string) *exec.Cmd {
		cmd := exec.Command(python, "-W", "ignore", "-m", "gunicorn", "--chdir", filepath.Join(b.root, "compat/legacy"),
			"--bind", address, "--workers", "2", "--worker-class", "gthread", "--threads", "40", "--keep-alive", "75", "app:app")
		cmd.Env = []string{"LEGACY_DATABASE=" + users, "LEGACY_SECRET=" + b.people.secret, "PYTHONDONTWRITEBYTECODE=1"}
		return cmd
	})
}
