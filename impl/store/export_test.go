package store

import "database/sql"

// Raw is the database behind an embedded Store, for tests that need rows which
// no method would write.
func (s *Store) Raw() *sql.DB { return s.writer.DB }
