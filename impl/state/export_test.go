package state

import (
	"database/sql"
)

// Raw is the database, for tests that need rows which no method would write.
func (e *Embedded) Raw() *sql.DB { return e.file.Writer.DB }
