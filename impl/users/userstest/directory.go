package userstest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/userid"
)

func directory(t *testing.T, f Fixture) {
	if f.Directory == nil {
		return
	}
	ctx := t.Context()
	if users, err := f.Directory.List(ctx); err != nil || len(users) != 0 {
		t.Errorf("List() of an empty table = %v, %v", users, err)
	}
	roy, err := f.Directory.Add(ctx, "roy", "hash1")
	if err != nil || roy.Username != "roy" {
		t.Fatalf("Add(roy) = %v, %v", roy, err)
	}
	if again, err := f.Directory.Add(ctx, "roy", "hash2"); !errors.Is(err, account.ErrUserExists) {
		t.Errorf("Add(roy) again = %v, %v, want ErrUserExists", again, err)
	}
	anna, err := f.Directory.Add(ctx, "Änna 😀 '`\"\\%", "")
	if err != nil {
		t.Fatalf("Add without a hash: %v", err)
	}
	want := []account.User{roy, anna}
	if users, err := f.Directory.List(ctx); err != nil || !cmp.Equal(want, users) {
		t.Errorf("List() = %v, %v, want %v", users, err, want)
	}
	hash := func(user account.User, want string) {
		t.Helper()
		record, err := f.Users.FindByUsername(ctx, user.Username)
		if err != nil || record.User != user || record.PasswordHash != want {
			t.Errorf("FindByUsername(%s) = %v, %v, want hash %q", user.Username, record, err, want)
		}
	}
	hash(roy, "hash1")
	hash(anna, "")
	if err := f.Directory.SetPasswordHash(ctx, roy.ID, "hash3"); err != nil {
		t.Errorf("SetPasswordHash() = %v", err)
	}
	hash(roy, "hash3")
	if err := f.Directory.SetPasswordHash(ctx, roy.ID, "hash3"); err != nil {
		t.Errorf("SetPasswordHash() to the same = %v", err)
	}
	deleted(t, f, roy, anna)
}

// deleted holds a deleted user's id to never coming back: a token may carry it.
func deleted(t *testing.T, f Fixture, roy, anna account.User) {
	ctx := t.Context()
	if err := f.Directory.Delete(ctx, anna.ID); err != nil { // the highest id so far
		t.Errorf("Delete() = %v", err)
	}
	for name, err := range map[string]error{
		"Delete":          f.Directory.Delete(ctx, anna.ID),
		"SetPasswordHash": f.Directory.SetPasswordHash(ctx, anna.ID, "x"),
		"Delete(-1)":      f.Directory.Delete(ctx, userid.Number(-1)),
	} {
		if !errors.Is(err, account.ErrUserNotFound) {
			t.Errorf("%s of a deleted user: %v, want ErrUserNotFound", name, err)
		}
	}
	expect(t, f, anna.Username, 0)
	again, err := f.Directory.Add(ctx, anna.Username, "hash")
	if err != nil || again.ID == anna.ID || again.ID == roy.ID {
		t.Errorf("Add() after Delete() = %v, %v, want an id never used", again, err)
	}
}

// directoryRace has many add the same name: one wins.
func directoryRace(t *testing.T, f Fixture) {
	if f.Directory == nil {
		return
	}
	const names, rivals = 10, 6
	var (
		wg  sync.WaitGroup
		mu  sync.Mutex
		won = make(map[string]int)
	)
	for rival := range rivals {
		wg.Go(func() {
			for i := range names {
				name := fmt.Sprint("user", i)
				_, err := f.Directory.Add(t.Context(), name, fmt.Sprint("hash", rival))
				switch {
				case err == nil:
					mu.Lock()
					won[name]++
					mu.Unlock()
				case !errors.Is(err, account.ErrUserExists):
					t.Errorf("Add(%s) = %v", name, err)
				}
				if _, err := f.Users.FindByUsername(t.Context(), name); err != nil {
					t.Errorf("FindByUsername(%s) after Add: %v", name, err)
				}
			}
		})
	}
	wg.Wait()
	for name, n := range won {
		if n != 1 {
			t.Errorf("%d callers added %s, want 1", n, name)
		}
	}
	if users, err := f.Directory.List(t.Context()); err != nil || len(users) != names {
		t.Errorf("List() = %d users, %v, want %d", len(users), err, names)
	}
}
