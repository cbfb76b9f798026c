//go:build !linux

package pool

import (
	"testing"

	"github.com/restauth/restauth/impl/password"
)

// needChildren: there are none here, which is no piece that is missing.
func needChildren(t testing.TB) { t.Skip("this system has no hashing processes") }

func roles() map[string]func([]string) error                          { return nil }
func stopped(testing.TB, hashing, password.Hash) (<-chan result, int) { return nil, 0 }
func childOf(hashing) int                                             { return 0 }
func alive(int) bool                                                  { return false }
