package users_test

import (
	"testing"

	"github.com/restauth/restauth/impl/users"
	"github.com/restauth/restauth/internal/dbtest"
)

// TestTutorialQueries: whatever other tables need, the tutorial's is asked in the very
// words of contract 1.3.0's server, with as many arguments.
func TestTutorialQueries(t *testing.T) {
	const (
		name  = "CASE WHEN OCTET_LENGTH(`username`) > 4096 THEN NULL ELSE `username` END"
		hash  = "CASE WHEN OCTET_LENGTH(`password`) > 20000 THEN '*' ELSE `password` END"
		named = "SELECT `id` AS id, " + name + " AS username, " + hash + " AS password FROM `user` WHERE `username` = ? ORDER BY "
		byID  = "SELECT `id` AS id, " + name + " AS username FROM `user` WHERE `id` = ? LIMIT 1"
		ready = "SELECT `id`, `username` IS NULL, `password` IS NULL FROM `user` LIMIT 1"
	)
	check := func(t *testing.T, s *users.Store, exactly string) {
		t.Helper()
		one, _, _ := s.ByIDQueries(t.Context())
		for what, got := range map[string][2]string{
			"FindByUsername": {s.ByNameQuery(t.Context()), named + exactly + " DESC, `id` LIMIT 2"},
			"FindByID":       {one, byID}, "Ready": {s.ReadyQuery(t.Context()), ready},
		} {
			if got[0] != got[1] {
				t.Errorf("%s sends\n%s, want\n%s", what, got[0], got[1])
			}
		}
	}
	for server, fresh := range servers {
		t.Run(server, func(t *testing.T) {
			t.Parallel()
			admin := fresh(t)
			dbtest.Exec(t, admin, tutorialTable)
			check(t, open(t, users.Config{URL: admin}), "(CAST(CONVERT(`user`.`username` USING utf8mb4) AS BINARY) = CAST(? AS BINARY))")
		})
	}
	file, _ := foreignFile(t)
	check(t, open(t, users.Config{URL: "sqlite:" + file}), "(CAST(`user`.`username` AS BLOB) = CAST(? AS BLOB))")
}
