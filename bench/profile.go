package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/google/pprof/profile"
)

// profile writes what restauth's processor time goes into under guarded
// requests and logins, for the compiler: cmd/restauth/default.pgo. The profiled
// server is built without the profile that is there.
func (b *bench) profile(ctx context.Context) error {
	program := b.program("restauth-profiled")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-pgo=off", "-tags", "profile", "-o", program, "./cmd/restauth")
	build.Dir = b.root
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build restauth to be profiled: %w\n%s", err, out)
	}
	file := b.file("cpu.pprof")
	s, err := b.start(ctx, onSQLite, "restauth-profiled", func(address string) *exec.Cmd {
		cmd := exec.Command(program, "serve", "--listen", address, "--users", "sqlite:"+b.file("small.db"), "--drain-delay", "0s")
		cmd.Env = []string{"RESTAUTH_SECRET_KEY=" + b.people.secret, "CPU_PROFILE=" + file}
		return cmd
	})
	if err != nil {
		return err
	}
	guarded := b.plan(s, manyConnections, b.requests, 10*time.Second)
	if _, err := b.run(ctx, s, guarded); err != nil {
		return err
	}
	calm, logins := b.stormPlans(s)
	var memory usedMemory
	if _, err := b.together(ctx, s, &memory, calm, logins); err != nil {
		return err
	}
	if err := s.process.stop(); err != nil {
		return err
	}
	return b.keepProfile(file)
}

// keepProfile writes the profile without the temporary path of what was profiled.
func (b *bench) keepProfile(file string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read the profile: %w", err)
	}
	p, err := profile.ParseData(content)
	if err != nil {
		return fmt.Errorf("parse the profile: %w", err)
	}
	for _, m := range p.Mapping {
		m.File = filepath.Base(m.File)
	}
	out, err := os.Create(filepath.Join(b.root, "cmd", "restauth", "default.pgo"))
	if err != nil {
		return fmt.Errorf("keep the profile: %w", err)
	}
	return errors.Join(p.Compact().Write(out), out.Close())
}
