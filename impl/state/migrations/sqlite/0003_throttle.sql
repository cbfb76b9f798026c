-- Failed logins, a row for each key and writer (impl/throttle): times are seconds since
-- 1970, four bytes each, big-endian. digest is of a name, an address or a device.
CREATE TABLE IF NOT EXISTS restauth_throttle (
	digest BLOB NOT NULL,
	writer INTEGER NOT NULL,
	kind TEXT NOT NULL,
	user_id TEXT NOT NULL,
	address TEXT NOT NULL,
	times BLOB NOT NULL,
	expires_at INTEGER NOT NULL,
	PRIMARY KEY (digest, writer)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS restauth_throttle_expires_at ON restauth_throttle (expires_at);
-- Until when an operator cleared what was counted. Rows that are put later may still
-- hold times of before.
CREATE TABLE IF NOT EXISTS restauth_throttle_clear (
	digest BLOB PRIMARY KEY,
	cleared_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
