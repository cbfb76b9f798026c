-- What restauth keeps of its own: the secret that signs tokens. 1.0.0 and 1.1.0
-- made this table without writing a version down.
CREATE TABLE IF NOT EXISTS restauth_setting (
	name TEXT PRIMARY KEY,
	value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
