package users_test

import (
	"testing"

	"github.com/restauth/restauth/impl/users"
)

// TestStateOf: the columns of the frameworks, and some that only look like them.
func TestStateOf(t *testing.T) {
	t.Parallel()
	for column, want := range map[string]users.StateColumn{
		"is_active":               {Filter: "is_active=1"}, // Django
		"active":                  {Filter: "active=1"},    // Flask-Security
		"enabled":                 {Filter: "enabled=1"},   // Spring
		"account_non_locked":      {Filter: "account_non_locked=1"},
		"accountNonExpired":       {Filter: "accountNonExpired=1"},
		"credentials_non_expired": {Filter: "credentials_non_expired=1"},
		"disabled":                {Filter: "disabled=0"},
		"is_banned":               {Filter: "is_banned=0"},
		"blocked":                 {Filter: "blocked=0"},
		"deleted_at":              {Filter: "deleted_at=NULL"},                        // Laravel, Rails
		"locked_at":               {Filter: "locked_at=NULL"},                         // Devise
		"confirmed_at":            {Filter: "confirmed_at!=NULL", Perhaps: true},      // Flask-Security, Devise
		"email_verified_at":       {Filter: "email_verified_at!=NULL", Perhaps: true}, // Laravel
		"status":                  {Perhaps: true},                                    // Drupal
		"user_status":             {Perhaps: true},                                    // WordPress
	} {
		if got, ok := users.StateOf(column); !ok || got != want {
			t.Errorf("StateOf(%q) = %+v, %v, want %+v", column, got, ok, want)
		}
	}
	for _, column := range []string{"id", "username", "password", "is_staff", "is_superuser", "created_at", "last_login", "is", "user", "user_activation_key", "activity", ""} {
		if got, ok := users.StateOf(column); ok {
			t.Errorf("StateOf(%q) = %+v, want none", column, got)
		}
	}
}
